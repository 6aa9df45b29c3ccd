import { BrowserStore } from "../model/outbox-storage.js";
import { gettext, ngettext } from "../model/words.js";
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
    if (fleeting) {
      return asking(fleeting, gettext("This browser keeps nothing for the chat: they are lost."));
    }
    const kept = await this.#countKept();
    if (!kept) return null;
    return asking(
      kept,
      gettext("They stay in this browser, for your account alone, and are sent when you are back in the chat."),
    );
  }

  async #countKept() {
    const store = new BrowserStore({ indexedDB: openIndexedDB(), clock: systemClock });
    const entries = await store.unsent(this.getAttribute("username")).catch(() => []);
    return entries.length;
  }
}

function asking(count, text) {
  const title = ngettext("%(count)s message is not sent yet", "%(count)s messages are not sent yet", count);
  return { title, text, action: gettext("Sign out") };
}

/** Null where the browser forbids storage. */
function openIndexedDB() {
  try {
    return globalThis.indexedDB;
  } catch {
    return null;
  }
}
