import { bringStyles, cloneTemplate, csrfToken, define, once } from "../dom/markup.js";
import { askedBy, keyCaps, WRITING } from "../model/keys.js";
import { callsOf, roomAddress } from "../model/room-list.js";
import { gettext } from "../model/words.js";
import { sendJSON } from "../net/requests.js";

const OTHER_DIALOGS = "dialog:modal:not(.switcher, .keys, .search)";
const STEPS = {
  nextUnread: { by: 1, isUnread: true },
  previousUnread: { by: -1, isUnread: true },
  next: { by: 1, isUnread: false },
  previous: { by: -1, isUnread: false },
};
const ON_PHONES = "(pointer: coarse), (width < 48rem)";

/**
 * Leads around: keys, the way to other rooms, what waits there, and of what one is told. What is
 * needed on use only is loaded then.
 */
export class RoomGuide {
  #parts;
  #isMac = /^(Mac|iP)/.test(navigator.platform);
  #levels = null;
  #watch = null;
  #notifier = null;
  #setBadge = null;
  #calls = 0;
  #RoomSwitcher = null;

  /**
   * @param {object} parts
   * @param {HTMLElement} parts.page
   * @param {object} parts.start what the server put into the document
   * @param {import("../model/room-list.js").RoomList} parts.rooms
   * @param {import("../model/room.js").Room} parts.room the one on this page
   * @param {Storage | null} parts.storage
   * @param {(words: string) => void} parts.remark
   * @param {(id: number) => void} parts.goTo a message of this room
   * @param {AbortSignal} parts.signal the end
   */
  constructor(parts) {
    this.#parts = parts;
  }

  start() {
    const { page, signal } = this.#parts;
    addEventListener("keydown", (event) => this.#pressed(event), { signal });
    page.addEventListener("click", (event) => this.#clicked(event), { signal });
    this.#listenForLevels();
    this.#showKeys();
    this.#showLevel();
    this.#fitPhone();
    if (this.#parts.storage?.getItem(`notices:${this.#username}`)) this.#watchNews();
  }

  /** Before anybody else: what is news is seen by what was known before. */
  hear(event) {
    this.#watch?.hear(event);
  }

  /** What was read elsewhere needs no notice any more. */
  roomsChanged() {
    const { rooms, room } = this.#parts;
    this.#notifier?.forget((slug) => slug !== room.slug && !rooms.get(slug)?.unread);
  }

  // --- Keys ---

  #pressed(event) {
    if (event.defaultPrevented || document.querySelector(OTHER_DIALOGS)) return;
    const isWriting = event.target.matches?.(WRITING) ?? false;
    const asked = askedBy(event, { isMac: this.#isMac, isWriting });
    if (!asked) return;
    event.preventDefault();
    this.#do(asked);
  }

  #clicked({ target }) {
    const asked = target.closest("[data-guide]")?.dataset.guide;
    if (asked) this.#do(asked);
  }

  #do(asked) {
    if (asked === "switch") this.#switch();
    else if (asked === "search") this.#search();
    else if (asked === "keys") this.#openKeys();
    else this.#step(STEPS[asked]);
  }

  /** The switcher's key stands on its button. */
  #showKeys() {
    const place = this.#parts.page.querySelector(".sidebar__switch-keys");
    place.textContent = keyCaps("Mod+K", this.#isMac).join(this.#isMac ? "" : " ");
  }

  async #openKeys() {
    const { KeysDialog } = await import("./keys-dialog.js");
    const dialog = this.#only("keys-dialog", KeysDialog, "keys");
    dialog.toggle(this.#isMac);
  }

  async #search() {
    const [{ MessageSearchDialog }] = await Promise.all([
      import("./message-search.js"),
      import("../model/message-search.js"),
      bringStyles("search"),
    ]);
    const dialog = this.#only("message-search", MessageSearchDialog, "search");
    const { search: address, rooms } = this.#parts.page.dataset;
    dialog.toggle({ address, rooms, room: this.#parts.room.slug });
  }

  // --- Ways to other rooms ---

  async #switch() {
    // Once it is there it opens at once: whoever goes on typing types into it.
    this.#RoomSwitcher ??= (await import("./room-switcher.js")).RoomSwitcher;
    const switcher = this.#only("room-switcher", this.#RoomSwitcher, "switcher");
    switcher.toggle({
      own: this.#choices(),
      address: this.#parts.page.dataset.rooms,
      go: (room) => go(roomAddress(this.#parts.page.dataset.rooms, room)),
    });
  }

  #choices() {
    const { rooms } = this.#parts;
    const isQuiet = ({ room }) => rooms.levelOf(room) === "nothing";
    return rooms.rooms.map((room) => ({
      ...room,
      unread: isQuiet(room) ? 0 : room.unread,
      calls: isQuiet(room) ? 0 : callsOf(room),
      isOwn: true,
      isCurrent: room.room === this.#parts.room.slug,
    }));
  }

  /** In the order of the sidebar, and round again at its end. */
  #step({ by, isUnread }) {
    const { page, remark } = this.#parts;
    const address = page.querySelector("room-list").beside(by, isUnread);
    if (address) go(address);
    else if (isUnread) remark(gettext("Nothing is unread in other rooms."));
    else remark(gettext("There is no other room."));
  }

  /** The one of its kind on the page, put there for the first use. */
  #only(name, kind, template) {
    define(name, kind);
    return document.querySelector(name) ?? this.#parts.page.appendChild(cloneTemplate(template));
  }

  // --- What waits ---

  /** @param {string} name of the room @param {number} since the seq that was seen, while hidden */
  showTitle(name, since) {
    const { rooms, room } = this.#parts;
    const beside = rooms.waitingBeside(room.slug);
    const isTold = document.hidden && this.#level !== "nothing";
    const seen = Math.max(since, room.reading.position);
    const news = isTold ? room.countNews(seen) : 0;
    const calls = isTold ? (this.#isDirect ? news : room.countCalls(seen)) : 0;
    const count = beside.unread + news;
    document.title = `${count ? `(${count}) ` : ""}${name} – ChatApp`;
    this.#showCalls(beside.calls + calls);
  }

  async #showCalls(count) {
    if (count === this.#calls) return;
    this.#calls = count;
    this.#setBadge ??= (await import("../dom/badge.js")).setBadge;
    this.#setBadge(this.#calls);
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
    this.#menu.addEventListener("beforetoggle", () => this.#openMenu(), { signal });
    if (!window.BroadcastChannel) return;
    this.#levels = new BroadcastChannel(`levels:${this.#username}`);
    this.#levels.onmessage = ({ data }) => this.#choose(data.room, data.level);
    signal.addEventListener("abort", () => this.#levels.close());
  }

  #changed(input) {
    if (input.name === "notify-level") this.#tellLevel(input.value);
  }

  async #tellLevel(level) {
    const { room, start, remark } = this.#parts;
    const before = this.#level;
    this.#choose(room.slug, level);
    try {
      await sendJSON(start.urls.notify, { level }, csrfToken(), fetch.bind(window));
      this.#levels?.postMessage({ room: room.slug, level });
    } catch {
      this.#choose(room.slug, before);
      remark(gettext("That could not be saved. Try again in a moment."));
    }
  }

  #choose(room, level) {
    this.#parts.rooms.choose(room, level);
    this.#showLevel();
  }

