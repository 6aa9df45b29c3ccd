// What was said, found by its words: what is asked of the server, and what of an answer is marked.

import { plain } from "./text.js";

export const TYPING_MS = 250;
const SNIPPET_CHARS = 180;
const BEFORE_CHARS = 40;
const WORD = /[\p{L}\p{N}\p{M}]+/gu;
// Between which nothing stands (chat/words.py): what was typed is looked for anywhere.
const UNSPACED = /[\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]|[\ud840-\udbff][\udc00-\udfff]/u;

/**
 * One search after the other, each with its pages. `state` is what the last request came to.
 * Tells of changes by `onChange`.
 */
export class MessageSearch {
  /** @type {object[]} messages, newest first */
  found = [];
  /** @type {Object<string, string>} */
  rooms = {};
  /** @type {number | null} where older ones go on */
  next = null;
  /** @type {"idle"|"asking"|"found"|"failed"} */
  state = "idle";
  wanted = "";
  room = "";
  #fetch;
  #onChange;
  #asking = null;

  /**
   * @param {object} parts
   * @param {(query: {q: string, room?: string, before?: number}, signal: AbortSignal) =>
   *   Promise<{messages: object[], rooms: object, next: number | null}>} parts.fetch
   * @param {() => void} parts.onChange
   */
  constructor({ fetch, onChange }) {
    this.#fetch = fetch;
    this.#onChange = onChange;
  }

  /** @param {string} wanted @param {string} room its slug, or "" for all of one's own */
  async search(wanted, room) {
    this.stop();
    Object.assign(this, { wanted: wanted.trim(), room });
    if (!this.isEnough) {
      Object.assign(this, { found: [], rooms: {}, next: null, state: "idle" });
      return this.#onChange();
    }
    await this.#ask(null);
  }

  /** The page after what is shown. */
  async goOn() {
    if (this.next !== null && this.state !== "asking") await this.#ask(this.next);
  }

  /** Asks again for what could not be had. */
  async retry() {
    await this.#ask(this.found.length ? this.next : null);
  }

  stop() {
    this.#asking?.abort();
    this.#asking = null;
  }

  /** A letter alone begins nearly everything. */
  get isEnough() {
    return (this.wanted.match(WORD) ?? []).some((word) => word.length > 1 || UNSPACED.test(word));
  }

  async #ask(before) {
    const asking = (this.#asking = new AbortController());
    this.state = "asking";
    this.#onChange();
    const query = { q: this.wanted, ...(this.room && { room: this.room }), ...(before && { before }) };
    const answer = await this.#fetch(query, asking.signal).catch(() => null);
    if (asking !== this.#asking) return;
    this.#asking = null;
    this.state = answer ? "found" : "failed";
    if (answer) this.#take(answer, before);
    this.#onChange();
  }

  #take({ messages, rooms, next }, before) {
    this.found = before ? [...this.found, ...messages] : messages;
    this.rooms = before ? { ...this.rooms, ...rooms } : rooms;
    this.next = next;
  }
}

/**
 * The part of a text around the first word that is wanted, in pieces.
 * @param {string} text on one line @param {string} wanted as it was typed
 * @returns {{text: string, isWanted: boolean}[]}
 */
export function marked(text, wanted) {
  const places = placesIn(text, wanted);
  const start = startOf(text, places[0]?.[0] ?? 0);
  const end = start + SNIPPET_CHARS;
  const pieces = [];
  let at = start;
  for (const [from, to] of places.filter(([from, to]) => from >= start && to <= end)) {
    pieces.push({ text: text.slice(at, from), isWanted: false }, { text: text.slice(from, to), isWanted: true });
    at = to;
  }
  pieces.push({ text: text.slice(at, end), isWanted: false });
  if (start > 0) pieces.unshift({ text: "…", isWanted: false });
  if (end < text.length) pieces.push({ text: "…", isWanted: false });
  return pieces.filter((piece) => piece.text);
}

/** At the beginning of a word, a little before what is wanted. */
function startOf(text, first) {
  if (first <= BEFORE_CHARS) return 0;
  const space = text.indexOf(" ", first - BEFORE_CHARS);
  return space >= 0 && space < first ? space + 1 : first;
}

/** @returns {[number, number][]} the words that begin with one of those wanted, in order */
function placesIn(text, wanted) {
  const words = (wanted.match(WORD) ?? []).map(plain);
  const places = [];
  for (const { 0: word, index } of text.matchAll(WORD)) {
    const folded = plain(word);
    for (const each of words) {
      const at = UNSPACED.test(each) ? folded.indexOf(each) : 0;
      if (at < 0 || !folded.startsWith(each, at)) continue;
      const isWhole = at === 0 && !UNSPACED.test(word);
      places.push(isWhole ? [index, index + word.length] : [index + at, index + at + each.length]);
      break;
    }
  }
  return places;
}
