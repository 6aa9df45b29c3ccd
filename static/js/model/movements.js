// "Ada joined": lines that the timeline shows between messages and nobody stores. What happens
// between two messages makes one line, and who only looked in is not worth any.

import { apart, ngettext } from "./words.js";

const NAMES_TOLD = 3;
const LINES_KEPT = 50;

/**
 * @typedef {object} Line
 * @property {string} key
 * @property {number} after the seq of the message below which it stands
 * @property {Map<string, string>} joined names by username
 * @property {Map<string, string>} left
 */

export class Movements {
  #lines = [];
  #made = 0;

  /** @returns {readonly Line[]} by the seq after which they stand */
  get lines() {
    return this.#lines;
  }

  /** @param {import("./presence.js").Movement} movement @param {number} after a seq */
  add({ joined, left }, after) {
    if (!joined.length && !left.length) return;
    const line = this.#takeLineAfter(after);
    for (const person of joined) cross(person, line.left, line.joined);
    for (const person of left) cross(person, line.joined, line.left);
    if (line.joined.size || line.left.size) this.#lines = [...this.#lines, line].slice(-LINES_KEPT);
  }

  clear() {
    this.#lines = [];
  }

  /** A fresh copy under the same key: who draws it sees that it changed. */
  #takeLineAfter(after) {
    const last = this.#lines.at(-1);
    if (last?.after !== after) return newLine(`movement:${(this.#made += 1)}`, after);
    this.#lines = this.#lines.slice(0, -1);
    return { ...last, joined: new Map(last.joined), left: new Map(last.left) };
  }
}

const newLine = (key, after) => ({ key, after, joined: new Map(), left: new Map() });

/** Coming and going cancel each other out. */
function cross({ username, name }, from, to) {
  if (!from.delete(username)) to.set(username, name);
}

/**
 * What a line says. Names come apart from the words around them: they may be written in another
 * direction.
 * @param {Line} line
 * @param {Intl.ListFormat} list
 * @returns {{text: string, isName: boolean}[]}
 */
export function sentence({ joined, left }, list) {
  const came = moving(ngettext("%(names)s joined", "%(names)s joined", joined.size), joined, list);
  const went = moving(ngettext("%(names)s left", "%(names)s left", left.size), left, list);
  return came.length && went.length ? [...came, words(" · "), ...went] : [...came, ...went];
}

function moving(text, people, list) {
  return people.size ? apart(text, { names: naming([...people.values()], list) }) : [];
}

function naming(names, list) {
  const rest = names.length - NAMES_TOLD;
  if (rest < 2) return joinWords(names, [], list);
  return joinWords(names.slice(0, NAMES_TOLD), [ngettext("%(count)s other", "%(count)s others", rest)], list);
}

function joinWords(names, others, list) {
  let namesLeft = names.length;
  return list.formatToParts([...names, ...others]).map(({ type, value }) => ({
    text: value,
    isName: type === "element" && namesLeft-- > 0,
  }));
}

const words = (text) => ({ text, isName: false });
