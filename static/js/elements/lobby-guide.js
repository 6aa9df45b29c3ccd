import { cloneTemplate, define } from "../dom/markup.js";
import { askedBy, WRITING } from "../model/keys.js";

/** The keys of the page with all rooms: to one of them, and what the keys are. */
export class LobbyGuide extends HTMLElement {
  #isMac = /^(Mac|iP)/.test(navigator.platform);

  connectedCallback() {
    addEventListener("keydown", this);
  }

  disconnectedCallback() {
    removeEventListener("keydown", this);
  }

  handleEvent(event) {
    if (event.defaultPrevented || document.querySelector("dialog:modal:not(.switcher, .keys)")) return;
    const isWriting = event.target.matches?.(WRITING) ?? false;
    const does = this.#does[askedBy(event, { isMac: this.#isMac, isWriting })];
    if (!does) return;
    event.preventDefault();
    does();
  }

  #does = {
    switch: async () => {
      const { RoomSwitcher } = await import("./room-switcher.js");
      const { rooms } = this.dataset;
      this.#only("room-switcher", RoomSwitcher, "switcher").toggle({
        own: JSON.parse(this.querySelector("script").textContent),
        address: rooms,
        go: (room) => location.assign(`${rooms}${encodeURIComponent(room)}/`),
      });
    },
    keys: async () => {
      const { KeysDialog } = await import("./keys-dialog.js");
      const works = ({ does }) => does in this.#does;
      this.#only("keys-dialog", KeysDialog, "keys").toggle(this.#isMac, works);
    },
  };

  /** The one of its kind on the page, put there for the first use. */
  #only(name, kind, template) {
    define(name, kind);
    return this.querySelector(name) ?? this.appendChild(cloneTemplate(template));
  }
}
