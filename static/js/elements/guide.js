// What leads elsewhere, and what waits there, on the pages that stay connected: that of a room and
// that of all rooms. What is needed on use only is loaded then.

import { HeldKeys, WayToRoom } from "../dom/held-keys.js";
import { attempt, bring, bringStyles, cloneTemplate, csrfToken, define, once } from "../dom/markup.js";
import { Drafts, noticeKey } from "../model/kept.js";
import { askedBy, keyCaps, WRITING } from "../model/keys.js";
import { roomAddress } from "../model/room-list.js";
import { gettext } from "../model/words.js";
import { isAnother, versionOf } from "../net/protocol.js";
import { openConversation, sendJSON } from "../net/requests.js";

const OTHER_DIALOGS = "dialog:modal:not(.switcher, .keys, .search)";
const STEPS = {
  nextUnread: { by: 1, isUnread: true },
  previousUnread: { by: -1, isUnread: true },
  next: { by: 1, isUnread: false },
  previous: { by: -1, isUnread: false },
};
const NOTHING = { unread: 0, mentions: 0 };
const ON_PHONES = "(pointer: coarse), (width < 48rem)";

/** As it stands on the tab: how much waits, and where one is. */
export const numbered = (count, title) => (count ? `(${count}) ${title}` : title);

/** From what the back button closes, without a step that leads back into it. */
function go(address) {
  if (history.state?.isOpen) location.replace(address);
  else location.assign(address);
}

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

/** What both pages have. */
export class Guide {
  isMac = /^(Mac|iP)/.test(navigator.platform);
  #parts;
  #update;
  #calls = 0;
  #notifier = null;
  #levels = null;
  #RoomSwitcher = null;
  #drafts;
  #isBringing = false;

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
   * @param {() => void} parts.showDrafts one was written for another room
   * @param {Storage | null} parts.storage
   * @param {AbortSignal} parts.signal the end
   */
  constructor(parts) {
    this.#parts = parts;
    Object.assign(this.#does, parts.does);
    this.#update = new UpdateNotice(parts.page.querySelector(".update"), parts.signal);
    this.#drafts = new Drafts(parts.storage, parts.username);
  }

  start() {
    const { page, signal } = this.#parts;
    addEventListener("keydown", (event) => this.#pressed(event), { signal });
    page.addEventListener("click", (event) => this.#clicked(event), { signal });
    addEventListener("storage", () => this.#watchIfWanted(), { signal });
    new WayToRoom({
      rooms: page.dataset.rooms,
      carry: (room, text) => this.#carry(room, text),
      signal,
    });
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
    const [[{ KeysDialog }]] = await Promise.all([
      bring(import.meta, "./keys-dialog.js", "../model/key-help.js"),
      bringStyles("keys"),
    ]);
    this.only("keys-dialog", KeysDialog, "keys").toggle(this.isMac, this.#parts.works);
  }

  /** The one of its kind on the page, put there for the first use. */
  only(name, kind, template) {
    define(name, kind);
    return document.querySelector(name) ?? this.#parts.page.appendChild(cloneTemplate(template));
  }

  // --- Ways to others ---

  /** In the list of rooms it is seen that something waits there. */
  #carry(room, text) {
    this.#drafts.append(room, text);
    this.#parts.showDrafts();
  }

  /**
   * Whoever goes on typing types into what is brought.
   * @param {() => Promise<void>} act brings it
   * @returns {Promise<string | null>} what was typed; null where it is being brought already
   */
  async whileTyping(act) {
    if (this.#isBringing) return null;
    const keys = new HeldKeys();
    this.#isBringing = true;
    keys.begin();
    let typed = "";
    try {
      await act();
    } finally {
      this.#isBringing = false;
      typed = keys.end();
    }
    return typed;
  }

  async #switch() {
    const typed = await this.whileTyping(async () => {
      this.#RoomSwitcher ??= await bringSwitcher();
    });
    if (typed === null) return;
    const { page, username, rooms, current } = this.#parts;
    this.only("room-switcher", this.#RoomSwitcher, "switcher").toggle({
      own: rooms.choices(current),
      typed,
      username,
      addresses: page.dataset,
      go: (room) => go(roomAddress(page.dataset.rooms, room)),
      write: (username, meanwhile) => this.write(username, meanwhile),
    });
  }

  /**
   * To somebody, between the two. Raises RequestError.
   * @param {{typed: () => string, isWanted: () => boolean}} [meanwhile] what is for them already;
   *   and whether one still wants to go there
   */
  async write(username, { typed, isWanted } = { typed: () => "", isWanted: () => true }) {
    const { rooms } = this.#parts.page.dataset;
    const { room } = await openConversation(rooms, [username], csrfToken(), fetch.bind(window));
    if (typed()) this.#carry(room, typed());
    if (isWanted()) go(roomAddress(rooms, room));
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
  const [[{ RoomSwitcher }]] = await Promise.all([
    bring(import.meta, "./room-switcher.js", "../model/switcher.js"),
    bringStyles("finder"),
  ]);
  return RoomSwitcher;
}

/** What the room's own page has beside what every page has: its list of rooms, its level, its news. */
export class RoomGuide {
  #parts;
  #guide;

  /**
   * @param {object} parts
   * @param {HTMLElement} parts.page
   * @param {object} parts.start what the server put into the document
   * @param {import("../model/room-list.js").RoomList} parts.rooms
   * @param {import("../model/room.js").Room} parts.room the one on this page
   * @param {Storage | null} parts.storage
   * @param {(words: string) => void} parts.remark
   * @param {(words: string) => void} parts.complain
   * @param {(id: number) => void} parts.goTo a message of this room
   * @param {AbortSignal} parts.signal the end
   */
  constructor(parts) {
    this.#parts = parts;
    const { page, start, rooms, room, storage, goTo, complain, signal } = parts;
    const steps = Object.entries(STEPS).map(([name, step]) => [name, () => this.#step(step)]);
    this.#guide = new Guide({
      page,
      username: start.user.username,
      current: room.slug,
      rooms,
      does: { search: () => this.#search(), ...Object.fromEntries(steps) },
      watch: { isLive: () => room.isLive, position: () => room.reading.position },
      goTo,
      complain,
      showDrafts: () => page.querySelector("room-list").showDrafts(),
      storage,
      signal,
    });
  }

  start() {
    this.#guide.start();
    this.#listenForLevels();
    this.#showKeys();
    this.#showLevel();
    this.#fitIfPhone();
  }

  hear(event) {
    this.#guide.hear(event);
    if (event.type === "welcome") this.#fitIfPhone();
  }

  roomsChanged() {
    this.#guide.roomsChanged();
    this.#showLevel();
  }

  write(username) {
    return this.#guide.write(username);
  }

  /** The switcher's key stands on its button. */
  #showKeys() {
    const { isMac } = this.#guide;
    const place = this.#parts.page.querySelector(".sidebar__switch-keys");
    place.textContent = keyCaps("Mod+K", isMac).join(isMac ? "" : " ");
  }

  async #search() {
    let MessageSearchDialog;
    const typed = await this.#guide.whileTyping(async () => {
      [[{ MessageSearchDialog }]] = await Promise.all([
        bring(import.meta, "./message-search.js", "../model/message-search.js"),
        bringStyles("finder"),
        bringStyles("search"),
      ]);
    });
    if (typed === null) return;
    const dialog = this.#guide.only("message-search", MessageSearchDialog, "search");
    const { search: address, rooms } = this.#parts.page.dataset;
    dialog.toggle({ address, rooms, room: this.#parts.room.slug, typed });
  }

  /** In the order of the sidebar, and round again at its end. */
  #step({ by, isUnread }) {
    const { page, remark } = this.#parts;
    const address = page.querySelector("room-list").beside(by, isUnread);
    if (address) go(address);
    else if (isUnread) remark(gettext("Nothing is unread in other rooms."));
    else remark(gettext("There is no other room."));
  }

  // --- What waits ---

  /** @param {string} name of the room @param {number} since the seq that was seen, while hidden */
  showTitle(name, since) {
    const { rooms, room } = this.#parts;
    const beside = rooms.waitingBeside(room.slug);
    const { unread: news, mentions } = this.#level === "nothing" ? NOTHING : this.#waitingHere(since);
    const calls = this.#isDirect ? news : mentions;
    document.title = numbered(beside.unread + news, `${name} – ChatApp`);
    this.#guide.showCalls(beside.calls + calls);
  }

  /** While the page is hidden, what came; or what was marked unread. */
  #waitingHere(since) {
    const { room } = this.#parts;
    if (room.waiting) return room.waiting;
    if (!document.hidden) return NOTHING;
    const seen = Math.max(since, room.reading.position);
    return { unread: room.countNews(seen), mentions: room.countCalls(seen) };
  }

  // --- Of what one is told ---

  get #level() {
    const { rooms, start } = this.#parts;
    return rooms.levelOf(start.room.room, start.room.kind);
  }

