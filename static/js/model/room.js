// One room as its reader has it: the timeline, what is on its way, who is here. Told what the
// socket hears, it keeps itself whole; touches neither document nor network.

import { movementItem, ItemMaker } from "./items.js";
import { Movements } from "./movements.js";
import { Outbox } from "./outbox.js";
import { Presence } from "./presence.js";
import { SUBSCRIBE, Subscription } from "./subscription.js";
import { Timeline } from "./timeline.js";

const PAGE = 50;
const DELETE = "delete";

/**
 * Events: `change` (timeline or outbox), `people`, `role` (one's own), `live`, `refused` {detail},
 * `gone` {code, detail}, `stranger` (the connection belongs to another account).
 */
export class Room extends EventTarget {
  timeline = new Timeline();
  movements = new Movements();
  /** @type {"idle"|"loading"|"failed"} of the older history */
  history = "idle";
  #page;
  #send;
  #fetchHistory;
  #items;
  #subscription;

  /**
   * @param {object} parts
   * @param {object} parts.page what the server put into the document
   * @param {(command: object) => boolean} parts.send
   * @param {(range: {before?: number, limit: number}) => Promise<object>} parts.fetchHistory
   */
  constructor({ page, send, fetchHistory, storage, clock, newId }) {
    super();
    this.#page = page;
    this.#send = send;
    this.#fetchHistory = fetchHistory;
    this.role = page.room.role;
    this.#items = new ItemMaker(page.user);
    this.presence = new Presence(page.user.username, clock);
    const tick = () => this.timeline.tick;
    this.#subscription = new Subscription({ room: this.slug, tick, send, clock });
    this.outbox = new Outbox({
      storage,
      clock,
      newId,
      post: (entry) => this.#post(entry),
      onChange: () => this.#tell("change"),
    });
    this.timeline.load(page.history, PAGE);
  }

  get slug() {
    return this.#page.room.room;
  }

  /** Everything up to now was told, and what happens from now on will be. */
  get isLive() {
    return this.#subscription.isActive;
  }

  get canModerate() {
    return this.role === "moderator" || this.role === "owner";
  }

  get isEmpty() {
    const { messages, isComplete } = this.timeline;
    return isComplete && !messages.length && !this.outbox.entries.length;
  }

  /** The seq of the newest message, 0 in an empty room. */
  get newest() {
    return this.timeline.messages.at(-1)?.seq ?? 0;
  }

  // --- What the socket tells ---

  /** The connection is up: catch up first, send afterwards. */
  opened() {
    this.#subscription.resume();
  }

  closed() {
    this.#subscription.end();
    this.outbox.close();
    this.#tell("live");
  }

  receive(event) {
    if (event.room !== undefined && event.room !== this.slug) return;
    const hear = this.#hearing[event.type];
    if (hear) hear(event);
    else if (Number.isInteger(event.seq)) this.#hearChange(event);
  }

