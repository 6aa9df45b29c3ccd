import { BrowserStore } from "../model/outbox-storage.js";
import { systemClock } from "../net/clock.js";

/** <sign-out username="ada"> around the form: asks first where messages of hers are not sent. */
export class SignOut extends HTMLElement {
  /** What is known of messages that no storage keeps. @type {() => number} */
  countFleeting = () => 0;

  connectedCallback() {
    this.addEventListener("submit", this);
  }

  disconnectedCallback() {
    this.removeEventListener("submit", this);
  }

  async handleEvent(event) {
    event.preventDefault();
    const form = event.target;
    const question = await this.#question();
    if (!question || (await document.querySelector("confirm-dialog").ask(question))) form.submit();
  }

  async #question() {
    const fleeting = this.countFleeting();
    if (fleeting) return asking(fleeting, "This browser keeps nothing for the chat: they are lost.");
    const kept = await this.#countKept();
    return kept ? asking(kept, KEPT) : null;
  }

  async #countKept() {
    const store = new BrowserStore({ indexedDB: openIndexedDB(), clock: systemClock });
    const entries = await store.unsent(this.getAttribute("username")).catch(() => []);
    return entries.length;
  }
}

const KEPT =
  "They stay in this browser, for your account alone, and are sent when you are back in the chat.";

function asking(count, text) {
  const title = count === 1 ? "1 message is not sent yet" : `${count} messages are not sent yet`;
  return { title, text, action: "Sign out" };
}

/** Null where the browser forbids storage. */
function openIndexedDB() {
  try {
    return globalThis.indexedDB;
  } catch {
    return null;
  }
}
