/** Light, dark, or as the system has it. js/theme.js applies the choice on the next page. */
export class ThemeSwitch extends HTMLElement {
  connectedCallback() {
    const chosen = document.documentElement.dataset.theme ?? "system";
    for (const input of this.#inputs()) input.checked = input.value === chosen;
    this.addEventListener("change", this);
  }

  disconnectedCallback() {
    this.removeEventListener("change", this);
  }

  handleEvent({ target }) {
    const theme = target.value;
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    colourFrame(theme);
    keep(theme);
  }

  #inputs() {
    return this.querySelectorAll("input");
  }
}

/** What the browser draws around the page (js/theme.js does the same on the next one). */
function colourFrame(theme) {
  for (const meta of document.querySelectorAll("meta[data-scheme]")) {
    const { scheme } = meta.dataset;
    const isChosen = scheme === theme ? "all" : "not all";
    meta.media = theme === "system" ? `(prefers-color-scheme: ${scheme})` : isChosen;
  }
}

function keep(theme) {
  try {
    if (theme === "system") localStorage.removeItem("theme");
    else localStorage.setItem("theme", theme);
  } catch {
    // Storage may be forbidden: then the choice holds for this page.
  }
}