  get #isDirect() {
    return this.#parts.start.room.kind === "direct";
  }

  #showLevel() {
    const level = this.#level;
    const button = this.#parts.page.querySelector(".notify-button");
    button.dataset.level = level;
    for (const input of this.#menu.querySelectorAll("[name=notify-level]")) {
      input.checked = input.value === level;
    }
  }

  #listenForLevels() {
    const { signal } = this.#parts;
    this.#menu.addEventListener("change", (event) => this.#changed(event.target), { signal });
    this.#menu.addEventListener("beforetoggle", (event) => this.#toggled(event), { signal });
  }

  #toggled({ newState }) {
    if (newState === "open") attempt(() => this.#openMenu(), this.#parts.complain);
  }

  #changed(input) {
    if (input.name === "notify-level") this.#tellLevel(input.value);
  }

  async #tellLevel(level) {
    const { rooms, room, start, remark } = this.#parts;
    const before = this.#level;
    rooms.choose(room.slug, level);
    try {
      await sendJSON(start.urls.notify, { level }, csrfToken(), fetch.bind(window));
      this.#guide.tellLevel(room.slug, level);
    } catch {
      rooms.choose(room.slug, before);
      remark(gettext("That could not be saved. Try again in a moment."));
    }
  }

  async #openMenu() {
    const [{ NotifyMenu }] = await bring(import.meta, "./notify-menu.js");
    define("notify-menu", NotifyMenu);
    this.#menu.prepare(await this.#guide.watchNews());
  }

  get #menu() {
    return this.#parts.page.querySelector("notify-menu");
  }

  // --- Phones ---

  /** Where the line is away, with the next welcome. */
  #fitIfPhone() {
    if (matchMedia(ON_PHONES).matches) this.#fitPhone().catch(() => {});
  }

  #fitPhone = once(async () => {
    const [{ closeByBack, openByLongPress }] = await bring(import.meta, "../dom/phone.js");
    const { page, signal } = this.#parts;
    closeByBack(signal);
    openByLongPress(page.querySelector("message-list"), signal);
  });
}
