import { bringStyles, cloneTemplate, write } from "../dom/markup.js";
import { fetchEmojiBook, groupName, toneName } from "../model/emoji.js";
import { EmojiMemory, TONES } from "../model/kept.js";
import { ngettext } from "../model/words.js";
import { placeBeside } from "./message-menu.js";

const RECENT = "recent";
const HAND = "✋";
const SIGNS = {
  recent: "🕘",
  "smileys-emotion": "😀",
  "people-body": "👋",
  "animals-nature": "🐻",
  "food-drink": "🍔",
  "travel-places": "🚗",
  activities: "⚽",
  objects: "💡",
  symbols: "💟",
  flags: "🚩",
};
const MOST_FOUND = 120;
/** Below this it lies at the foot of the window (picker.css). */
const NARROW = "(width < 30rem)";
const HEARD = ["click", "input", "change", "keydown", "focusin", "pointerover", "toggle"];

/** Emoji by groups, with a search; those used last on top. One stop for Tab, then the arrow keys. */
export class EmojiPicker extends HTMLElement {
  #book = null;
  #memory = null;
  #anchor = null;
  #answer = null;
  /** Which emoji a button stands for. */
  #emoji = new WeakMap();
  #touch = matchMedia("(pointer: coarse)");

  connectedCallback() {
    for (const type of HEARD) this.addEventListener(type, this);
    this.#scroller.addEventListener("scroll", this, { passive: true });
    addEventListener("resize", this);
  }

  disconnectedCallback() {
    removeEventListener("resize", this);
  }

  /** @param {Storage | null} storage @param {string} username */
  async prepare({ storage, username }) {
    this.#memory = new EmojiMemory(storage, username);
    const [book] = await Promise.all([fetchEmojiBook(fetch.bind(window)), bringStyles("picker")]);
    this.#book = book;
    this.#drawGroups();
    this.#drawTones();
  }

  /** @param {HTMLElement} anchor gets the focus back @returns {Promise<string | null>} */
  pick(anchor) {
    this.#settle(null);
    this.#anchor = anchor;
    this.#drawRecent();
    this.#field.value = "";
    this.#search();
    this.showPopover();
    this.#place();
    this.#scroller.scrollTop = 0;
    this.#become(this.#members[0]);
    // A soft keyboard would cover what one came for.
    if (this.#touch.matches) this.#members[0]?.focus();
    else this.#field.focus();
    return new Promise((resolve) => (this.#answer = resolve));
  }

  handleEvent(event) {
    this.#hears[event.type](event);
  }

  #hears = {
    click: ({ target }) => this.#clicked(target.closest("button")),
    input: () => this.#search(),
    change: ({ target }) => this.#takeTone(target),
    keydown: (event) => this.#pressed(event),
    focusin: ({ target }) => this.#noticed(target),
    pointerover: ({ target }) => this.#preview(this.#emoji.get(target)),
    toggle: ({ newState }) => newState === "closed" && this.#closed(),
    scroll: () => this.#showGroup(),
    resize: () => this.#isOpen && this.#place(),
  };

  #clicked(button) {
    if (button?.dataset.group) return this.#goTo(button.dataset.group);
    const emoji = button && this.#emoji.get(button);
    if (!emoji) return;
    this.#memory.use(emoji.character);
    this.#settle(this.#toned(emoji));
    this.hidePopover();
  }

  #settle(character) {
    this.#answer?.(character);
    this.#answer = null;
  }

