// What was typed and not sent yet: kept for each account and room, in the browser alone.

/**
 * @typedef {object} Draft
 * @property {string} [text]
 * @property {number} [replyTo] the id of the message that it answers
 * @property {object[]} [attachments] files that were uploaded for it
 * @property {{id?: number, clientId?: string, text: string}} [edit] another text for a message
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
