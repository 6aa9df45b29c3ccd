import { attempt, bring, bringStyles, csrfToken, define, once } from "../dom/markup.js";
import { keyCaps } from "../model/keys.js";
import { gettext } from "../model/words.js";
import { sendJSON } from "../net/requests.js";
import { go, Guide, numbered } from "./live-page.js";

const STEPS = {
  nextUnread: { by: 1, isUnread: true },
  previousUnread: { by: -1, isUnread: true },
  next: { by: 1, isUnread: false },
  previous: { by: -1, isUnread: false },
};
const ON_PHONES = "(pointer: coarse), (width < 48rem)";

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
    const [[{ MessageSearchDialog }]] = await Promise.all([
      bring(import.meta, "./message-search.js", "../model/message-search.js"),
      bringStyles("search"),
    ]);
    const dialog = this.#guide.only("message-search", MessageSearchDialog, "search");
    const { search: address, rooms } = this.#parts.page.dataset;
    dialog.toggle({ address, rooms, room: this.#parts.room.slug });
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
    const isTold = document.hidden && this.#level !== "nothing";
    const seen = Math.max(since, room.reading.position);
    const news = isTold ? room.countNews(seen) : 0;
    const calls = isTold ? (this.#isDirect ? news : room.countCalls(seen)) : 0;
    document.title = numbered(beside.unread + news, `${name} – ChatApp`);
    this.#guide.showCalls(beside.calls + calls);
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
