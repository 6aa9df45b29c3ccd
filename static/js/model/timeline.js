// What was said in one room, as far as it is loaded: an unbroken stretch of the room's log, up to
// now or (a passage) up to some message. Events, replays and pages of history may come doubled,
// late and in any order; the result is the same (docs/protocol.md, section 4).

import { isChange, messageIn } from "../net/protocol.js";

/** Changes of messages that are not held, remembered for a page that was read before them. */
const OUTSIDE_MOST = 500;

/**
 * @typedef {object} Message as on the wire
 * @property {number} id
 * @property {number} seq the tick at which it was posted: its place
 * @property {number} tick the latest tick that touched it: its version
 * @property {string} username
 * @property {string} name
 * @property {string} message
 * @property {string} [html]
 * @property {string} timestamp
 * @property {string} client_id
 * @property {number | null} reply_to the id of a message
 * @property {Object<string, string[]>} reactions usernames by emoji
 * @property {string | null} edited
 * @property {boolean} deleted
 * @property {boolean} [provisional] made here from an `ack`, until the event brings the real one
 */

export class Timeline {
  #byId = new Map();
  #messages = [];
  #tick = 0;
  #floor = Infinity;
  #ceiling = Infinity;
  #outside = new Map();

  /** Oldest first. @returns {readonly Message[]} */
  get messages() {
    return this.#messages;
  }

  /** The tick below which nothing is missing. */
  get tick() {
    return this.#tick;
  }

  /** Everything from here on is loaded; 0: there is nothing older. */
  get floor() {
    return this.#floor;
  }

  get isComplete() {
    return this.#floor === 0;
  }

  /** Everything up to here is loaded; Infinity: it goes on as it happens. */
  get ceiling() {
    return this.#ceiling;
  }

  get(id) {
    return this.#byId.get(id);
  }

  /** Starts afresh at a page of the newest messages, which was read at its `seq`. */
  load({ seq, messages }, limit) {
    this.restart(seq);
    this.mergeOlder(messages, limit);
  }

  /** Forgets everything. What is older than `tick` has to be loaded again. */
  restart(tick) {
    this.#byId.clear();
    this.#outside.clear();
    this.#messages = [];
    this.#tick = tick;
    this.#floor = tick + 1;
  }

  /**
   * Takes a page of history that joins on to what is held.
   * @param {Message[]} messages oldest first
   * @param {number} limit how many were asked for; fewer means that these were the first
   */
  mergeOlder(messages, limit) {
    const oldest = messages.length < limit ? 0 : messages[0].seq;
    this.#floor = Math.min(this.#floor, oldest);
    for (const message of messages) this.#put(message);
  }

  // --- Passages: stretches of the past, until they meet the present

  /** A stretch of its own, from a page of history. */
  passage(messages, floor, ceiling) {
    const passage = new Timeline();
    passage.#floor = floor;
    passage.#ceiling = ceiling;
    for (const message of messages) passage.#put(this.freshest(message));
    return passage;
  }

  /** Takes what follows on a passage. */
  mergeNewer(messages, ceiling) {
    this.#ceiling = Math.max(this.#ceiling, ceiling);
    for (const message of messages) this.#put(message);
  }

  /** @returns {boolean} whether the passage reached up to this stretch and is part of it now */
  join(passage) {
    if (passage.ceiling < this.#floor - 1) return false;
    this.#floor = Math.min(this.#floor, passage.floor);
    for (const message of passage.messages) this.#put(message);
    return true;
  }

  /** A change of a message that may belong here. */
  touch(message) {
    if (message.seq <= this.#ceiling) this.#put(message);
  }

  /** The newest version known of a message: a page may have been read before its last change. */
  freshest(message) {
    const known = this.#byId.get(message.id) ?? this.#outside.get(message.id);
    return known && known.tick > message.tick ? known : message;
  }

  /** @returns {"applied"|"old"|"hole"} after a hole nothing is changed: ask for a replay */
  apply(event) {
    if (!isChange(event) || event.seq <= this.#tick) return "old";
    if (event.prev > this.#tick) return "hole";
    this.#tick = event.seq;
    const message = messageIn(event);
    if (message) this.#put(message);
    return "applied";
  }

  /** A replay ended here: nothing up to `tick` is missing. */
  caughtUp(tick) {
    this.#tick = Math.max(this.#tick, tick);
  }

  /** One's own message, known by its `ack` before its event came. */
  acknowledge(message) {
    this.#put({ ...message, tick: message.seq, provisional: true });
  }

  #put(given) {
    if (given.seq < this.#floor) return this.#remember(given);
    const message = this.freshest(given);
    this.#outside.delete(message.id);
    const held = this.#byId.get(message.id);
    if (held && !isNewer(message, held)) return;
    this.#byId.set(message.id, message);
    this.#messages[held ? this.indexOf(message.seq) : this.#makeRoom(message.seq)] = message;
  }

  #remember(message) {
    const fresh = this.freshest(message);
    this.#outside.delete(message.id);
    this.#outside.set(message.id, fresh);
    if (this.#outside.size > OUTSIDE_MOST) this.#outside.delete(this.#outside.keys().next().value);
  }

  #makeRoom(seq) {
    const index = this.indexOf(seq);
    this.#messages.splice(index, 0, undefined);
    return index;
  }

  /** Where the message with this seq is, or would be: the first that is not older. */
  indexOf(seq) {
    const messages = this.#messages;
    let low = 0;
    let high = messages.length;
    if (high && messages[high - 1].seq < seq) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (messages[middle].seq < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function isNewer(message, held) {
  if (message.tick !== held.tick) return message.tick > held.tick;
  return Boolean(held.provisional) && !message.provisional;
}
