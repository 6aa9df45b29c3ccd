// One room as its reader has it: the timeline, what is on its way, who is here. Told what the
// socket hears, it keeps itself whole; touches neither document nor network.

import { History } from "./history.js";
import { DIVIDER, ItemMaker, movementItem } from "./items.js";
import { Movements } from "./movements.js";
import { Originals } from "./originals.js";
import { Outbox, outboxName, postOf } from "./outbox.js";
import { byPresence, Presence } from "./presence.js";
import { Questions } from "./questions.js";
import { Reading } from "./reading.js";
import { SUBSCRIBE, Subscription } from "./subscription.js";
import { Typists } from "./typing.js";
import { gettext } from "./words.js";

/**
 * Events: `change` (timeline or outbox), `people` {left}, `standing` (one's own), `typing`, `live`,
 * `gone` {code, detail}, `stranger` (the connection belongs to another account).
 */
export class Room extends EventTarget {
  movements = new Movements();
  #page;
  #send;
  #items;
  #subscription;
  #questions;
  #faces = new Map();

  /**
   * @param {object} parts
   * @param {object} parts.page what the server put into the document
   * @param {(command: object) => boolean} parts.send
   * @param {(range: object) => Promise<object>} parts.fetchHistory
   * @param {import("./outbox-storage.js").OutboxStorage} parts.storage
   * @param {import("./turns.js").Turns} parts.turns
   */
  constructor({ page, send, fetchHistory, storage, turns, clock, newId }) {
    super();
    this.#page = page;
    this.#send = send;
    this.role = page.room.role;
    this.archived = page.room.archived;
    /** The reader was put out, or there is no such room any more. */
    this.isGone = false;
    this.posting = page.room.posting;
    this.#items = new ItemMaker(page.user, (username) => this.#faces.get(username));
    this.#makeHistory(fetchHistory);
    this.#makeParts(clock);
    this.#makeOutbox({ storage, turns, clock, newId });
    page.history.messages.forEach((message) => this.#learnFace(message));
  }

  #makeHistory(fetch) {
    const onChange = () => this.#tell("change");
    this.history = new History({
      page: this.#page.history,
      fetch,
      onChange,
      onLoaded: (messages) => messages.forEach((message) => this.#recognise(message)),
    });
    this.originals = new Originals({ fetch: (id) => this.history.fetchMessage(id), onChange });
  }

  #makeParts(clock) {
    const { user, room } = this.#page;
    const send = (command) => this.#send({ room: this.slug, ...command });
    const sendLive = (command) => this.isLive && send(command);
    const tick = () => this.timeline.tick;
    this.presence = new Presence(user.username, clock);
    this.#subscription = new Subscription({ room: this.slug, tick, send: this.#send, clock });
    this.#questions = new Questions({ send: sendLive, clock });
    this.reading = new Reading({ read: room.read, unread: room.unread, send: sendLive, clock });
    const onTyping = () => this.#tell("typing");
    this.typists = new Typists({ clock, username: user.username, onChange: onTyping });
  }

