import { copyText } from "../dom/quirks.js";
import { gettext } from "../model/words.js";

const SAID_MS = 2500;

/** <copy-link> around a field with an address and the button that copies it. */
export class CopyLink extends HTMLElement {
  #timer = null;

  connectedCallback() {
    // Without this script the field alone is enough to copy from.
    this.#button.hidden = false;
    this.#button.addEventListener("click", this.#copy);
    this.#field.addEventListener("focus", this.#select);
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
    this.#button?.removeEventListener("click", this.#copy);
    this.#field?.removeEventListener("focus", this.#select);
  }

  get #button() {
    return this.querySelector("button");
  }

  get #field() {
    return this.querySelector("input");
  }

  #select = () => this.#field.select();

  #copy = async () => {
    const wasCopied = await copyText(this.#field.value);
    this.#say(wasCopied ? gettext("Copied") : gettext("Copy it from the field"));
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#say(""), SAID_MS);
  };

  #say(word) {
    this.querySelector("[role=status]").textContent = word;
  }
}
