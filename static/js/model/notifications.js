// What is worth telling somebody who looks elsewhere: the decisions, without a browser.

import { noticeKey } from "./kept.js";

/**
 * @typedef {object} News
 * @property {string} room @property {string} name
 * @property {number} count how much waits
 * @property {number} seq of the newest
 * @property {boolean} onlyCalls whether only mentions are told
 * @property {object | null} message the newest, where it is known
 */

/**
 * Listens to what the socket tells, before anybody else does, and tells of what is new.
 * Nothing is told of one's own messages, nor of what was read elsewhere while the line was down.
 */
export class NewsWatch {
  #parts;
  #read = 0;
  /** What came while the room caught up; told in one piece, once it is known what was read. */
  #held = [];

  /**
   * @param {object} parts
   * @param {string} parts.username the reader
   * @param {string} parts.current the room on this page
   * @param {import("./room-list.js").RoomList} parts.rooms as they were before the event
   * @param {() => boolean} parts.isLive whether the room has caught up
   * @param {() => number} parts.position up to where the room was read
   * @param {(news: News[]) => void} parts.onNews all that became known at once
   */
  constructor(parts) {
    this.#parts = parts;
  }

  hear(event) {
    this.#hearing[event.type]?.(event);
  }

  #hearing = {
    welcome: ({ rooms = [] }) => this.#hearWelcome(rooms),
    "room.activity": (event) => this.#tell([this.#newsOf(event)]),
    "message.posted": (event) => this.#hearMessage(event),
    "room.subscribed": (event) => this.#caughtUp(event),
  };

  #hearWelcome(rooms) {
    const { current } = this.#parts;
    this.#held = [];
    this.#read = rooms.find(({ room }) => room === current)?.read ?? 0;
    this.#tell(rooms.filter(({ room }) => room !== current).map((room) => this.#newsOf(room)));
  }

  /** By how much more waits than before; null where that is nothing to be told of. */
  #newsOf({ room, seq, unread, mentions }) {
    const { rooms } = this.#parts;
    const before = rooms.get(room);
    const level = rooms.levelOf(room);
    if (!before || level === "nothing") return null;
    const onlyCalls = level === "mentions";
    const count = onlyCalls ? mentions : unread;
    if (count <= (onlyCalls ? before.mentions : before.unread)) return null;
    return { room, name: before.name, count, seq, onlyCalls, message: null };
  }

  #hearMessage(message) {
    if (message.room !== this.#parts.current || !this.#isWanted(message)) return;
    if (this.#parts.isLive()) this.#tell([this.#newsHere([message])]);
    else this.#held.push(message);
  }

  #isWanted(message) {
    const { username, rooms, current } = this.#parts;
    const level = rooms.levelOf(current);
    if (level === "nothing" || message.username === username || message.kind === "system") return false;
    return level === "everything" || (message.mentions ?? []).includes(username);
  }

  #caughtUp({ room }) {
    if (room !== this.#parts.current) return;
    const read = Math.max(this.#read, this.#parts.position());
    const news = this.#held.filter(({ seq }) => seq > read);
    this.#held = [];
    if (news.length) this.#tell([this.#newsHere(news)]);
  }

  #newsHere(messages) {
    const { rooms, current } = this.#parts;
    const message = messages.at(-1);
    const onlyCalls = rooms.levelOf(current) === "mentions";
    const name = rooms.get(current)?.name ?? current;
    return { room: current, name, count: messages.length, seq: message.seq, onlyCalls, message };
  }

  #tell(found) {
    const news = found.filter(Boolean);
    if (news.length) this.#parts.onNews(news);
  }
}

/** The newest message that the news is about, among the newest of its room. */
export function subjectOf({ onlyCalls }, messages, username) {
  const isIt = (message) =>
    message.username !== username &&
    !message.deleted &&
    (!onlyCalls || (message.mentions ?? []).includes(username));
  return messages.findLast(isIt) ?? null;
}

/** What somebody chose for this browser, kept by account. */
export class NoticeChoice {
  #storage;
  #key;

  /** @param {Storage | null} storage null where the browser forbids it */
  constructor(storage, username) {
    this.#storage = storage;
    this.#key = noticeKey(username);
  }

  /** @returns {{desktop: boolean, sound: boolean}} */
  read() {
    try {
      const { desktop, sound } = JSON.parse(this.#storage.getItem(this.#key));
      return { desktop: desktop === true, sound: sound === true };
    } catch {
      return { desktop: false, sound: false };
    }
  }

  change(choice) {
    const next = { ...this.read(), ...choice };
    try {
      if (next.desktop || next.sound) this.#storage.setItem(this.#key, JSON.stringify(next));
      else this.#storage.removeItem(this.#key);
    } catch {
      // Full or forbidden: then it holds for this page.
    }
    return next;
  }
}
