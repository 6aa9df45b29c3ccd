// What the keys do, in words, as the dialog shows it.

import { KEYS } from "./keys.js";
import { gettext } from "./words.js";

const doing = (does, words) => ({ does, press: [KEYS[does]], words });

/**
 * What does nothing of `KEYS` is heard by whoever has the focus; `press` are combinations, any of
 * which will do.
 * @typedef {{does?: string, press: string[], words: () => string}} Key
 * @type {{title: () => string, keys: Key[]}[]}
 */
export const HELP = [
  {
    title: () => gettext("Getting around"),
    keys: [
      doing("switch", () => gettext("Go to a room or person")),
      doing("search", () => gettext("Search messages")),
      doing("nextUnread", () => gettext("Next unread room")),
      doing("previousUnread", () => gettext("Previous unread room")),
      doing("next", () => gettext("Next room")),
      doing("previous", () => gettext("Previous room")),
      doing("keys", () => gettext("Show these keys, outside the message box")),
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
