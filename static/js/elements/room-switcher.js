import { cloneTemplate, write } from "../dom/markup.js";
import { gettext, ngettext } from "../model/words.js";
import { fetchRooms } from "../net/requests.js";
import { showWaiting } from "./room-list.js";

const TYPING_MS = 150;
const HEARD = ["input", "keydown", "click", "pointermove"];
const MOVES = {
  ArrowDown: (place, count) => (place + 1) % count,
  ArrowUp: (place, count) => (place - 1 + count) % count,
  PageDown: (place, count) => Math.min(place + 8, count - 1),
  PageUp: (place) => Math.max(place - 8, 0),
};

/**
 * Goes to another room by a few letters of its name. A field with a list under it: the focus stays
 * in the field, the arrow keys move a mark in the list.
 */
export class RoomSwitcher extends HTMLElement {
  #own = [];
  #found = [];
  #address = "";
  #go = null;
  #rank = null;
  #shown = [];
  #place = 0;
  #asking = null;
  #timer = null;

  connectedCallback() {
    for (const type of HEARD) this.addEventListener(type, this);
    this.#dialog.addEventListener("close", () => this.#stopAsking());
  }

  disconnectedCallback() {
    for (const type of HEARD) this.removeEventListener(type, this);
    this.#stopAsking();
  }

  /**
   * Opens it; where it is open, closes it.
   * @param {object} setting
   * @param {import("../model/switcher.js").Choice[]} setting.own
   * @param {string} setting.address where the server finds others
   * @param {(room: string) => void} setting.go
   */
  async toggle({ own, address, go }) {
    if (this.#dialog.open) return this.#dialog.close();
    Object.assign(this.#field, { value: "" });
    this.#own = own;
    this.#found = [];
    this.#address = address;
    this.#go = go;
    this.#dialog.showModal();
    this.#field.focus();
    this.#rank ??= (await import("../model/switcher.js")).rank;
    this.#ask();
    this.#draw();
  }

  handleEvent(event) {
    if (event.type === "input") this.#typed();
    else if (event.type === "keydown") this.#pressed(event);
    else if (event.type === "click") this.#clicked(event);
    else this.#point(event);
  }

  // --- The reader ---

  #typed() {
    this.#place = 0;
    this.#draw();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), TYPING_MS);
  }

  #pressed(event) {
    if (event.isComposing) return;
    const isChosen = event.key === "Enter" && event.target === this.#field;
    if (isChosen) return this.#choose(event, this.#place);
    const move = MOVES[event.key];
    if (!move || !this.#shown.length) return;
    event.preventDefault();
    this.#mark(move(this.#place, this.#shown.length));
  }

  #clicked(event) {
    const option = event.target.closest("[role=option]");
    if (option) this.#choose(event, this.#options.indexOf(option));
    else if (event.target.closest(".switcher__close") || isOutside(event)) this.#dialog.close();
  }

  /** The mark follows the mouse when that moves, not when the list moves under it. */
  #point({ target, movementX, movementY }) {
    const option = target.closest("[role=option]");
    if (option && (movementX || movementY)) this.#mark(this.#options.indexOf(option), false);
  }

  #choose(event, place) {
    event.preventDefault();
    const choice = this.#shown[place];
    if (!choice) return;
    if (choice.isCurrent) this.#dialog.close();
    else this.#go(choice.room);
  }

  // --- The server ---

  async #ask() {
    this.#stopAsking();
    const asking = (this.#asking = new AbortController());
    try {
      const { signal } = asking;
      const { rooms } = await fetchRooms(this.#address, this.#wanted, fetch.bind(window), signal);
      this.#found = rooms.map((room) => ({ ...room, isOwn: false, isCurrent: false }));
      this.#draw();
    } catch {
      // One's own rooms are there without the server.
    } finally {
      if (this.#asking === asking) this.#asking = null;
      if (!asking.signal.aborted) this.#say();
    }
  }

  #stopAsking() {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    this.#asking = null;
  }

  get #wanted() {
    return this.#field.value.trim();
  }

  // --- Drawing ---

  #draw() {
    if (!this.#rank) return;
    const marked = this.#shown[this.#place]?.room;
    this.#shown = this.#rank(this.#own, this.#found, this.#wanted);
    this.#list.replaceChildren(...this.#shown.map(drawOption));
    const place = this.#place && this.#shown.findIndex(({ room }) => room === marked);
    this.#mark(Math.max(0, place));
    this.#say();
  }

  #mark(place, isScrolling = true) {
    this.#options[this.#place]?.setAttribute("aria-selected", "false");
    this.#place = place;
    const option = this.#options[place];
    if (!option) return this.#field.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    this.#field.setAttribute("aria-activedescendant", option.id);
    if (isScrolling) option.scrollIntoView({ block: "nearest" });
  }

  #say() {
    const count = this.#shown.length;
    const isNothing = !count && !this.#asking && this.#rank;
    const words = this.querySelector(".switcher__words");
    words.classList.toggle("visually-hidden", !isNothing);
    if (count) write(words, ngettext("%(count)s room", "%(count)s rooms", count));
    else write(words, isNothing ? gettext("No room of that name.") : "");
  }

  get #dialog() {
    return this.querySelector("dialog");
  }

  get #field() {
    return this.querySelector("input");
  }

  get #list() {
    return this.querySelector("[role=listbox]");
  }

  get #options() {
    return [...this.#list.children];
  }
}

/** @param {import("../model/switcher.js").Choice} choice */
function drawOption(choice, place) {
  const option = cloneTemplate("switcher-option");
  option.id = `switcher-option-${place}`;
  option.querySelector(".switcher__name").textContent = choice.name;
  option.querySelector(".switcher__topic").textContent = choice.topic ?? "";
  const picture = option.querySelector("use");
  const icon = choice.kind === "private" ? "lock" : choice.kind === "direct" ? "user" : "hash";
  picture.setAttribute("href", `${picture.getAttribute("href").split("#")[0]}#${icon}`);
  const { kind, unread = 0, calls = 0 } = choice;
  option.classList.toggle("switcher__option--unread", unread > 0);
  const waiting = unread ? { kind, unread, mentions: calls } : null;
  showWaiting(option.querySelector(".room-link__unread"), waiting);
  const note = option.querySelector(".switcher__note");
  note.hidden = choice.isOwn && !choice.isCurrent;
  note.textContent = choice.isCurrent ? gettext("You are here") : gettext("Not entered yet");
  return option;
}

/** A click on the backdrop is one on the dialog itself. */
const isOutside = ({ target }) => target.localName === "dialog";
