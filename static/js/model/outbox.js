// What the reader sent and the server has not acknowledged. One message is on its way at a time,
// so that they arrive in the order in which they were written, whatever happens to the line; a
// repeated one keeps its client id, which makes repeating harmless.

import { isPassing } from "../net/protocol.js";

const ANSWER_MS = 15_000;
const RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;

/**
 * @typedef {object} Entry
 * @property {string} clientId
 * @property {string} text
 * @property {string} createdAt ISO 8601
 * @property {"waiting"|"failed"} state
 * @property {string} [detail] why it failed, for people
 * @property {string} [code]
 */

export class Outbox {
  #entries = [];
  #storage;
  #post;
  #clock;
  #newId;
  #onChange;
  #isReady = false;
  #inFlight = null;
  #timer = null;
  #refusals = 0;

  /**
   * @param {object} parts
   * @param {import("./outbox-storage.js").MemoryOutboxStorage} parts.storage or its like
   * @param {(entry: Entry) => boolean} parts.post hands it to the network
   * @param {object} parts.clock
   * @param {() => string} parts.newId
   * @param {() => void} parts.onChange
   */
  constructor({ storage, post, clock, newId, onChange }) {
    this.#storage = storage;
    this.#post = post;
    this.#clock = clock;
    this.#newId = newId;
    this.#onChange = onChange;
  }

  /** In the order in which they were written. @returns {readonly Entry[]} */
  get entries() {
    return this.#entries;
  }

  get(clientId) {
    return this.#entries.find((entry) => entry.clientId === clientId);
  }

  /** Takes up what an earlier visit left behind. */
  async restore() {
    const kept = await this.#storage.load();
    if (!kept.length) return;
    this.#entries = [...kept, ...this.#entries];
    this.#changed();
  }

  add(text) {
    const createdAt = new Date(this.#clock.now()).toISOString();
    const entry = { clientId: this.#newId(), text, createdAt, state: "waiting" };
    this.#entries = [...this.#entries, entry];
    this.#storage.put(entry);
    this.#changed();
    return entry;
  }

  /** The line is up, and what was missed has been read: now it may be repeated. */
  open() {
    this.#isReady = true;
    this.#refusals = 0;
    this.#sendNext();
  }

  close() {
    this.#isReady = false;
    this.#landed();
  }

  /** It is stored; by `ack` or by its own event, whichever comes first. */
  confirm(clientId) {
    const entry = this.#remove(clientId);
    if (!entry) return null;
    this.#refusals = 0;
    this.#changed();
    return entry;
  }

  /** @param {{code: string, detail: string, retry_after?: number}} error */
  refuse(clientId, error) {
    if (!this.get(clientId)) return;
    if (isPassing(error.code)) return this.#sendLater(error.retry_after);
    this.#replace(clientId, { state: "failed", detail: error.detail, code: error.code });
  }

  retry(clientId) {
    const entry = this.get(clientId);
    if (entry?.state !== "failed") return;
    // A conflict says that this id belongs to another message; everything else stored nothing.
    const id = entry.code === "conflict" ? this.#newId() : clientId;
    this.#storage.remove(clientId);
    this.#replace(clientId, { clientId: id, state: "waiting", detail: undefined, code: undefined });
  }

  discard(clientId) {
    if (this.#remove(clientId)) this.#changed();
  }

  #remove(clientId) {
    const entry = this.get(clientId);
    if (!entry) return null;
    this.#entries = this.#entries.filter((other) => other !== entry);
    this.#storage.remove(clientId);
    if (this.#inFlight === clientId) this.#landed();
    return entry;
  }

  #replace(clientId, changes) {
    const changed = { ...this.get(clientId), ...changes };
    this.#entries = this.#entries.map((entry) => (entry.clientId === clientId ? changed : entry));
    this.#storage.put(changed);
    if (this.#inFlight === clientId) this.#landed();
    this.#changed();
  }

  #changed() {
    this.#onChange();
    this.#sendNext();
  }

  #sendNext() {
    if (!this.#isReady || this.#inFlight || this.#timer) return;
    const next = this.#entries.find((entry) => entry.state === "waiting");
    if (!next || !this.#post(next)) return;
    this.#inFlight = next.clientId;
    this.#timer = this.#clock.setTimeout(() => this.#sendAgain(), ANSWER_MS);
  }

  #sendLater(seconds) {
    const growing = Math.min(LAST_RETRY_MS, RETRY_MS * 2 ** this.#refusals);
    this.#refusals += 1;
    this.#landed();
    const delay = Number.isFinite(seconds) ? seconds * 1000 : growing;
    this.#timer = this.#clock.setTimeout(() => this.#sendAgain(), delay);
  }

  #sendAgain() {
    this.#landed();
    this.#sendNext();
  }

  #landed() {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
    this.#inFlight = null;
  }
}
