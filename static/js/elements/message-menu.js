import { readersDates } from "../dom/locale.js";
import { write } from "../dom/markup.js";
import { gettext } from "../model/words.js";

const GAP_PX = 4;
const STEPS = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 1, ArrowLeft: -1 };

/**
 * What can be done with a message. There is one menu; it moves into the message it belongs to.
 * Tells `message-react` {item, emoji}, `message-pick` {item, button}, `message-reply`,
 * `message-edit`, `message-link`, `message-copy`, `message-unread` and `message-delete` {item}.
 */
export class MessageMenu extends HTMLElement {
  #item = null;
  #button = null;
  #memory = null;
  /** The row as the page has it, to be filled up with. */
  #usual = new Map();

  connectedCallback() {
    for (const type of ["click", "keydown", "toggle"]) this.addEventListener(type, this);
    addEventListener("resize", this);
  }

  disconnectedCallback() {
    for (const type of ["click", "keydown", "toggle"]) this.removeEventListener(type, this);
    removeEventListener("resize", this);
  }

  /** @param {import("../model/kept.js").EmojiMemory} memory of the reader */
  prepare(memory) {
    this.#memory = memory;
    this.#usual = new Map(this.#emojiButtons.map(({ title, dataset }) => [dataset.emoji, title]));
  }

  /** The message whose menu is open; null: none is. */
  get item() {
    return this.#isOpen ? this.#item : null;
  }

  /** @param {Object<string, boolean>} offers by the names in `data-offer` */
  open(item, button, offers) {
    this.#item = item;
    this.#button = button;
    button.closest("article").append(this);
    this.#showFacts(item);
    this.#showQuick();
    this.offer(offers);
    this.showPopover();
    placeBeside(this, button);
    this.#choices[0]?.focus();
  }

  /** What may be done can change while the menu is open. */
  offer(offers) {
    for (const part of this.querySelectorAll("[data-offer]")) {
      part.hidden = !offers[part.dataset.offer];
    }
    const own = this.#item.reactions.filter(({ mine }) => mine).map(({ emoji }) => emoji);
    for (const button of this.querySelectorAll("[data-emoji]")) {
      button.setAttribute("aria-pressed", own.includes(button.dataset.emoji));
    }
    // It may have grown out of the page.
    if (this.#isOpen) placeBeside(this, this.#button);
  }

  /** What stands in a `title` elsewhere, for those who have no mouse to point with. */
  #showFacts({ timestamp, edited, deleted }) {
    const full = (time) => readersDates().full(new Date(time));
    write(this.querySelector(".menu__time"), full(timestamp));
    const words = edited && !deleted ? gettext("Edited: %(time)s", { time: full(edited) }) : "";
    write(this.querySelector(".menu__edited"), words);
  }

  /** What the reader used last comes first. */
  #showQuick() {
    const quick = new Set([...this.#memory.recent, ...this.#usual.keys()]).values();
    for (const button of this.#emojiButtons) {
      const emoji = quick.next().value;
      button.dataset.emoji = button.textContent = emoji;
      button.title = this.#usual.get(emoji) ?? "";
    }
  }

  handleEvent(event) {
    if (event.type === "toggle") this.#button?.setAttribute("aria-expanded", this.#isOpen);
    else if (event.type === "resize") this.#close();
    else if (event.type === "keydown") this.#move(event);
    else this.#choose(event.target.closest("button"));
  }

  #move(event) {
    const isAcross = event.key === "ArrowRight" || event.key === "ArrowLeft";
    const step = STEPS[event.key] * (isAcross && isRightToLeft(this) ? -1 : 1);
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const choices = isAcross ? this.#quick : this.#stops(document.activeElement);
    const index = choices.indexOf(document.activeElement);
    if (index >= 0) choices.at((index + step) % choices.length).focus();
  }

  /** Up and down take the row of reactions for one stop. */
  #stops(current) {
    const quick = this.#quick;
    const stop = quick.includes(current) ? current : quick[0];
    return this.#choices.filter((choice) => !quick.includes(choice) || choice === stop);
  }

  #choose(choice) {
    if (!choice) return;
    if (choice.dataset.shows) return this.#showReactions();
    this.#close();
    const { action, emoji } = choice.dataset;
    const detail = { item: this.#item, emoji, button: this.#button };
    this.dispatchEvent(new CustomEvent(`message-${action}`, { bubbles: true, detail }));
  }

  #showReactions() {
    const row = this.querySelector(".menu__row");
    row.classList.remove("menu__row--called");
    row.getBoundingClientRect();
    row.classList.add("menu__row--called");
    this.#quick[0].focus();
  }

  #close() {
    if (this.#isOpen) this.hidePopover();
  }

  get #emojiButtons() {
    return [...this.querySelectorAll("[data-emoji]")];
  }

  get #choices() {
    return [...this.querySelectorAll("button")].filter((each) => !each.closest("[hidden]"));
  }

  get #quick() {
    return this.#choices.filter((choice) => choice.closest(".menu__row"));
  }

  get #isOpen() {
    return this.matches(":popover-open");
  }
}

/**
 * Under its button, ends aligned; above or shifted where the page ends.
 * @param {HTMLElement} menu already shown, position fixed @param {HTMLElement} button
 * @param {HTMLElement} [box] around the button, which is not covered either
 */
export function placeBeside(menu, button, box = button) {
  const { left: start, right: end } = button.getBoundingClientRect();
  const at = box.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const left = isRightToLeft(button) ? start : end - width;
  const below = at.bottom + GAP_PX;
  const top = below + height > innerHeight ? at.top - GAP_PX - height : below;
  menu.style.left = `${clamp(left, GAP_PX, innerWidth - width - GAP_PX)}px`;
  menu.style.top = `${clamp(top, GAP_PX, innerHeight - height - GAP_PX)}px`;
}

const isRightToLeft = (element) => getComputedStyle(element).direction === "rtl";

const clamp = (value, least, most) => Math.max(least, Math.min(most, value));
