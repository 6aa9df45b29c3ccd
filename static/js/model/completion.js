// What is being typed in front of the caret, and what could be meant: @people and :emoji:. Pure.

/** @typedef {{kind: "person" | "emoji", query: string, from: number, to: number, isClosed: boolean}} Beginning */
/** @typedef {{key: string, insert: string, label: string, detail: string, person?: object, isEverybody?: boolean}} Suggestion */

import { plain, wordsIn } from "./text.js";

const MOST = 8;
/** As in chat/limits.py. */
const EVERYBODY = ["all", "everyone"];
/** As the server reads names (chat/mentions.py): not inside a word, so not in an e-mail address. */
const PERSON = /(?<![\p{L}\p{N}_@.+-])@([\p{L}\p{M}\p{N}_.+-]{0,64}(?: [\p{L}\p{M}\p{N}_.+-]{1,40})?)$/u;
/** Two letters at least, and not inside a word or a time: "10:30", "http://". */
const EMOJI = /(?<![\p{L}\p{N}_:/])(:([\p{L}\p{N}_+-]{2,40}))(:?)$/u;
const LONGEST = 80;

/** @param {string} text @param {number} caret in UTF-16 units @returns {Beginning | null} */
export function beginningAt(text, caret) {
  const before = text.slice(Math.max(0, caret - LONGEST), caret);
  const person = before.match(PERSON);
  if (person) return beginning("person", person[1], caret, person[0]);
  const emoji = before.match(EMOJI);
  return emoji && beginning("emoji", emoji[2], caret, emoji[0], emoji[3] !== "");
}

function beginning(kind, query, caret, typed, isClosed = false) {
  return { kind, query, from: caret - typed.length, to: caret, isClosed };
}

/** Whether anything could follow: what has to be fetched is fetched then. */
export const isBeginning = (text, caret) => beginningAt(text, caret) !== null;

/**
 * The text that takes the place of what was typed; a name is followed by a space, once.
 * @param {Beginning} beginning @param {Suggestion} suggestion @param {string} text
 */
export function insertionFor({ kind, to }, suggestion, text) {
  if (kind === "emoji") return suggestion.insert;
  return /^\s/u.test(text.slice(to)) ? suggestion.insert : `${suggestion.insert} `;
}

/**
 * People whose names or usernames have a word that begins so, for each of the words typed; in the
 * order given, but those whose username begins so first.
 * @param {{username: string, name: string}[]} people without doubles
 * @param {string} self is not offered: nobody calls themselves
 * @returns {Suggestion[]}
 */
export function suggestPeople(people, query, self) {
  if (isNamed(people, query)) return [];
  const wanted = plain(query);
  const beginnings = wordsIn(query);
  const rank = ({ username, name }) => {
    if (plain(username).startsWith(wanted)) return 0;
    const own = wordsIn(`${name} ${username}`);
    return beginnings.length && beginnings.every((start) => own.some((word) => word.startsWith(start))) ? 1 : 2;
  };
  const fitting = people.filter((person) => person.username !== self && rank(person) < 2);
  return fitting
    .sort((a, b) => rank(a) - rank(b))
    .slice(0, MOST)
    .map(ofPerson);
}

/** Whether somebody is meant already, and what follows is the sentence. */
export function isNamed(people, query) {
  const [first, second] = plain(query).split(" ");
  return second !== undefined && people.some(({ username }) => plain(username) === first);
}

function ofPerson(person) {
  const { username, name } = person;
  const handle = `@${username}`;
  return { key: `@${username}`, insert: handle, label: name, detail: handle, person };
}

/**
 * People, and everybody: the last of them, unless exactly that was typed. Where somebody in the
 * room is called so, it is only them.
 * @param {string} words for everybody; empty where they cannot be called
 * @returns {Suggestion[]}
 */
export function suggestMentions(people, words, query, self) {
  const found = suggestPeople(people, query, self);
  const wanted = plain(query);
  const names = [...EVERYBODY, wordsIn(words)[0] ?? EVERYBODY[0]];
  const name = words && wanted && names.find((each) => each.startsWith(wanted));
  if (!name) return found;
  const handle = `@${EVERYBODY.includes(name) ? name : EVERYBODY[0]}`;
  if (found.some(({ key }) => plain(key) === handle)) return found;
  const everybody = { key: handle, insert: handle, label: words, detail: handle, isEverybody: true };
  return names.includes(wanted) ? [everybody, ...found.slice(0, MOST - 1)] : [...found.slice(0, MOST - 1), everybody];
}

/** Those who are held, then the others; once each. */
export function together(...lists) {
  const found = new Map();
  for (const person of lists.flat()) {
    if (!found.has(person.username)) found.set(person.username, person);
  }
  return [...found.values()];
}

/**
 * @param {import("./emoji.js").EmojiBook} book
 * @param {number} tone
 * @returns {Suggestion[]} a name that was closed by a colon is meant as it stands
 */
export function suggestEmoji(book, { query, isClosed }, tone) {
  const found = isClosed ? [book.named(query)].filter(Boolean) : book.search(query).slice(0, MOST);
  return found.map((emoji) => ({
    key: emoji.character,
    insert: book.toned(emoji, tone),
    label: `:${emoji.nameLike(query)}:`,
    detail: emoji.label,
  }));
}

/**
 * Where the list stands: which suggestion is chosen, what is shown. Choosing goes round.
 */
export class Choice {
  suggestions = [];
  index = 0;

  /** The chosen one stays the chosen one while it is among them. @param {Suggestion[]} suggestions */
  offer(suggestions, { isFresh }) {
    const key = isFresh ? null : this.chosen?.key;
    this.suggestions = suggestions;
    this.index = Math.max(0, suggestions.findIndex((each) => each.key === key));
  }

  move(step) {
    const { length } = this.suggestions;
    if (length) this.index = (this.index + step + length) % length;
  }

  get chosen() {
    return this.suggestions[this.index] ?? null;
  }
}
