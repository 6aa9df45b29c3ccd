// The messages that others reply to, where they are older than what is loaded.

const MISSING = Object.freeze({ isMissing: true });

export class Originals {
  #fetch;
  #onChange;
  #known = new Map();
  #asked = new Set();

  /**
   * @param {(id: number) => Promise<object | null>} parts.fetch null: there is none
   * @param {() => void} parts.onChange
   */
  constructor({ fetch, onChange }) {
    this.#fetch = fetch;
    this.#onChange = onChange;
  }

  /** @returns {object | null} null: not known yet, and now being asked for */
  get(id) {
    if (!this.#known.has(id)) this.#ask(id);
    return this.#known.get(id) ?? null;
  }

  /** A change of a message that may be one of them. */
  touch(message) {
    const known = this.#known.get(message.id);
    if (known && !(known.tick > message.tick)) this.#known.set(message.id, message);
  }

  /** What could not be fetched may be asked for again. */
  retry() {
    this.#asked.clear();
  }

  async #ask(id) {
    if (this.#asked.has(id)) return;
    this.#asked.add(id);
    try {
      const message = (await this.#fetch(id)) ?? MISSING;
      if (!this.#known.has(id)) this.#known.set(id, message);
      this.#onChange();
    } catch {
      // It stays unknown until the line is up again.
    }
  }
}
