import { readersDates } from "../dom/locale.js";
import { cloneTemplate, write } from "../dom/markup.js";
import { marked, MessageSearch, TYPING_MS } from "../model/message-search.js";
import { roomAddress } from "../model/room-list.js";
import { spoken } from "../model/text.js";
import { gettext, ngettext } from "../model/words.js";
import { fetchMessages } from "../net/requests.js";

const HEARD = ["input", "change", "keydown", "click", "submit"];

/** Finds what was said, here or in all rooms of the reader's, and leads there. */
export class MessageSearchDialog extends HTMLElement {
  #search = null;
  #setting = null;
  #timer = null;
  /** Enter was pressed twice, and the answer is on its way. */
  #isGoing = false;

  connectedCallback() {
    for (const type of HEARD) this.addEventListener(type, this);
    this.#dialog.addEventListener("close", () => this.#rest());
  }

  disconnectedCallback() {
    for (const type of HEARD) this.removeEventListener(type, this);
    this.#rest();
  }

  /**
   * Opens it with what was looked for last; where it is open, closes it.
   * @param {object} setting
   * @param {string} setting.address where the server searches
   * @param {string} setting.rooms the address of all rooms
   * @param {string} setting.room the one on this page
   * @param {string} setting.typed what is looked for now
   */
  toggle(setting) {
    if (this.#dialog.open) return this.#dialog.close();
    this.#setting = setting;
    this.#search ??= new MessageSearch({
      fetch: (query, signal) => fetchMessages(setting.address, query, fetch.bind(window), signal),
      onChange: () => this.#draw(),
    });
    this.#dialog.showModal();
    if (setting.typed) this.#field.value = setting.typed;
    else this.#field.select();
    // What was found before may not be all any more.
    this.#ask();
  }

  handleEvent(event) {
    if (event.type === "input" && event.target === this.#field) this.#typed(TYPING_MS);
    else if (event.type === "change" && event.target.name === "search-in") this.#typed(0);
    else if (event.type === "submit") this.#submitted(event);
    else if (event.type === "keydown") this.#pressed(event);
    else if (event.type === "click") this.#clicked(event);
  }

  // --- The reader ---

  #typed(pause) {
    this.#isGoing = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), pause);
  }

  /** What was found for these words is gone to, the newest of it. */
  #submitted(event) {
    event.preventDefault();
    clearTimeout(this.#timer);
    const { found, state, wanted, room } = this.#search;
    const isAsked = wanted === this.#field.value.trim() && room === this.#room;
    this.#isGoing = isAsked && state === "asking";
    if (isAsked && state === "found" && found.length) this.#list.querySelector("a").click();
    else if (!this.#isGoing) this.#ask();
  }

  #ask() {
    this.#search.search(this.#field.value, this.#room);
  }

  get #room() {
    const isHere = this.querySelector("[name=search-in]:checked").value === "room";
    return isHere ? this.#setting.room : "";
  }

  /** From the field down into what was found, and back up. */
  #pressed(event) {
    if (event.isComposing || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
    if (event.target.type === "radio") return;
    const stops = [this.#field, ...this.#list.querySelectorAll("a")];
    const place = stops.indexOf(event.target.closest("a, input"));
    const next = stops[place + (event.key === "ArrowDown" ? 1 : -1)];
    if (place < 0 || !next) return;
    event.preventDefault();
    next.focus();
  }

  #clicked({ target }) {
    const button = target.closest("button");
    if (button?.dataset.search === "more") this.#search.goOn();
    else if (button?.dataset.search === "again") this.#search.retry();
    else if (button || target.closest("a") || target === this.#dialog) this.#dialog.close();
    this.#goAgain(target.closest("a"));
  }

  /** The browser tells nobody where the address is the same as before. */
  #goAgain(link) {
    if (link?.href === location.href) dispatchEvent(new HashChangeEvent("hashchange"));
  }

  #rest() {
    clearTimeout(this.#timer);
    this.#search?.stop();
  }

  // --- Drawing ---

  #draw() {
    const { found, state, next } = this.#search;
    this.#list.replaceChildren(...found.map((message) => this.#hitFor(message)));
    this.#list.setAttribute("aria-busy", state === "asking");
    this.querySelector("[data-search=more]").hidden = next === null || state === "failed";
    this.querySelector("[data-search=again]").hidden = state !== "failed";
    write(this.querySelector(".search__words"), this.#words());
    if (!this.#isGoing || state !== "found") return;
    this.#isGoing = false;
    this.#list.querySelector("a")?.click();
  }

  #hitFor(message) {
    const there = this.#drawn.get(message);
    if (there) return there;
    const hit = drawHit(message, this.#search, this.#setting);
    this.#drawn.set(message, hit);
    return hit;
  }

  /** What is there stays: the focus may be in it. */
  #drawn = new WeakMap();

  #words() {
    const { found, state, next, isEnough } = this.#search;
    if (state === "failed") return gettext("The search did not get through.");
    if (state === "idle") return isEnough ? "" : gettext("Words or beginnings of words: a message has to have all of them.");
    if (state === "asking") return found.length ? "" : gettext("Searching…");
    if (!found.length) return gettext("No messages match these words.");
    if (next !== null) return gettext("The newest are on top.");
    return ngettext("%(count)s message", "%(count)s messages", found.length);
  }

  get #dialog() {
    return this.querySelector("dialog");
  }

  get #field() {
    return this.querySelector(".finder__field");
  }

  get #list() {
    return this.querySelector(".search__hits");
  }
}

function drawHit(message, { wanted, rooms, room }, setting) {
  const hit = cloneTemplate("search-hit");
  const link = hit.querySelector("a");
  const date = new Date(message.timestamp);
  const dates = readersDates();
  link.href = `${roomAddress(setting.rooms, message.room)}#message-${message.id}`;
  hit.querySelector("user-avatar").show(message);
  hit.querySelector(".search__author").textContent = message.name;
  hit.querySelector(".search__room").textContent = room ? "" : (rooms[message.room] ?? "");
  const time = hit.querySelector("time");
  time.dateTime = message.timestamp;
  time.textContent = `${dates.dayName(date, new Date())}, ${dates.time(date)}`;
  time.title = dates.full(date);
  const files = message.attachments.map(({ name }) => name).join(", ");
  const text = [spoken(message), files].filter(Boolean).join(" · ").replace(/\s+/gu, " ");
  hit.querySelector(".search__text").append(...marked(text, wanted).map(drawPiece));
  return hit;
}

function drawPiece({ text, isWanted }) {
  if (!isWanted) return text;
  const mark = document.createElement("mark");
  mark.textContent = text;
  return mark;
}
