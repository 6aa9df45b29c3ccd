// Which rooms a few letters mean, the likeliest first.

import { plain, wordsIn } from "./text.js";

const MOST = 50;

/**
 * @typedef {{room: string, name: string, kind: string, topic?: string, unread?: number,
 *   calls?: number, isOwn: boolean, isCurrent: boolean}} Choice
 */

/**
 * @param {Choice[]} own the reader's rooms @param {Choice[]} found by the server, by their names
 * @param {string} wanted
 * @returns {Choice[]} one's own first, among them what waits; then others
 */
export function rank(own, found, wanted) {
  const letters = plain(wanted.trim());
  const known = new Set(own.map(({ room }) => room));
  const others = found.filter(({ room }) => !known.has(room));
  return [...ordered(own, letters), ...ordered(others, letters)].slice(0, MOST);
}

function ordered(choices, letters) {
  return choices
    .map((choice) => ({ choice, nearness: nearness(plain(choice.name), letters) }))
    .filter(({ nearness }) => nearness > 0)
    .sort((a, b) => b.nearness - a.nearness || compare(a.choice, b.choice))
    .map(({ choice }) => choice);
}

/** Whom it calls for first, then what is new, then the rest by name; where one is, last. */
function compare(a, b) {
  return (
    Number(a.isCurrent) - Number(b.isCurrent) ||
    Number(Boolean(b.calls)) - Number(Boolean(a.calls)) ||
    Number(Boolean(b.unread)) - Number(Boolean(a.unread)) ||
    a.name.localeCompare(b.name)
  );
}

/** How well letters fit a name, from 0 (they do not) to 5 (it is the name). */
function nearness(name, letters) {
  if (!letters) return 1;
  if (name === letters) return 5;
  if (name.startsWith(letters)) return 4;
  if (wordsIn(name).some((word) => word.startsWith(letters))) return 3;
  if (name.includes(letters)) return 2;
  return isScattered(name, letters) ? 1 : 0;
}

/** All letters, in their order, with others in between. */
function isScattered(name, letters) {
  let from = 0;
  for (const letter of letters.replaceAll(" ", "")) {
    const place = name.indexOf(letter, from);
    if (place < 0) return false;
    from = place + letter.length;
  }
  return true;
}
