import { charactersLeft, cleaned, lengthOf } from "../model/text.js";

const DRAFT_MS = 300;
/** Some input methods tell only by this key code that they are still composing. */
const COMPOSING_KEY = 229;

/** The field for a new message. Tells `message-send` {text}; needs `drafts`, `room` and `limit`. */
export class MessageComposer extends HTMLElement {
  #drafts = null;
  #room = "";
  #limit = Infinity;
  #draftTimer = null;
  #touch = matchMedia("(pointer: coarse)");

  connectedCallback() {
    this.addEventListener("submit", this);
    this.addEventListener("keydown", this);
    this.addEventListener("input", this);
    this.#button.addEventListener("pointerdown", this);
    addEventListener("pagehide", this);
  }

  disconnectedCallback() {
    this.removeEventListener("submit", this);
    this.removeEventListener("keydown", this);
    this.removeEventListener("input", this);
    this.#button.removeEventListener("pointerdown", this);
    removeEventListener("pagehide", this);
  }

  /** @param {{drafts: import("../model/drafts.js").Drafts, room: string, limit: number}} setting */
  prepare({ drafts, room, limit }) {
    this.#drafts = drafts;
    this.#room = room;
    this.#limit = limit;
    this.#field.value ||= drafts.read(room);
    this.#refresh();
  }

  get text() {
    return this.#field.value;
  }

  focus() {
    this.#field.focus();
  }

  /** Puts words in front of what is being typed: nothing that was written is thrown away. */
  bringBack(texts) {
    this.#field.value = [...texts, this.text].filter(Boolean).join("\n\n");
    this.#refresh();
    this.#keepDraft();
  }

  /** One sentence under the field, until the next key. */
  notice(text) {
    this.querySelector(".composer__notice").textContent = text;
  }

  handleEvent(event) {
    if (event.type === "submit") this.#submitted(event);
    else if (event.type === "keydown") this.#pressed(event);
    else if (event.type === "input") this.#typed();
    else if (event.type === "pagehide") this.#keepDraft();
    // The soft keyboard stays: the button must not take the focus from the field.
    else event.preventDefault();
  }

  #pressed(event) {
    if (event.key !== "Enter" || event.target !== this.#field) return;
    if (event.isComposing || event.keyCode === COMPOSING_KEY) return;
    if (event.shiftKey || event.altKey || this.#touch.matches) return;
    event.preventDefault();
    this.#submit();
  }

  #submitted(event) {
    event.preventDefault();
    this.#submit();
  }

  #submit() {
    const text = cleaned(this.text);
    if (!text) return this.focus();
    if (lengthOf(text) > this.#limit) return this.#refresh();
    this.dispatchEvent(new CustomEvent("message-send", { bubbles: true, detail: { text } }));
    this.#field.value = "";
    this.#refresh();
    this.#keepDraft();
    this.focus();
  }

  #typed() {
    this.notice("");
    this.#refresh();
    clearTimeout(this.#draftTimer);
    this.#draftTimer = setTimeout(() => this.#keepDraft(), DRAFT_MS);
  }

  #keepDraft() {
    clearTimeout(this.#draftTimer);
    this.#drafts?.write(this.#room, this.text);
  }

  #refresh() {
    this.#grow();
    this.classList.toggle("composer--empty", !this.text.trim());
    this.#showLeft(charactersLeft(this.text, this.#limit));
  }

  /** Browsers that know field-sizing do this by themselves. */
  #grow() {
    if (CSS.supports("field-sizing", "content")) return;
    this.#field.style.height = "auto";
    this.#field.style.height = `${this.#field.scrollHeight}px`;
  }

  #showLeft(left) {
    const counter = this.querySelector(".composer__counter");
    const isOver = left !== null && left < 0;
    counter.hidden = left === null;
    counter.textContent = left === null ? "" : wordsFor(left, this.#limit);
    this.classList.toggle("composer--over", isOver);
    this.#field.setAttribute("aria-invalid", isOver);
  }

  get #field() {
    return this.querySelector("textarea");
  }

  get #button() {
    return this.querySelector("button[type=submit]");
  }
}

function wordsFor(left, limit) {
  const number = new Intl.NumberFormat(document.documentElement.lang);
  if (left >= 0) return `${number.format(left)} characters left`;
  const most = number.format(limit);
  return `${number.format(-left)} characters too many: a message has at most ${most}.`;
}
