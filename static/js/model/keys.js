// The keys of the room's page, in one table: what is pressed is looked up in it, and the dialog
// that shows them is made from it.

import { gettext } from "./words.js";

/**
 * `press` are combinations, any of which will do; "Mod" is Command on a Mac and Control elsewhere.
 * Where `does` is missing, whoever has the focus hears the key by itself.
 * @typedef {{does?: string, press: string[], words: () => string}} Key
 * @type {{title: () => string, keys: Key[]}[]}
 */
export const KEYS = [
  {
    title: () => gettext("Getting around"),
    keys: [
      { does: "switch", press: ["Mod+K"], words: () => gettext("Go to a room or person") },
      { does: "search", press: ["Mod+Shift+F"], words: () => gettext("Search messages") },
      { does: "nextUnread", press: ["Alt+Shift+ArrowDown"], words: () => gettext("Next unread room") },
      {
        does: "previousUnread",
        press: ["Alt+Shift+ArrowUp"],
        words: () => gettext("Previous unread room"),
      },
      { does: "next", press: ["Alt+ArrowDown"], words: () => gettext("Next room") },
      { does: "previous", press: ["Alt+ArrowUp"], words: () => gettext("Previous room") },
      { does: "keys", press: ["?"], words: () => gettext("Show these keys, outside the message box") },
      { press: ["Escape"], words: () => gettext("Close dialog or menu") },
    ],
  },
  {
    title: () => gettext("Writing"),
    keys: [
      { press: ["Enter"], words: () => gettext("Send") },
      { press: ["Shift+Enter"], words: () => gettext("New line") },
      { press: ["ArrowUp"], words: () => gettext("Edit your last message, when nothing is written") },
      { press: ["Escape"], words: () => gettext("Cancel edit or reply") },
    ],
  },
  {
    title: () => gettext("Reading"),
    keys: [
      { press: ["Shift+Tab"], words: () => gettext("From the message box to the messages") },
      {
        press: ["Escape"],
        words: () => gettext("Jump to the newest and mark all read, when nothing is written"),
      },
      { press: ["ArrowUp", "ArrowDown"], words: () => gettext("From message to message") },
      { press: ["Home", "End"], words: () => gettext("First and last message on the page") },
      { press: ["Tab"], words: () => gettext("Open the menu of a message") },
    ],
  },
];

/** Who has the focus there types signs. */
export const WRITING = "textarea, select, [contenteditable], input:not([type=radio], [type=checkbox])";
const WATCHED = KEYS.flatMap(({ keys }) => keys).filter(({ does }) => does);
const MODIFIERS = ["Mod", "Alt", "Shift"];

/**
 * What a key asks for; null: nothing of ours.
 * @param {KeyboardEvent} event @param {{isMac: boolean, isWriting: boolean}} where
 * @returns {string | null}
 */
export function askedBy(event, { isMac, isWriting }) {
  if (event.isComposing) return null;
  const isIt = (combination) => isPressed(combination, event, isMac);
  const key = WATCHED.find(({ press }) => press.some(isIt));
  return !key || (isWriting && key.press.every(isSign)) ? null : key.does;
}

const isSign = (combination) => combination.length === 1;

function isPressed(combination, event, isMac) {
  // What a sign needs to be typed depends on the keyboard.
  if (isSign(combination)) return event.key === combination && !event.ctrlKey && !event.metaKey;
  const wanted = combination.split("+");
  const held = {
    Mod: isMac ? event.metaKey : event.ctrlKey,
    Alt: event.altKey,
    Shift: event.shiftKey,
  };
  const isOther = isMac ? event.ctrlKey : event.metaKey;
  const isHeld = (modifier) => Boolean(held[modifier]) === wanted.includes(modifier);
  return !isOther && MODIFIERS.every(isHeld) && isKey(wanted.at(-1), event);
}

/** A letter also by its place, for keyboards of other scripts. */
function isKey(name, { key, code }) {
  if (name.length > 1) return key === name;
  return key?.toUpperCase() === name || (code === `Key${name}` && key?.charCodeAt(0) > 127);
}

const ON_MAC = { Mod: "⌘", Alt: "⌥", Shift: "⇧" };

/** The parts of a combination as the keyboard has them. @returns {string[]} */
export function keyCaps(combination, isMac) {
  const names = {
    ...(isMac ? ON_MAC : { Mod: gettext("Ctrl"), Alt: gettext("Alt"), Shift: gettext("Shift") }),
    ArrowUp: "↑",
    ArrowDown: "↓",
    Escape: gettext("Esc"),
    Enter: gettext("Enter"),
    Tab: gettext("Tab"),
    Home: gettext("Home"),
    End: gettext("End"),
  };
  return combination.split("+").map((part) => names[part] ?? part);
}
