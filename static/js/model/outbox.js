// What the reader sent and the server has not acknowledged. One message is on its way at a time,
// so that they arrive in the order in which they were written, whatever happens to the line; a
// repeated one keeps its client id, which makes repeating harmless.
//
// The tabs of one browser share the entries through their storage, and take turns at sending: who
// has the turn reads the storage first, and so sends nothing that another tab has sent or thrown
// away meanwhile.

import { isPassing } from "../net/protocol.js";
import { inOrder, MemoryOutboxStorage } from "./outbox-storage.js";
import { ownTurns } from "./turns.js";

const ANSWER_MS = 15_000;
const RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;

/**
 * @typedef {object} Entry
 * @property {string} clientId
 * @property {string} text
 * @property {number | null} replyTo
 * @property {object[]} [attachments] as on the wire
 * @property {string} createdAt ISO 8601
 * @property {number} order grows from entry to entry
 * @property {"waiting"|"failed"} state
 * @property {string} [detail] why it failed, for people
 * @property {string} [code]
 *
 * @typedef {{client_id: string, id: number, seq: number, timestamp: string}} Stored
 */

export class Outbox {
  /** Whether what waits outlives the page. */
  isLasting;
  #entries = [];
  #name;
  #storage;
  #turns;
  #post;
  #clock;
  #newId;
  #onChange;
  #onStored;
  #isStored;
  #isReady = false;
  #turn = null;
  #hasRead = false;
  #version = 0;
  #writing = Promise.resolve();
  #inFlight = null;
  #timer = null;
  #refusals = 0;

  /**
   * @param {object} parts
   * @param {string} parts.name the same in all tabs
   * @param {import("./outbox-storage.js").OutboxStorage} parts.storage
   * @param {import("./turns.js").Turns} parts.turns
   * @param {(entry: Entry) => boolean} parts.post hands it to the network
   * @param {object} parts.clock
   * @param {() => string} parts.newId
   * @param {() => void} [parts.onChange]
   * @param {(stored: Stored, entry: Entry) => void} [parts.onStored] another tab was told so
   * @param {(clientId: string) => Stored | null} [parts.isStored] whether it is seen to be
   */
  constructor({ name, storage, turns, post, clock, newId, onChange, onStored, isStored }) {
    this.#name = name;
    this.#storage = storage;
    this.#turns = turns;
    this.#post = post;
    this.#clock = clock;
    this.#newId = newId;
    this.#onChange = onChange ?? (() => {});
    this.#onStored = onStored ?? (() => {});
    this.#isStored = isStored ?? (() => null);
    this.isLasting = !(storage instanceof MemoryOutboxStorage);
    storage.onNews = (news) => this.#hear(news);
  }

  /** In the order in which they were written. @returns {readonly Entry[]} */
  get entries() {
    return this.#entries;
  }

  get failed() {
    return this.#entries.filter((entry) => entry.state === "failed");
  }

  get(clientId) {
    return this.#entries.find((entry) => entry.clientId === clientId);
  }

  /** Takes up what an earlier visit left behind, or another tab changed. */
  async restore() {
    await this.#read();
    this.#changed();
  }

