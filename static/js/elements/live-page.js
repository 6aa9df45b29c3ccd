// What the page of a room and that of all rooms have in common: the line, the keys, and what waits
// elsewhere. What is needed on use only is loaded then.

import { attempt, bring, cloneTemplate, csrfToken, define, once } from "../dom/markup.js";
import { noticeKey } from "../model/kept.js";
import { askedBy, WRITING } from "../model/keys.js";
import { roomAddress } from "../model/room-list.js";
import { systemClock } from "../net/clock.js";
import { isAnother, versionOf } from "../net/protocol.js";
import { openConversation } from "../net/requests.js";
import { ChatSocket } from "../net/socket.js";

const REDIRECT_PAUSE_MS = 30_000;
const OTHER_DIALOGS = "dialog:modal:not(.switcher, .keys, .search)";

// --- The line

/** @param {string} path @param {object} listeners `onEvents`, `onState`: see ChatSocket */
export function makeSocket(path, listeners) {
  const address = new URL(path, location.href.replace(/^http/, "ws")).href;
  return new ChatSocket({ address, WebSocket, clock: systemClock, random: Math.random, ...listeners });
}

/** The line goes and comes with the page, and with what the browser knows of the network. */
export function keepLine(socket, signal) {
  const on = (target, type, act) => target.addEventListener(type, act, { signal });
  on(document, "visibilitychange", () => document.hidden || socket.wake());
  on(window, "online", () => socket.wake());
  on(window, "offline", () => socket.wake());
  on(window, "pagehide", () => socket.pause());
  on(window, "pageshow", ({ persisted }) => persisted && socket.start());
}

/**
 * Whether to lead to the sign-in by itself: once in a while only. Where signing in does not help,
 * it would go round for ever.
 */
export function maySignIn() {
  const storage = allowed("sessionStorage");
  const last = Number(storage?.getItem("signed-out-at") ?? 0);
  storage?.setItem("signed-out-at", String(Date.now()));
  return Boolean(storage) && Date.now() - last > REDIRECT_PAUSE_MS;
}

/** Null where the browser forbids it. */
export function allowed(name) {
  try {
    return window[name] ?? null;
  } catch {
    return null;
  }
}

// --- Another version

/**
 * Says that the server has another version of this page, and offers to load it: when, is for the
 * reader to say. It does not come on use like other parts, since by then what comes is of the other
 * version.
 */
class UpdateNotice {
  #region;
  #own = versionOf(import.meta.url);
  #served = "";
  #later = "";

  /** @param {HTMLElement} region where it appears @param {AbortSignal} signal the end */
  constructor(region, signal) {
    this.#region = region;
    region.addEventListener("click", (event) => this.#clicked(event), { signal });
  }

  /** @param {string} [served] the version that `welcome` told */
  compare(served = "") {
    this.#served = served;
    const isNeeded = isAnother(served, this.#own) && served !== this.#later;
    if (!isNeeded) this.#region.replaceChildren();
    else if (!this.#region.firstChild) this.#region.append(cloneTemplate("update"));
  }

  #clicked({ target }) {
    const answer = target.closest("button")?.dataset.update;
    if (answer === "reload") location.reload();
    else if (answer === "later") this.#putOff();
  }

  #putOff() {
    this.#later = this.#served;
    this.#region.replaceChildren();
    document.querySelector("main").focus({ preventScroll: true });
  }
}

// --- What is read and done beside

/** As it stands on the tab: how much waits, and where one is. */
export const numbered = (count, title) => (count ? `(${count}) ${title}` : title);

/** From what the back button closes, without a step that leads back into it. */
export function go(address) {
  if (history.state?.isOpen) location.replace(address);
  else location.assign(address);
}

export class Guide {
  isMac = /^(Mac|iP)/.test(navigator.platform);
  #parts;
  #update;
  #calls = 0;
  #notifier = null;
  #levels = null;
  #RoomSwitcher = null;

