// What stands beside one's own name: the way out, and light or dark.

import { csrfToken } from "../dom/markup.js";
import { allowed } from "../dom/quirks.js";
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
    const store = new BrowserStore({ indexedDB: allowed("indexedDB"), clock: systemClock });
    const entries = await store.unsent(this.getAttribute("username")).catch(() => []);
    return entries.length;
  }
}

function asking(count, text) {
  const title = ngettext("%(count)s message is not sent yet", "%(count)s messages are not sent yet", count);
  return { title, text, action: gettext("Sign out") };
}

/** Light, dark, or as the system has it: of an account, in all of its browsers. */
export class ThemeSwitch extends HTMLElement {
  #saving = Promise.resolve();

  connectedCallback() {
    const chosen = document.documentElement.dataset.theme ?? "system";
    for (const input of this.querySelectorAll("input")) input.checked = input.value === chosen;
    this.addEventListener("change", this);
  }

  disconnectedCallback() {
    this.removeEventListener("change", this);
  }

  handleEvent({ target }) {
    const theme = target.value;
    document.documentElement.dataset.theme = theme;
    colourFrame(theme);
    keepForTheEntrance(theme);
    // One after the other: the last choice is the one that stays.
    this.#saving = this.#saving.then(() => this.#save(theme));
  }

  /** Where that fails, the choice holds for this page. */
  #save(theme) {
    return fetch(this.dataset.address, {
      method: "POST",
      headers: { "X-CSRFToken": csrfToken() },
      body: new URLSearchParams({ theme }),
      // Somebody may choose and go on at once.
      keepalive: true,
    }).catch(() => {});
  }
}

/** What the browser draws around the page (js/early.js does the same on the next one). */
function colourFrame(theme) {
  for (const meta of document.querySelectorAll("meta[data-scheme]")) {
    const { scheme } = meta.dataset;
    const isChosen = scheme === theme ? "all" : "not all";
    meta.media = theme === "system" ? `(prefers-color-scheme: ${scheme})` : isChosen;
  }
}

/** Where nobody is signed in, the pages look as they did last in this browser (js/early.js). */
function keepForTheEntrance(theme) {
  try {
    if (theme === "system") localStorage.removeItem("theme");
    else localStorage.setItem("theme", theme);
  } catch {
    // Storage may be forbidden.
  }
}