  #hearing = {
    welcome: (event) => this.#hearWelcome(event),
    "room.subscribed": (event) => this.#hearSubscribed(event),
    "presence.changed": (event) => this.#hearPresence(event),
    "room.membership": (event) => this.#hearStanding(event),
    "room.removed": (event) => this.#end({ code: "forbidden", ...event }),
    ack: (event) => this.#hearAck(event),
    error: (event) => this.#hearError(event),
    pong: ({ heads }) => this.#subscription.compare(heads?.[this.slug]),
  };

  /** Another account signed in, in another tab: it must neither see nor send what is here. */
  #hearWelcome({ user }) {
    if (!user || user.username === this.#page.user.username) return;
    this.closed();
    this.#tell("stranger");
  }

  #hearChange(event) {
    const outcome = this.timeline.apply(event);
    if (outcome === "hole") return this.#subscription.resume();
    if (outcome === "old") return;
    this.#recognise(event.changed ?? event);
    this.#tell("change");
  }

  #hearSubscribed(event) {
    this.#subscription.confirm();
    this.#tell("live");
    if (event.reset) this.#startAfresh(event.seq);
    else this.timeline.caughtUp(event.seq);
    this.presence.snapshot(event);
    this.#hearStanding(event);
    this.#tell("people");
    if (this.history === "failed") this.loadOlder();
    this.outbox.open();
  }

  #hearPresence(event) {
    const movement = this.presence.apply(event);
    if (movement === "gap") return this.#subscription.resume();
    if (movement === "old") return;
    this.movements.add(movement, this.newest);
    this.#tell("people");
    this.#tell("change");
  }

  #hearStanding({ role }) {
    if (!role || role === this.role) return;
    this.role = role;
    this.#tell("role");
  }

  /** An ack comes after the commit: from here on the message is history. */
  #hearAck({ client_id, id, seq, timestamp }) {
    const entry = this.outbox.get(client_id);
    if (!entry) return;
    this.timeline.acknowledge({
      room: this.slug,
      id,
      seq,
      timestamp,
      client_id,
      username: this.#page.user.username,
      name: this.#page.user.name,
      message: entry.text,
      deleted: false,
    });
    this.outbox.confirm(client_id);
  }

  #hearError(event) {
    if (event.client_id) this.outbox.refuse(event.client_id, event);
    else if (event.ref === SUBSCRIBE) this.#subscription.refuse(event) || this.#end(event);
    else if (event.ref === DELETE) this.#tell("refused", event);
  }

  #end(event) {
    this.closed();
    this.#tell("gone", event);
  }

  // --- What the reader does ---

  post(text) {
    return this.outbox.add(text);
  }

  /** @returns {boolean} whether it could be asked for */
  delete(id) {
    const command = { type: "message.delete", room: this.slug, message_id: id, ref: DELETE };
    return this.isLive && this.#send(command);
  }

  mayDelete(item) {
    return item.kind === "message" && !item.deleted && (item.mine || this.canModerate);
  }

  #post({ clientId, text }) {
    const command = { type: "message.post", room: this.slug, message: text, client_id: clientId };
    return this.#send(command);
  }

  // --- History ---

  /** The page before the oldest message that is held. */
  async loadOlder() {
    if (this.history === "loading" || this.timeline.isComplete) return;
    const before = this.timeline.floor;
    this.#becomeHistory("loading");
    const page = await this.#fetchHistory({ before, limit: PAGE }).catch(() => null);
    if (page && this.timeline.floor === before) this.#takeOlder(page.messages);
    this.#becomeHistory(page ? "idle" : "failed");
    if (page && this.timeline.floor > before) this.loadOlder();
  }

  #takeOlder(messages) {
    this.timeline.mergeOlder(messages, PAGE);
    messages.forEach((message) => this.#recognise(message));
  }

  /** Too much was missed to be replayed: what is shown may no longer be true. */
  #startAfresh(tick) {
    this.timeline.restart(tick);
    this.movements.clear();
    this.#tell("change");
    this.loadOlder();
  }

  #becomeHistory(state) {
    this.history = state;
    this.#tell("change");
  }

  // --- What is drawn ---

  /** The part of the room between two indexes of its timeline, as items to be drawn. */
  items(from, to) {
    const { messages } = this.timeline;
    const lines = new Map(this.movements.lines.map((line) => [line.after, line]));
    const items = [];
    const addLine = (after) => lines.has(after) && items.push(movementItem(lines.get(after)));
    if (from === 0) addLine(0);
    for (const message of messages.slice(from, to)) {
      items.push(this.#items.ofMessage(message));
      addLine(message.seq);
    }
    if (to < messages.length) return items;
    return [...items, ...this.outbox.entries.map((entry) => this.#items.ofEntry(entry))];
  }

  /** How many messages of others came after this one. */
  countNews(seq) {
    const { messages } = this.timeline;
    let count = 0;
    for (let index = messages.length - 1; index >= 0 && messages[index].seq > seq; index -= 1) {
      if (!this.#isMine(messages[index]) && !messages[index].deleted) count += 1;
    }
    return count;
  }

  /** One's own message came back, from this page or from another tab of it. */
  #recognise(message) {
    if (this.#isMine(message) && message.client_id) this.outbox.confirm(message.client_id);
  }

  #isMine(message) {
    return message.username === this.#page.user.username;
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
