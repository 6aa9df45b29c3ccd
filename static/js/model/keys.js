// The keys of the pages: what is pressed is looked up in one table. The words about them come with
// the dialog that shows them (key-help.js).

import { gettext } from "./words.js";

/** By what they do; "Mod" is Command on a Mac and Control elsewhere. */
export const KEYS = {
  switch: "Mod+K",
  search: "Mod+Shift+F",
  nextUnread: "Alt+Shift+ArrowDown",
  previousUnread: "Alt+Shift+ArrowUp",
  next: "Alt+ArrowDown",
  previous: "Alt+ArrowUp",
  keys: "?",
};

/** Who has the focus there types signs. */
export const WRITING = "textarea, select, [contenteditable], input:not([type=radio], [type=checkbox])";
const MODIFIERS = ["Mod", "Alt", "Shift"];

/**
 * What a key asks for; null: nothing of ours.
 * @param {KeyboardEvent} event @param {{isMac: boolean, isWriting: boolean}} where
 * @returns {string | null}
 */
export function askedBy(event, { isMac, isWriting }) {
  if (event.isComposing) return null;
  const isIt = (does) => isPressed(KEYS[does], event, isMac);
  const does = Object.keys(KEYS).find(isIt);
  return !does || (isWriting && isSign(KEYS[does])) ? null : does;
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