  #makeOutbox(parts) {
    this.outbox = new Outbox({
      ...parts,
      name: outboxName(this.username, this.slug),
      post: (entry) => this.#send(postOf(this.slug, entry)),
      onChange: () => this.#tell("change"),
      onStored: (stored, entry) => this.#acknowledge(stored, entry),
      isStored: (clientId) => this.#storedAs(clientId),
    });
  }

  get timeline() {
    return this.history.timeline;
  }

  get slug() {
    return this.#page.room.room;
  }

  /** Everything up to now was told, and what happens from now on will be. */
  get isLive() {
    return this.#subscription.isActive;
  }

  /** Whether something that was asked for waits for the line, which closing the page would lose. */
  get isWaiting() {
    return this.#questions.isWaiting;
  }

  get canModerate() {
    return this.role === "moderator" || this.role === "owner";
  }

  /** Why one cannot post; empty where one can. @returns {""|"gone"|"archived"|"moderators"} */
  get whyClosed() {
    if (this.isGone) return "gone";
    if (this.archived) return "archived";
    return this.posting === "moderators" && !this.canModerate ? "moderators" : "";
  }

  get isEmpty() {
    const { messages, isComplete } = this.timeline;
    return isComplete && !messages.length && !this.outbox.entries.length;
  }

  /** The seq of the newest message, 0 in an empty room. */
  get newest() {
    return this.timeline.messages.at(-1)?.seq ?? 0;
  }

  get username() {
    return this.#page.user.username;
  }

  nameOf(username) {
    return this.#faces.get(username)?.name ?? username;
  }

  /** Who can be named: those here, at their screens first, and those who wrote what is loaded. */
  get known() {
    const here = this.presence.people.sort(byPresence);
    const isHere = new Set(here.map(({ username }) => username));
    return [...here, ...[...this.#faces.values()].filter(({ username }) => !isHere.has(username))];
  }

  /** They belong here, whether they are here or not. */
  meet(people) {
    people.forEach((person) => this.#learnFace(person));
  }

  /** Who is meant by a name behind an @. @returns {string | null} null: nobody who is known here */
  usernameOf(name) {
    const isMeant = ({ username }) => username.toLowerCase() === name.toLowerCase();
    return this.known.find(isMeant)?.username ?? null;
  }

  // --- What the socket tells ---

  /** The connection is up: catch up first, send afterwards. */
  opened() {
    this.#subscription.resume();
  }

  closed() {
    this.#subscription.end();
    this.outbox.close();
    this.#questions.pause();
    this.typists.clear();
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
    "room.updated": (event) => this.#hearSettings(event),
    "room.removed": (event) => this.#end({ code: "forbidden", ...event }),
    "room.read": ({ seq }) => this.#hearRead(seq),
    "room.activity": () => {},
    "typing.started": ({ username }) => this.typists.started(username),
    "typing.stopped": ({ username }) => this.typists.stopped(username),
    ack: (event) => this.#hearAck(event),
    ok: (event) => this.#questions.hear(event),
    error: (event) => this.#hearError(event),
    pong: ({ heads }) => this.#subscription.compare(heads?.[this.slug]),
  };

  /** Another account signed in, in another tab: it must neither see nor send what is here. */
  #hearWelcome({ user, rooms = [] }) {
    if (!user || user.username === this.#page.user.username) {
      return this.#hearSettings(rooms.find(({ room }) => room === this.slug) ?? {});
    }
    this.closed();
    this.#questions.stop();
    this.#tell("stranger");
  }

  #hearChange(event) {
    const outcome = this.history.apply(event);
    if (outcome === "hole") return this.#subscription.resume();
    if (outcome === "old") return;
    const message = event.changed ?? event;
    this.#recognise(message);
    this.originals.touch(message);
    if (!event.changed) this.typists.stopped(message.username);
    this.#tell("change");
  }

  #hearSubscribed(event) {
    this.#subscription.confirm();
    this.#tell("live");
    if (event.reset) this.#startAfresh(event.seq);
    else this.timeline.caughtUp(event.seq);
    this.presence.snapshot(event);
    this.presence.people.forEach((person) => this.#learnFace(person));
    this.#hearStanding(event);
    this.#tell("people", { left: [] });
    if (this.history.state === "failed") this.history.loadOlder();
    this.originals.retry();
    this.reading.opened();
    this.outbox.open();
    this.#questions.resume();
  }

  #hearPresence(event) {
    const { joined = [], faces = [] } = event;
    for (const person of [...joined, ...faces]) this.#learnFace(person);
    const movement = this.presence.apply(event);
    if (movement === "gap") return this.#subscription.resume();
    if (movement === "old") return;
    const { left = [] } = event;
    left.forEach((username) => this.typists.stopped(username));
    this.movements.add(movement, this.newest);
    this.#tell("people", { left });
    this.#tell("change");
  }

  #hearStanding({ role = this.role }) {
    if (role === this.role) return;
    this.role = role;
    this.#tell("standing");
  }

  #hearSettings({ archived = this.archived, posting = this.posting }) {
    if (archived === this.archived && posting === this.posting) return;
    this.archived = archived;
    this.posting = posting;
    this.#tell("standing");
  }

  #hearRead(seq) {
    this.reading.hear(seq);
    this.#tell("change");
  }

  /** An ack comes after the commit: from here on the message is history. */
  #hearAck(ack) {
    const entry = this.outbox.get(ack.client_id);
    if (!entry) return;
    this.#acknowledge(ack, entry);
    this.outbox.confirm(ack.client_id, ack);
  }

  #acknowledge({ client_id, id, seq, timestamp }, entry) {
    this.timeline.acknowledge({
      room: this.slug,
      id,
      seq,
      timestamp,
      client_id,
      username: this.#page.user.username,
      name: this.#page.user.name,
      message: entry.text,
      reply_to: entry.replyTo ?? null,
      attachments: entry.attachments ?? [],
      reactions: {},
      edited: null,
      deleted: false,
    });
  }

  #hearError(event) {
    if (event.client_id) this.outbox.refuse(event.client_id, event);
    else if (event.ref === SUBSCRIBE) this.#subscription.refuse(event) || this.#end(event);
    else this.#questions.hear(event);
  }

  #end(event) {
    this.closed();
    this.#questions.stop();
    this.isGone = true;
    this.outbox.refuseAll({ code: "gone", detail: gettext("You were not in the room any more.") });
    this.#tell("standing");
    this.#tell("gone", event);
  }

  // --- What the reader does ---

  post(text, replyTo = null, attachments = []) {
    this.reading.resume();
    return this.outbox.add(text, replyTo, attachments);
  }

  /**
   * @param {AbortSignal} [signal] see Questions.ask
   * @returns {Promise<import("./questions.js").Refusal | null>} as all of these
   */
  edit(id, text, signal) {
    return this.#questions.ask({ type: "message.edit", message_id: id, message: text }, signal);
  }

  delete(id) {
    return this.#questions.ask({ type: "message.delete", message_id: id });
  }

  /**
   * Adds one's reaction, or takes it back where it is there; or what waits for the line to do so.
   * @param {boolean} [isSure] that it is to be added
   */
  react(item, emoji, isSure = false) {
    const isSame = (command) => command.message_id === item.id && command.emoji === emoji;
    const waiting = this.#questions.waiting(isSame);
    if (waiting && !(isSure && waiting.type === "reaction.add")) this.#questions.withdraw(waiting);
    if (waiting) return Promise.resolve(null);
    const isThere = item.reactions.some((reaction) => reaction.emoji === emoji && reaction.mine);
    const type = isThere ? "reaction.remove" : "reaction.add";
    return this.#questions.ask({ type, message_id: item.id, emoji });
  }

  /** @returns {boolean} whether it could be told */
  markUnread(item) {
    const wasTold = this.reading.markUnread(item.seq);
    this.#tell("change");
    return wasTold;
  }

  tellTyping(type) {
    if (this.isLive) this.#send({ type, room: this.slug });
  }

  isMenuOf(item) {
    return item.kind === "message" && item.id !== undefined;
  }

  mayEdit(item) {
    return this.mayTouch(item) && item.mine && !this.whyClosed;
  }

  /** To react, or to change what was said. */
  mayTouch(item) {
    return this.isMenuOf(item) && !item.deleted && !this.archived;
  }

  /** Where something of others waits from there on: one's own is never unread. */
  mayMarkUnread(item) {
    const isOthers = !item.mine && !item.deleted;
    return this.isLive && this.isMenuOf(item) && (isOthers || this.countNews(item.seq) > 0);
  }

  mayDelete(item) {
    return this.isMenuOf(item) && !item.deleted && (item.mine || this.canModerate);
  }

  /** One's own last message that can be edited, unsent or not. @returns {object | null} an item */
  lastOwn() {
    const failed = this.outbox.failed.at(-1);
    if (failed) return this.#itemOfEntry(failed);
    const { messages } = this.timeline;
    const own = messages.findLast((message) => this.#isMine(message) && !message.deleted);
    return own ? this.itemOf(own) : null;
  }

  /** The stretch behind the read position. @returns {Promise<"shown"|"failed">} */
  async goToUnread() {
    const { divider } = this.reading;
    return divider === null ? "failed" : this.history.goBehind(divider);
  }

  /** Too much was missed to be replayed. */
  #startAfresh(tick) {
    this.movements.clear();
    this.history.restart(tick);
  }

  // --- What is drawn ---

  /** The part of what is shown between two indexes, as items to be drawn. */
  items(from, to) {
    const { messages } = this.history.shown;
    const lines = new Map(this.movements.lines.map((line) => [line.after, line]));
    const firstNew = this.firstUnread();
    const items = [];
    const addLine = (after) => lines.has(after) && items.push(movementItem(lines.get(after)));
    if (from === 0) addLine(0);
    for (const message of messages.slice(from, to)) {
      if (message === firstNew) items.push(DIVIDER);
      items.push(this.itemOf(message));
      addLine(message.seq);
    }
    if (to < messages.length || !this.history.isInPresent) return items;
    return [...items, ...this.outbox.entries.map((entry) => this.#itemOfEntry(entry))];
  }

  itemOf(message) {
    return this.#items.ofMessage(message, this.#originalOf(message.reply_to));
  }

  /** A message as those show it who answer it. @returns {import("./items.js").Quote} */
  quoteOf(id) {
    return this.#items.quote(id, this.#originalOf(id));
  }

  #itemOfEntry(entry) {
    return this.#items.ofEntry(entry, this.#originalOf(entry.replyTo));
  }

  #originalOf(id) {
    if (!id) return null;
    return this.history.get(id) ?? this.originals.get(id);
  }

  /** Above which "New" stands; null where that is nowhere, or not loaded. */
  firstUnread() {
    const { divider } = this.reading;
    const isOthers = (message) => !this.#isMine(message);
    return divider === null ? null : this.history.firstBehind(divider, isOthers);
  }

  /** How many messages wait behind "New", as far as this page knows. */
  get unread() {
    const { divider } = this.reading;
    if (divider === null) return 0;
    const news = this.countNews(divider);
    return divider + 1 >= this.timeline.floor ? news : Math.max(news, this.#page.room.unread);
  }

  /** What was marked unread, and what came since. @returns {{unread: number, mentions: number} | null} */
  get waiting() {
    if (!this.reading.isHeld) return null;
    return { unread: this.unread, mentions: this.countCalls(this.reading.position) };
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

  /** Among them, those that mention the reader. */
  countCalls(seq) {
    const calls = ({ seq: at, deleted, mentions = [] }) =>
      at > seq && !deleted && mentions.includes(this.username);
    return this.timeline.messages.filter(calls).length;
  }

  /** One's own message came back, from this page or from another tab of it. */
  #recognise(message) {
    this.#learnFace(message);
    if (this.#isMine(message) && message.client_id) {
      this.outbox.confirm(message.client_id, storedOf(message));
    }
  }

  #storedAs(clientId) {
    const isIt = (message) => message.client_id === clientId && this.#isMine(message);
    const message = this.timeline.messages.find(isIt);
    return message ? storedOf(message) : null;
  }

  #learnFace({ username, name, picture }) {
    this.#faces.set(username, { username, name, picture });
  }

  #isMine(message) {
    return message.username === this.#page.user.username;
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

const storedOf = ({ client_id, id, seq, timestamp }) => ({ client_id, id, seq, timestamp });
