// Who is typing: the others, and telling them that one is oneself.

import { apart, gettext } from "./words.js";

const FORGET_MS = 6_000;
const TELL_MS = 3_000;
const NAMES_TOLD = 2;

/** The others. Somebody is forgotten after a while by itself: a stop may never come. */
export class Typists {
  #clock;
  #own;
  #onChange;
  #timers = new Map();

  /** @param {{clock: object, username: string, onChange: () => void}} parts */
  constructor({ clock, username, onChange }) {
    this.#clock = clock;
    this.#own = username;
    this.#onChange = onChange;
  }

  get usernames() {
    return [...this.#timers.keys()];
  }

  started(username) {
    if (username === this.#own) return;
    const isNews = !this.#timers.has(username);
    this.#clock.clearTimeout(this.#timers.get(username));
    const timer = this.#clock.setTimeout(() => this.stopped(username), FORGET_MS);
    this.#timers.set(username, timer);
    if (isNews) this.#onChange();
  }

  stopped(username) {
    this.#clock.clearTimeout(this.#timers.get(username));
    if (this.#timers.delete(username)) this.#onChange();
  }

  clear() {
    this.usernames.forEach((username) => this.stopped(username));
  }
}

/**
 * Names come apart from the words around them: they may be written in another direction.
 * @param {string[]} names @returns {{text: string, isName: boolean}[]}
 */
export function typingSentence(names) {
  const [name, other] = names.map((text) => [{ text, isName: true }]);
  if (names.length > NAMES_TOLD) return apart(gettext("Several people are typing…"), {});
  if (other) return apart(gettext("%(name)s and %(other)s are typing…"), { name, other });
  return name ? apart(gettext("%(name)s is typing…"), { name }) : [];
}

/** Oneself: told now and then while it goes on, and when it ends. */
export class TypingTeller {
  #send;
  #clock;
  #toldAt = null;

  /** @param {{send: (type: "typing.start"|"typing.stop") => void, clock: object}} parts */
  constructor({ send, clock }) {
    this.#send = send;
    this.#clock = clock;
  }

  typed() {
    const now = this.#clock.now();
    if (this.#toldAt !== null && now - this.#toldAt < TELL_MS) return;
    this.#toldAt = now;
    this.#send("typing.start");
  }

  /** Sent or emptied. Who stopped long ago has been forgotten by the others. */
  stopped() {
    const isKnown = this.#toldAt !== null && this.#clock.now() - this.#toldAt < FORGET_MS;
    this.#toldAt = null;
    if (isKnown) this.#send("typing.stop");
  }
}
