import { ngettext } from "../model/words.js";

/** A message that waits longer than this is worth a word. */
const LATE_MS = 10_000;

/** "3 unsent", with a button for all of them. Tells `unsent-retry`. */
export class UnsentBar extends HTMLElement {
  #entries = [];
  #timer = null;

  connectedCallback() {
    this.addEventListener("click", this);
  }

  disconnectedCallback() {
    this.removeEventListener("click", this);
    clearTimeout(this.#timer);
  }

  handleEvent({ target }) {
    if (!target.closest("button")) return;
    this.dispatchEvent(new CustomEvent("unsent-retry", { bubbles: true }));
  }

  /** @param {readonly import("../model/outbox.js").Entry[]} entries */
  set entries(entries) {
    if (entries === this.#entries) return;
    this.#entries = entries;
    this.#refresh();
  }

  #refresh() {
    clearTimeout(this.#timer);
    const failed = this.#entries.filter(({ state }) => state === "failed").length;
    const age = this.#entries.length ? Date.now() - Date.parse(this.#entries[0].createdAt) : 0;
    const isLate = this.#entries.length > 1 && age >= LATE_MS;
    this.hidden = failed < 2 && !isLate;
    this.classList.toggle("unsent--failed", failed > 0);
    const count = this.#entries.length;
    const words = ngettext("%(count)s unsent", "%(count)s unsent", count);
    this.querySelector(".unsent__words").textContent = words;
    if (count > 1 && !isLate) {
      this.#timer = setTimeout(() => this.#refresh(), LATE_MS - age);
    }
  }
}
