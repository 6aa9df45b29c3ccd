import { cloneTemplate, write } from "../dom/markup.js";
import { describe } from "../model/connection-words.js";

const SECOND_MS = 1000;
/** A line that is back at once is not worth a word. */
const PATIENCE_MS = 700;

/**
 * Says what is wrong with the connection; empty when all is well. `state` comes from the socket,
 * `isCaughtUp` and `unsent` from the room.
 * Asks for `connection-try` (try now) and `connection-leave` {way}.
 */
export class ConnectionStatus extends HTMLElement {
  #state = { phase: "idle" };
  #isCaughtUp = false;
  #unsent = 0;
  #troubleSince = null;
  #timer = null;
  #panel = null;

  connectedCallback() {
    this.addEventListener("click", this);
    addEventListener("online", this);
    addEventListener("offline", this);
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
    removeEventListener("online", this);
    removeEventListener("offline", this);
  }

  handleEvent(event) {
    if (event.type !== "click") this.#refresh();
    else if (event.target.closest("button")) this.#act(this.#panel.dataset.way);
  }

  set state(state) {
    this.#state = state;
    this.#refresh();
  }

  set isCaughtUp(isCaughtUp) {
    this.#isCaughtUp = isCaughtUp;
    this.#refresh();
  }

  set unsent(count) {
    if (count === this.#unsent) return;
    this.#unsent = count;
    this.#refresh();
  }

  #refresh() {
    clearTimeout(this.#timer);
    const words = describe(this.#state, this.#circumstances());
    if (!words) return this.#clear();
    this.#troubleSince ??= Date.now();
    const isPatient = words.next && Date.now() - this.#troubleSince < PATIENCE_MS;
    if (!isPatient) this.#show(words);
    if (!words.next) return;
    this.#timer = setTimeout(() => this.#refresh(), isPatient ? PATIENCE_MS : SECOND_MS);
  }

  #circumstances() {
    return {
      now: Date.now(),
      isOnline: navigator.onLine,
      isCaughtUp: this.#isCaughtUp,
      unsent: this.#unsent,
    };
  }

  #clear() {
    this.#troubleSince = null;
    this.#panel = null;
    this.replaceChildren();
  }

  #show({ cause, next, action }) {
    this.#panel ??= this.appendChild(cloneTemplate("connection"));
    this.#panel.dataset.way = action.way;
    write(this.#panel.querySelector(".connection__cause"), cause);
    write(this.#panel.querySelector(".connection__next"), next);
    write(this.#panel.querySelector(".connection__action"), action.label);
  }

  #act(way) {
    const type = way === "now" ? "connection-try" : "connection-leave";
    this.dispatchEvent(new CustomEvent(type, { bubbles: true, detail: { way } }));
  }
}