  /** @param {object[]} [attachments] what the server told of uploaded files */
  add(text, replyTo = null, attachments = []) {
    const createdAt = new Date(this.#clock.now()).toISOString();
    const clientId = this.#newId();
    const order = Math.max(this.#clock.now(), (this.#entries.at(-1)?.order ?? 0) + 1);
    const entry = { clientId, text, replyTo, createdAt, order, state: "waiting" };
    if (attachments.length) entry.attachments = attachments;
    this.#entries = [...this.#entries, entry];
    this.#write((storage) => storage.put(entry));
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
    this.#yield();
  }

  /**
   * It is stored; by `ack` or by its own event, whichever comes first.
   * @param {Stored} [stored] @returns {Entry | null} null: it was not waiting here
   */
  confirm(clientId, stored) {
    const entry = this.#remove(clientId, { stored });
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
    this.#changed();
  }

  /** What waits is for its writer to decide: it does not go by itself if the way is open again. */
  refuseAll(error) {
    const waiting = this.#entries.filter(({ state }) => state === "waiting");
    for (const { clientId } of waiting) this.refuse(clientId, error);
  }

  retry(clientId) {
    if (this.#revive(this.get(clientId))) this.#changed();
  }

  /** All that failed; and what waits is tried at once. */
  retryAll() {
    this.failed.forEach((entry) => this.#revive(entry));
    if (!this.#inFlight) this.#landed();
    this.#changed();
  }

  /** Another text for a message that failed. */
  rewrite(clientId, text) {
    const entry = this.get(clientId);
    if (entry?.state !== "failed") return false;
    this.#revive(entry, { clientId: this.#newId(), text });
    this.#changed();
    return true;
  }

  discard(clientId) {
    if (this.#remove(clientId)) this.#changed();
  }

  // --- The entries

  #revive(entry, changes = {}) {
    if (entry?.state !== "failed") return false;
    // A conflict says that this id belongs to another message; everything else stored nothing.
    const clientId = entry.code === "conflict" ? this.#newId() : entry.clientId;
    const waiting = { state: "waiting", detail: undefined, code: undefined };
    this.#replace(entry.clientId, { clientId, ...waiting, ...changes });
    return true;
  }

  #remove(clientId, news = {}) {
    const entry = this.#forget(clientId);
    if (entry) this.#write((storage) => storage.remove(clientId), news);
    return entry;
  }

  #forget(clientId) {
    const entry = this.get(clientId);
    if (!entry) return null;
    this.#entries = this.#entries.filter((other) => other !== entry);
    if (this.#inFlight === clientId) this.#landed();
    return entry;
  }

  #replace(clientId, changes) {
    const changed = { ...this.get(clientId), ...changes };
    this.#entries = this.#entries.map((entry) => (entry.clientId === clientId ? changed : entry));
    const replaced = changed.clientId === clientId ? undefined : clientId;
    this.#write((storage) => storage.put(changed, replaced));
    if (this.#inFlight === clientId) this.#landed();
  }

  #changed() {
    this.#onChange();
    this.#sendNext();
  }

  // --- The storage, and the other tabs

  #write(act, news = {}) {
    this.#version += 1;
    const storage = this.#storage;
    const done = act(storage).then(() => storage.tell(news));
    const settled = done.catch(() => this.#loseStorage(storage));
    this.#writing = Promise.all([this.#writing, settled]);
  }

  /** The storage's entries; read again when something was written here meanwhile. */
  async #read() {
    let version;
    let kept;
    do {
      version = this.#version;
      kept = await this.#load();
    } while (version !== this.#version);
    this.#take(kept);
  }

  async #load() {
    const storage = this.#storage;
    try {
      return await storage.load();
    } catch {
      this.#loseStorage(storage);
      return this.#entries;
    }
  }

  #take(kept) {
    // What is the same stays the same object: it need not be drawn again.
    this.#entries = kept.map((entry) => {
      const known = this.get(entry.clientId);
      return known && isSame(known, entry) ? known : entry;
    });
    if (this.#inFlight && !this.get(this.#inFlight)) this.#landed();
    for (const { clientId } of [...this.#entries]) {
      const stored = this.#isStored(clientId);
      if (stored) this.#remove(clientId, { stored });
    }
  }

  #hear({ stored }) {
    if (!stored) return void this.restore();
    const entry = this.#forget(stored.client_id);
    if (!entry) return;
    this.#version += 1;
    this.#onStored(stored, entry);
    this.#changed();
  }

  /** Refused or full: from here on this tab is on its own, and says so. */
  #loseStorage(storage) {
    if (storage !== this.#storage) return;
    storage.onNews = null;
    this.#storage = new MemoryOutboxStorage();
    this.#turns = ownTurns;
    this.isLasting = false;
    this.#yield();
    for (const entry of this.#entries) this.#write((memory) => memory.put(entry));
    this.#changed();
  }

  // --- Sending

  get #next() {
    return inOrder([...this.#entries]).find((entry) => entry.state === "waiting");
  }

  #sendNext() {
    if (!this.#isReady || this.#timer) return;
    if (!this.#next) return this.#yield();
    if (this.#turn && this.#hasRead && !this.#turn.isMine) this.#yield();
    if (!this.#turn) return this.#askForTurn();
    if (this.#hasRead) this.#send(this.#next);
  }

  #askForTurn() {
    const turn = this.#turns.request(this.#name, () => this.#begin(turn));
    this.#turn = turn;
  }

  async #begin(turn) {
    await this.#read();
    if (this.#turn !== turn) return;
    this.#hasRead = true;
    this.#changed();
  }

  #send(entry) {
    if (!this.#post(entry)) return this.#yield();
    this.#inFlight = entry.clientId;
    this.#timer = this.#clock.setTimeout(() => this.#sendAgain(), ANSWER_MS);
  }

  #sendLater(seconds) {
    const growing = Math.min(LAST_RETRY_MS, RETRY_MS * 2 ** this.#refusals);
    this.#refusals += 1;
    this.#landed();
    const delay = Number.isFinite(seconds) ? seconds * 1000 : growing;
    this.#timer = this.#clock.setTimeout(() => this.#sendAgain(), delay);
  }

  /** Another tab may have better luck: it goes to the end of the line. */
  #sendAgain() {
    this.#landed();
    this.#yield();
    this.#sendNext();
  }

  /** Once everything is written: who comes next reads the storage first. */
  #yield() {
    const turn = this.#turn;
    if (turn) this.#writing.then(() => turn.release());
    this.#turn = null;
    this.#hasRead = false;
  }

  #landed() {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
    this.#inFlight = null;
  }
}

const isSame = (a, b) => a.state === b.state && a.text === b.text && a.detail === b.detail;

/** The same in all tabs, and no other account's. */
export const outboxName = (username, room) => `outbox:${username}:${room}`;

/** The command that an entry stands for. @param {Entry} entry */
export function postOf(room, { clientId, text, replyTo, attachments }) {
  const command = { type: "message.post", room, message: text, client_id: clientId };
  if (replyTo) command.reply_to = replyTo;
  if (attachments?.length) command.attachments = attachments.map(({ id }) => id);
  return command;
}