  #closed() {
    const { activeElement } = document;
    if (activeElement === document.body || this.contains(activeElement)) this.#anchor?.focus();
    this.#settle(null);
  }

  #place() {
    const box = this.#anchor.closest("form") ?? this.#anchor;
    if (!matchMedia(NARROW).matches) placeBeside(this, this.#anchor, box);
    else for (const side of ["left", "top"]) this.style.removeProperty(side);
  }

  // --- Drawing

  #drawGroups() {
    const keys = [RECENT, ...this.#book.groups.map(({ key }) => key)];
    const groups = [{ key: RECENT, emoji: [] }, ...this.#book.groups];
    this.#part("all").replaceChildren(...groups.map((group) => this.#groupOf(group)));
    this.#part("groups").replaceChildren(...keys.map((key) => this.#tabOf(key)));
    this.#part("groups").firstElementChild.tabIndex = 0;
  }

  #groupOf({ key, emoji }) {
    const group = cloneTemplate("emoji-group");
    group.dataset.key = key;
    group.setAttribute("aria-label", groupName(key));
    group.querySelector(".picker__title").textContent = groupName(key);
    this.#fill(group.querySelector(".picker__grid"), emoji);
    return group;
  }

  #tabOf(key) {
    const tab = cloneTemplate("emoji");
    tab.className = "picker__tab";
    tab.dataset.group = key;
    tab.textContent = SIGNS[key];
    tab.title = groupName(key);
    tab.setAttribute("aria-label", groupName(key));
    return tab;
  }

  #fill(grid, emoji) {
    const example = cloneTemplate("emoji");
    const buttons = emoji.map((each) => {
      const button = example.cloneNode();
      this.#emoji.set(button, each);
      button.setAttribute("aria-label", each.label);
      button.title = each.label;
      button.textContent = this.#toned(each);
      return button;
    });
    grid.replaceChildren(...buttons);
  }

  #drawRecent() {
    const recent = this.#memory.recent.map((character) => this.#book.of(character)).filter(Boolean);
    const group = this.querySelector(`[data-key="${RECENT}"]`);
    this.#fill(group.querySelector(".picker__grid"), recent);
    group.hidden = !recent.length;
    this.querySelector(`[data-group="${RECENT}"]`).hidden = !recent.length;
  }

  #drawTones() {
    const hand = this.#book.of(HAND);
    const tones = Array.from({ length: TONES }, (_, tone) => {
      const label = cloneTemplate("emoji-tone");
      const input = label.querySelector("input");
      input.value = tone;
      input.checked = tone === this.#memory.tone;
      input.setAttribute("aria-label", toneName(tone));
      label.title = toneName(tone);
      label.querySelector(".picker__tone-hand").textContent = this.#book.toned(hand, tone);
      return label;
    });
    this.#part("tones").replaceChildren(...tones);
  }

  #takeTone({ name, value }) {
    if (name !== "emoji-tone") return;
    this.#memory.tone = Number(value);
    for (const button of this.querySelectorAll(".picker__emoji")) {
      const emoji = this.#emoji.get(button);
      if (emoji.tones) button.textContent = this.#toned(emoji);
    }
  }

  #toned(emoji) {
    return this.#book.toned(emoji, this.#memory.tone);
  }

  #preview(emoji) {
    if (!emoji) return;
    write(this.#part("preview-emoji"), this.#toned(emoji));
    const [name] = emoji.names;
    write(this.#part("preview-name"), name ? `:${name}:` : emoji.label);
  }

  // --- Searching

  #search() {
    const query = this.#field.value.trim();
    const found = this.#book.search(query).slice(0, MOST_FOUND);
    this.#part("all").hidden = query !== "";
    this.#part("groups").hidden = query !== "";
    this.#part("found").hidden = !found.length;
    this.#part("none").hidden = !query || found.length > 0;
    this.#fill(this.#part("found"), found);
    const words = ngettext("%(count)s emoji found", "%(count)s emoji found", found.length);
    write(this.querySelector("[role=status]"), query && found.length ? words : "");
    this.#scroller.scrollTop = 0;
    this.#become(this.#members[0]);
    this.#preview(this.#emoji.get(this.#members[0]));
  }

  // --- By keyboard

  #pressed(event) {
    if (event.isComposing) return;
    const { target } = event;
    if (target === this.#field) this.#pressedInField(event);
    else if (target.dataset.group) this.#pressedOnTab(event);
    else if (this.#emoji.has(target)) this.#pressedOnEmoji(event);
  }

  #pressedInField(event) {
    const [first] = this.#members;
    if (event.key === "ArrowDown" && first) this.#step(event, first);
    if (event.key === "Enter") event.preventDefault();
    if (event.key === "Enter" && this.#field.value.trim()) first?.click();
    if (event.key !== "Escape" || !this.#field.value) return;
    event.preventDefault();
    this.#field.value = "";
    this.#search();
  }

  #pressedOnTab(event) {
    const tabs = [...this.#part("groups").children].filter((tab) => !tab.hidden);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key] * (this.#isRightToLeft ? -1 : 1);
    if (step) this.#step(event, tabs.at((tabs.indexOf(event.target) + step) % tabs.length));
    if (event.key === "ArrowDown") this.#step(event, this.#current);
  }

  #pressedOnEmoji(event) {
    const members = this.#members;
    const index = members.indexOf(event.target);
    const next = this.#nextOf(event.key, members, index);
    if (next) return this.#step(event, next);
    if (event.key === "ArrowUp") return this.#step(event, this.#field);
    const isLetter = [...event.key].length === 1 && event.key !== " ";
    if (isLetter && !event.ctrlKey && !event.metaKey && !event.altKey) this.#field.focus();
  }

  #nextOf(key, members, index) {
    const forward = this.#isRightToLeft ? -1 : 1;
    if (key === "ArrowRight") return members[index + forward];
    if (key === "ArrowLeft") return members[index - forward];
    if (key === "ArrowDown") return inNextRow(members.slice(index));
    if (key === "ArrowUp") return inNextRow(members.slice(0, index + 1).reverse());
    const grid = members[index].parentElement.children;
    if (key === "Home") return grid[0];
    return key === "End" ? grid[grid.length - 1] : undefined;
  }

  #step(event, to) {
    event.preventDefault();
    to?.focus();
  }

  #noticed(target) {
    if (target.dataset?.group) {
      for (const tab of this.#part("groups").children) tab.tabIndex = tab === target ? 0 : -1;
    }
    if (!this.#emoji.has(target)) return;
    this.#become(target);
    this.#preview(this.#emoji.get(target));
  }

  /** The one that Tab leads to. */
  #become(button) {
    for (const each of this.querySelectorAll('.picker__emoji[tabindex="0"]')) each.tabIndex = -1;
    if (button) button.tabIndex = 0;
  }

  get #current() {
    return this.querySelector('.picker__emoji[tabindex="0"]');
  }

  // --- Groups

  #goTo(key) {
    const group = this.querySelector(`[data-key="${key}"]`);
    this.#scroller.scrollTop = group.offsetTop;
    this.#become(group.querySelector("button"));
    this.#showGroup();
  }

  #showGroup() {
    const groups = [...this.#part("all").children].filter((group) => !group.hidden);
    const { scrollTop } = this.#scroller;
    const shown = groups.findLast((group) => group.offsetTop <= scrollTop + 1) ?? groups[0];
    for (const tab of this.#part("groups").children) {
      tab.setAttribute("aria-pressed", tab.dataset.group === shown?.dataset.key);
    }
  }

  get #members() {
    const part = this.#part("all").hidden ? this.#part("found") : this.#part("all");
    return [...part.querySelectorAll("button")].filter((button) => !button.closest("[hidden]"));
  }

  #part(name) {
    return this.querySelector(`.picker__${name}`);
  }

  get #field() {
    return this.#part("field");
  }

  get #scroller() {
    return this.#part("scroller");
  }

  get #isOpen() {
    return this.matches(":popover-open");
  }

  get #isRightToLeft() {
    return getComputedStyle(this).direction === "rtl";
  }
}

/** @param {HTMLElement[]} members from the current one on, in the direction of the step */
function inNextRow([current, ...rest]) {
  const from = current.getBoundingClientRect();
  const row = [];
  let top = null;
  for (const member of rest) {
    const at = member.getBoundingClientRect();
    if (Math.abs(at.top - from.top) < 1) continue;
    if (top !== null && Math.abs(at.top - top) >= 1) break;
    top = at.top;
    row.push({ member, distance: Math.abs(at.left - from.left) });
  }
  return row.sort((a, b) => a.distance - b.distance)[0]?.member;
}