  async #openMenu() {
    const { NotifyMenu } = await import("./notify-menu.js");
    define("notify-menu", NotifyMenu);
    this.#menu.prepare(await this.#watchNews());
  }

  /** @returns {Promise<import("../dom/notifier.js").Notifier>} with what it takes to tell of news */
  #watchNews = once(() => this.#startWatching());

  async #startWatching() {
    const { NewsWatch, NoticeChoice, subjectOf } = await import("../model/notifications.js");
    const { Notifier } = await import("../dom/notifier.js");
    const { rooms, room, storage, goTo, page, signal } = this.#parts;
    this.#notifier = new Notifier({
      username: this.#username,
      room: room.slug,
      rooms: new URL(page.dataset.rooms, location.href).href,
      choice: new NoticeChoice(storage, this.#username),
      subjectOf,
      goTo,
      go,
      signal,
    });
    this.#watch = new NewsWatch({
      username: this.#username,
      current: room.slug,
      rooms,
      isLive: () => room.isLive,
      position: () => room.reading.position,
      onNews: (news) => this.#notifier.tell(news),
    });
    return this.#notifier;
  }

  get #username() {
    return this.#parts.start.user.username;
  }

  get #menu() {
    return this.#parts.page.querySelector("notify-menu");
  }

  // --- Phones ---

  async #fitPhone() {
    if (!matchMedia(ON_PHONES).matches) return;
    const { closeByBack, openByLongPress } = await import("../dom/phone.js");
    const { page, signal } = this.#parts;
    closeByBack(signal);
    openByLongPress(page.querySelector("message-list"), signal);
  }
}

/** From what the back button closes, without a step that leads back into it. */
function go(address) {
  if (history.state?.isOpen) location.replace(address);
  else location.assign(address);
}
