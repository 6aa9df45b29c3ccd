// What is kept of an account in this browser alone: what was typed and not sent yet, for each room,
// and which emoji were used last.

export const TONES = 6;

const RECENT = 24;

/** Where it is kept how one wants to be told of news (notifications.js). */
export const noticeKey = (username) => `notices:${username}`;

/**
 * @typedef {object} Draft
 * @property {string} [text]
 * @property {number} [replyTo] the id of the message that it answers
 * @property {object[]} [attachments] files that were uploaded for it
 * @property {{id?: number, clientId?: string, text: string, hasFiles?: boolean, typed?: string}} [edit]
 *   another text for a message: that which it has, and what is made of it
 */

export class Drafts {
  #storage;
  #username;

  /** @param {Storage | null} storage null where the browser forbids it */
  constructor(storage, username) {
    this.#storage = storage;
    this.#username = username;
  }

  /** @returns {Draft} */
  read(room) {
    const draft = this.#trying(() => JSON.parse(this.#storage.getItem(this.#key(room))));
    return draft && typeof draft === "object" ? draft : {};
  }

  /** @param {Draft} draft */
  write(room, draft) {
    const key = this.#key(room);
    const isEmpty = !draft.text && !draft.replyTo && !draft.edit && !draft.attachments?.length;
    const write = () =>
      isEmpty ? this.#storage.removeItem(key) : this.#storage.setItem(key, JSON.stringify(draft));
    this.#trying(write);
  }

  /** Puts something behind what is written there. */
  append(room, text) {
    const draft = this.read(room);
    this.write(room, { ...draft, text: (draft.text ?? "") + text });
  }

  /** Whether something waits there. */
  has(room) {
    return Boolean(this.#trying(() => this.#storage.getItem(this.#key(room))));
  }

  #key(room) {
    return `draft:${this.#username}:${room}`;
  }

  /** Storage may be full or forbidden; a draft is not worth an error. */
  #trying(use) {
    try {
      return this.#storage && use();
    } catch {
      return null;
    }
  }
}

/** Emoji that somebody used last, and in which skin tone. */
export class EmojiMemory {
  #storage;
  #key;

  /** @param {Storage | null} storage null where the browser forbids it */
  constructor(storage, username) {
    this.#storage = storage;
    this.#key = `emoji:${username}`;
  }

  /** Characters, the last one first. @returns {string[]} */
  get recent() {
    const { recent } = this.#read();
    return Array.isArray(recent) ? recent.filter((each) => typeof each === "string") : [];
  }

  /** @returns {number} 0 to 5 */
  get tone() {
    const { tone } = this.#read();
    return Number.isInteger(tone) && tone > 0 && tone < TONES ? tone : 0;
  }

  set tone(tone) {
    this.#write({ ...this.#read(), tone });
  }

  use(character) {
    const others = this.recent.filter((each) => each !== character);
    this.#write({ ...this.#read(), recent: [character, ...others].slice(0, RECENT) });
  }

  #read() {
    try {
      return JSON.parse(this.#storage.getItem(this.#key)) ?? {};
    } catch {
      return {};
    }
  }

  #write(kept) {
    try {
      this.#storage.setItem(this.#key, JSON.stringify(kept));
    } catch {
      // Full or forbidden: it is not worth an error.
    }
  }
}
