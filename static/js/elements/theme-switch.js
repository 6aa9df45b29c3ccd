import { csrfToken } from "../dom/markup.js";

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
