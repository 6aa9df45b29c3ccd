// Emoji by group, name and words, as static/data/emoji*.json have them (bin/emoji). Pure.

import { gettext, language } from "./words.js";

const FOLDER = new URL("../../data/", import.meta.url);
const STYLE = "\ufe0f";
const FIRST_TONE = 0x1f3fb;

/** @returns {string} by the key that the data has for it */
export function groupName(key) {
  const names = {
    recent: gettext("Recently used"),
    "smileys-emotion": gettext("Smileys and emotion"),
    "people-body": gettext("People and body"),
    "animals-nature": gettext("Animals and nature"),
    "food-drink": gettext("Food and drink"),
    "travel-places": gettext("Travel and places"),
    activities: gettext("Activities"),
    objects: gettext("Objects"),
    symbols: gettext("Symbols"),
    flags: gettext("Flags"),
  };
  return names[key] ?? key;
}

/** @param {number} tone 0: none, 1 to 5 from light to dark */
export function toneName(tone) {
  return [
    gettext("No skin tone"),
    gettext("Light skin tone"),
    gettext("Medium-light skin tone"),
    gettext("Medium skin tone"),
    gettext("Medium-dark skin tone"),
    gettext("Dark skin tone"),
  ][tone];
}

export class Emoji {
  #words = null;

  constructor([character, label, names, more, group, tones = 0]) {
    this.character = character;
    this.label = label;
    this.names = names ? names.split(" ") : [];
    this.more = more;
    this.group = group;
    this.tones = tones;
  }

  /** The one of its names to be shown to somebody who typed this. */
  nameLike(query) {
    const wanted = query.toLowerCase();
    return this.names.find((name) => name.startsWith(wanted)) ?? this.names[0] ?? this.label;
  }

  /** How well one word fits, 0 the best; Infinity: it does not. */
  rank(word) {
    if (this.names.includes(word)) return 0;
    if (this.names.some((name) => name.startsWith(word))) return 1;
    const place = this.#allWords.findIndex((each) => each.startsWith(word));
    if (place < 0) return Infinity;
    return this.#allWords[place] === word ? 2 : 3;
  }

  get #allWords() {
    const text = [this.label, this.names.join(" ").replaceAll("_", " "), this.more].join(" ");
    return (this.#words ??= text.toLowerCase().split(/[^\p{L}\p{N}+-]+/u));
  }
}

export class EmojiBook {
  #byCharacter = new Map();
  #byName = new Map();

  /** @param {{groups: string[], emoji: unknown[][]}} book the file */
  constructor({ groups, emoji }) {
    this.groups = groups.map((key) => ({ key, emoji: [] }));
    for (const fields of emoji) this.#take(new Emoji(fields));
  }

  #take(emoji) {
    this.groups[emoji.group].emoji.push(emoji);
    this.#byCharacter.set(emoji.character, emoji);
    for (const name of emoji.names) if (!this.#byName.has(name)) this.#byName.set(name, emoji);
  }

  /** @returns {Emoji | undefined} */
  named(name) {
    return this.#byName.get(name.toLowerCase());
  }

  /** Those that fit every word, the best first. */
  search(query) {
    const words = query.toLowerCase().split(/[\s:]+/u).filter(Boolean);
    if (!words.length) return [];
    const found = [];
    for (const emoji of this.#byCharacter.values()) {
      const rank = Math.max(...words.map((word) => emoji.rank(word)));
      if (rank < Infinity) found.push({ emoji, rank });
    }
    return found.sort((a, b) => a.rank - b.rank).map(({ emoji }) => emoji);
  }

  /** @param {number} tone 0: none, 1 to 5 from light to dark @returns {string} */
  toned({ character, tones }, tone) {
    if (!tone || !tones) return character;
    if (Array.isArray(tones)) return tones[tone - 1];
    const [first] = character;
    const rest = character.slice(first.length);
    const modifier = String.fromCodePoint(FIRST_TONE + tone - 1);
    return first + modifier + (rest.startsWith(STYLE) ? rest.slice(STYLE.length) : rest);
  }

  /** The entry behind a character, whatever its tone. @returns {Emoji | undefined} */
  of(character) {
    const known = this.#byCharacter.get(character);
    if (known) return known;
    const plain = character.replace(/[\u{1f3fb}-\u{1f3ff}]/u, "");
    return this.#byCharacter.get(plain) ?? this.#byCharacter.get(plain.replace(/^./u, `$&${STYLE}`));
  }
}

let book = null;

/** Fetched once; after a failure, when it is asked for again. @returns {Promise<EmojiBook>} */
export function fetchEmojiBook(fetch) {
  book ??= read(fetch).catch((error) => {
    book = null;
    throw error;
  });
  return book;
}

async function read(fetch) {
  const own = language();
  const response = await fetch(new URL(own === "en" ? "emoji.json" : `emoji.${own}.json`, FOLDER));
  if (response.ok) return new EmojiBook(await response.json());
  // Nobody told yet what they are called in this language.
  const english = await fetch(new URL("emoji.json", FOLDER));
  if (!english.ok) throw new Error(`no emoji: ${english.status}`);
  return new EmojiBook(await english.json());
}
