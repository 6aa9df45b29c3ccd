// What was typed and not sent yet: kept for each account and room, in the browser alone.

export class Drafts {
  #storage;
  #username;

  /** @param {Storage | null} storage null where the browser forbids it */
  constructor(storage, username) {
    this.#storage = storage;
    this.#username = username;
  }

  read(room) {
    return this.#trying(() => this.#storage.getItem(this.#key(room))) ?? "";
  }

  write(room, text) {
    const key = this.#key(room);
    this.#trying(() => (text ? this.#storage.setItem(key, text) : this.#storage.removeItem(key)));
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
