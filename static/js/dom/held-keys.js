// What is typed before anything is there for it: a part of the page that is still on its way, or
// the page of another room.

import { withoutEnd } from "../model/text.js";

/** Who began last has the keys. @type {HeldKeys | null} */
let holder = null;

/** Holds what is typed. A field that gets the focus meanwhile has its keys for itself. */
export class HeldKeys {
  #text = "";
  #before = null;
  #holding = null;
  #outer = null;

  /** The focus is taken away, so that nothing falls into the field that had it. */
  begin() {
    this.#text = "";
    this.#before = document.activeElement;
    this.letGo();
    this.#outer = holder;
    holder = this;
    this.#holding = new AbortController();
    const options = { signal: this.#holding.signal, capture: true };
    addEventListener("keydown", (event) => this.#pressed(event), options);
    addEventListener("paste", (event) => this.#pasted(event), options);
  }

  /** What was pressed on the page meanwhile has the focus. */
  letGo() {
    document.activeElement?.blur();
  }

  /** The focus goes back, unless it went elsewhere. @returns {string} what was typed */
  end() {
    this.#holding?.abort();
    if (holder === this) holder = this.#outer;
    if (isNowhere()) this.#before?.focus({ preventScroll: true });
    return withoutEnd(this.#text);
  }

  #pressed(event) {
    const typed = holder === this && isNowhere() && typedBy(event);
    if (!typed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (typed === "Backspace") this.#text = [...this.#text].slice(0, -1).join("");
    // A key that chose something may still be held.
    else if (typed !== "\n" || (this.#text && !event.repeat)) this.#text += typed;
  }

  #pasted({ clipboardData }) {
    if (holder === this && isNowhere()) this.#text += clipboardData.getData("text/plain");
  }
}

const isNowhere = () => !document.activeElement || document.activeElement === document.body;

/** A sign, "\n" or "Backspace"; empty for what does something else. Some signs need Alt or AltGr. */
function typedBy(event) {
  const { key = "" } = event;
  const isHeld = event.ctrlKey || event.metaKey || (event.altKey && /^\w$/.test(key));
  if (event.isComposing || (isHeld && !event.getModifierState("AltGraph"))) return "";
  if (key === "Enter") return "\n";
  return key === "Backspace" || [...key].length === 1 ? key : "";
}

/**
 * From the moment in which somebody goes to another room, what they type is for that room: also
 * where they change their mind on the way, and where it never comes.
 */
export class WayToRoom {
  #rooms;
  #carry;
  #keys = new HeldKeys();
  /** The slug of the room. */
  #ahead = "";
  /** What the browser told of the way. */
  #way = null;

  /**
   * @param {object} parts
   * @param {string} parts.rooms the path of all rooms
   * @param {(room: string, text: string) => void} parts.carry keeps a text for the room
   * @param {AbortSignal} parts.signal the end
   */
  constructor({ rooms, carry, signal }) {
    this.#rooms = rooms;
    this.#carry = carry;
    // Where the browser does not tell, nothing is carried.
    window.navigation?.addEventListener("navigate", (event) => this.#goes(event), { signal });
    addEventListener("pagehide", () => this.#arrive(), { signal });
  }

  #goes(way) {
    const { destination, downloadRequest, formData } = way;
    if (destination.sameDocument || downloadRequest !== null) return;
    const room = formData ? "" : this.#roomAt(new URL(destination.url));
    this.#way = way;
    way.signal.addEventListener("abort", () => this.#stopped(way));
    if (room && room === this.#ahead) return this.#keys.letGo();
    this.#arrive();
    if (!room) return;
    this.#ahead = room;
    this.#keys.begin();
  }

  /** Unless another way is taken, which is told next. */
  #stopped(way) {
    setTimeout(() => this.#way === way && this.#arrive(), 0);
  }

  #arrive() {
    if (!this.#ahead) return;
    const text = this.#keys.end();
    if (text) this.#carry(this.#ahead, text);
    this.#ahead = "";
  }

  /** @returns {string} its slug; empty for any other page, and for this one */
  #roomAt({ origin, pathname }) {
    if (origin !== location.origin || pathname === location.pathname) return "";
    const slug = pathname.startsWith(this.#rooms) ? pathname.slice(this.#rooms.length) : "";
    return /^[^/]+\/$/.test(slug) ? decodeURIComponent(slug.slice(0, -1)) : "";
  }
}
