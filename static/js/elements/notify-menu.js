import { gettext } from "../model/words.js";

/**
 * Of what a room tells, and how this browser does it. The room's level is the business of
 * guide.js; here are notices on the desktop and sound.
 */
export class NotifyMenu extends HTMLElement {
  #notifier = null;

  connectedCallback() {
    this.addEventListener("change", this);
  }

  disconnectedCallback() {
    this.removeEventListener("change", this);
  }

  /** @param {import("../dom/notifier.js").Notifier} notifier */
  prepare(notifier) {
    this.#notifier = notifier;
    this.#show();
  }

  handleEvent({ target }) {
    if (target.name === "sound") this.#chooseSound(target.checked);
    else if (target.name === "desktop") this.#chooseDesktop(target.checked);
  }

  #chooseSound(isWanted) {
    this.#notifier.choose({ sound: isWanted });
    if (isWanted) this.#notifier.trySound();
  }

  async #chooseDesktop(isWanted) {
    if (isWanted && permission() !== "granted") await this.#ask();
    this.#notifier.choose({ desktop: isWanted && permission() === "granted" });
    this.#show();
  }

  async #ask() {
    if (permission() === "missing") return;
    this.#hint = gettext("Answer your browser’s question.");
    await Notification.requestPermission();
  }

  #show() {
    const { desktop, sound } = this.#notifier.choice;
    this.querySelector("[name=sound]").checked = sound;
    const box = this.querySelector("[name=desktop]");
    box.checked = desktop && permission() === "granted";
    box.disabled = permission() === "missing";
    this.#hint = HINTS[permission()]?.() ?? "";
  }

  set #hint(words) {
    this.querySelector(".notify-menu__hint").textContent = words;
  }
}

const permission = () => window.Notification?.permission ?? "missing";

const HINTS = {
  denied: () =>
    gettext("Your browser blocks notifications from here. Allow them in its settings for this site, behind the icon beside the address."),
  missing: () =>
    gettext("This browser shows no notifications here. On an iPhone or iPad, add ChatApp to the home screen first; elsewhere the address must begin with https."),
};