  /**
   * @param {object} parts
   * @param {HTMLElement} parts.page with the addresses `rooms` and `people`
   * @param {string} parts.username the reader's
   * @param {string} parts.current the room on this page; empty where there is none
   * @param {import("../model/room-list.js").RoomList} parts.rooms
   * @param {Object<string, () => void>} parts.does what a key or a button asks for, beside
   *   "switch" and "keys"
   * @param {(key: object) => boolean} parts.works the keys of this page
   * @param {object} parts.watch how the room on this page is read: see NewsWatch
   * @param {(id: number) => void} parts.goTo a message of this page
   * @param {(words: string) => void} parts.complain where this page tells of trouble
   * @param {Storage | null} parts.storage
   * @param {AbortSignal} parts.signal the end
   */
  constructor(parts) {
    this.#parts = parts;
    Object.assign(this.#does, parts.does);
    this.#update = new UpdateNotice(parts.page.querySelector(".update"), parts.signal);
  }

  start() {
    const { page, signal } = this.#parts;
    addEventListener("keydown", (event) => this.#pressed(event), { signal });
    page.addEventListener("click", (event) => this.#clicked(event), { signal });
    addEventListener("storage", () => this.#watchIfWanted(), { signal });
    this.#hearLevels();
    this.#watchIfWanted();
  }

  /** Before anybody else: what is news is seen by what was known before. */
  hear(event) {
    this.#notifier?.hear(event);
    if (event.type === "welcome") this.#welcomed(event);
  }

  /** The line is there: what could not be loaded without it is asked for again. */
  #welcomed({ version }) {
    this.#update.compare(version);
    this.#watchIfWanted();
  }

  /** What was read elsewhere needs no notice any more. */
  roomsChanged() {
    const { rooms, current } = this.#parts;
    this.#notifier?.forget((room) => room !== current && !rooms.get(room)?.unread);
  }

  // --- Keys ---

  #does = {
    switch: () => this.#switch(),
    keys: () => this.#openKeys(),
  };

  #pressed(event) {
    if (event.defaultPrevented || document.querySelector(OTHER_DIALOGS)) return;
    const isWriting = event.target.matches?.(WRITING) ?? false;
    const does = this.#does[askedBy(event, { isMac: this.isMac, isWriting })];
    if (!does) return;
    event.preventDefault();
    this.#do(does);
  }

  #clicked({ target }) {
    const asked = target.closest("[data-guide]")?.dataset.guide;
    if (asked) this.#do(this.#does[asked]);
  }

  #do(does) {
    attempt(does, this.#parts.complain);
  }

  async #openKeys() {
    const [{ KeysDialog }] = await bring(import.meta, "./keys-dialog.js");
    this.only("keys-dialog", KeysDialog, "keys").toggle(this.isMac, this.#parts.works);
  }

  /** The one of its kind on the page, put there for the first use. */
  only(name, kind, template) {
    define(name, kind);
    return document.querySelector(name) ?? this.#parts.page.appendChild(cloneTemplate(template));
  }

  // --- Ways to others ---

  async #switch() {
    // Once it is there it opens at once: whoever goes on typing types into it.
    this.#RoomSwitcher ??= await bringSwitcher();
    const { page, username, rooms, current } = this.#parts;
    this.only("room-switcher", this.#RoomSwitcher, "switcher").toggle({
      own: rooms.choices(current),
      username,
      addresses: page.dataset,
      go: (room) => go(roomAddress(page.dataset.rooms, room)),
      write: (username) => this.write(username),
    });
  }

  /** To somebody, between the two. Raises RequestError. */
  async write(username) {
    const { rooms } = this.#parts.page.dataset;
    const { room } = await openConversation(rooms, [username], csrfToken(), fetch.bind(window));
    go(roomAddress(rooms, room));
  }

  // --- What waits ---

  /** On the icon: how often the reader was called. */
  async showCalls(count) {
    if (count === this.#calls) return;
    this.#calls = count;
    try {
      const [{ setBadge }] = await bring(import.meta, "../dom/badge.js");
      setBadge(this.#calls);
    } catch {
      // The line is away: the next number is tried again.
    }
  }

  // --- Of what one is told ---

  #hearLevels() {
    const { username, rooms, signal } = this.#parts;
    if (!window.BroadcastChannel) return;
    this.#levels = new BroadcastChannel(`levels:${username}`);
    this.#levels.onmessage = ({ data }) => rooms.choose(data.room, data.level);
    signal.addEventListener("abort", () => this.#levels.close());
  }

  /** The other tabs. */
  tellLevel(room, level) {
    this.#levels?.postMessage({ room, level });
  }

  /** Also when it is chosen in another tab. */
  #watchIfWanted() {
    const { storage, username } = this.#parts;
    if (!this.#notifier && storage?.getItem(noticeKey(username))) this.watchNews().catch(() => {});
  }

  /** @returns {Promise<import("../dom/notifier.js").Notifier>} with what it takes to tell of news */
  watchNews = once(async () => {
    const [{ Notifier }, { NewsWatch, NoticeChoice, subjectOf }] = await bring(
      import.meta,
      "../dom/notifier.js",
      "../model/notifications.js",
    );
    const { page, username, current, rooms, watch, goTo, storage, signal } = this.#parts;
    const news = { username, current, rooms, ...watch };
    this.#notifier = new Notifier({
      username,
      room: current,
      rooms: new URL(page.dataset.rooms, location.href).href,
      choice: new NoticeChoice(storage, username),
      watch: (onNews) => new NewsWatch({ ...news, onNews }),
      subjectOf,
      goTo,
      go,
      signal,
    });
    return this.#notifier;
  });
}

async function bringSwitcher() {
  const [{ RoomSwitcher }] = await bring(import.meta, "./room-switcher.js", "../model/switcher.js");
  return RoomSwitcher;
}
