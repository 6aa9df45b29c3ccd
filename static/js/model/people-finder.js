// Whom to write to: found by the beginning of a name as it is typed, and chosen.

import { Pause } from "../net/clock.js";
import { plain } from "./text.js";

/** @typedef {{username: string, name: string}} Person */

const PAUSE_MS = 200;

export class PeopleFinder {
  /** @type {Person[]} */
  chosen = [];
  /** @type {Person[]} */
  found = [];
  /** Whether there are more whose names begin so. */
  more = false;
  /** @type {"idle"|"asking"|"failed"} */
  state = "idle";
  /** The one that Enter takes; -1: none. */
  active = -1;
  #query = "";
  #ask;
  #onChange;
  #pause;
  #question = 0;
  #looking = Promise.resolve();
  #isAwaited = false;

  /**
   * @param {object} parts
   * @param {(query: string) => Promise<{people: Person[], more: boolean}>} parts.ask
   * @param {object} parts.clock
   * @param {() => void} parts.onChange
   */
  constructor({ ask, clock, onChange }) {
    this.#ask = ask;
    this.#onChange = onChange;
    this.#pause = new Pause(clock, PAUSE_MS, () => this.look());
  }

  get query() {
    return this.#query;
  }

  /** As it is typed: the server is asked when the typing rests. */
  search(text) {
    const query = text.trim();
    if (query === this.#query && this.state === "idle") return;
    this.#query = query;
    this.state = "asking";
    // Of what an earlier question found that which may still be meant; none of it is chosen blindly.
    this.found = this.found.filter((person) => isCalled(person, query));
    this.active = -1;
    this.#question += 1;
    this.#pause.begin();
    this.#onChange();
  }

  /** Now. What is answered late, to an earlier question, is dropped. */
  look() {
    this.#pause.end();
    this.#looking = this.#look();
    return this.#looking;
  }

  /**
   * Whom Enter takes; where that is not known yet, once it is. Asked twice meanwhile, it answers once.
   * @returns {Promise<Person | null>}
   */
  async choice() {
    const query = this.#query;
    if (this.active < 0 && query && this.state === "asking") {
      if (this.#isAwaited) return null;
      await this.#answer();
    }
    return query === this.#query ? (this.found[this.active] ?? null) : null;
  }

  /** @param {1|-1} step round the list */
  move(step) {
    const { length } = this.found;
    if (!length) return;
    const from = this.active < 0 && step < 0 ? 0 : this.active;
    this.active = (from + step + length) % length;
    this.#onChange();
  }

  async #answer() {
    this.#isAwaited = true;
    await (this.#pause.isOn ? this.look() : this.#looking);
    this.#isAwaited = false;
  }

  async #look() {
    const question = ++this.#question;
    this.state = "asking";
    const answer = await this.#ask(this.#query).catch(() => null);
    if (question !== this.#question) return;
    const marked = this.found[this.active];
    this.state = answer ? "idle" : "failed";
    this.found = answer?.people ?? [];
    this.more = answer?.more ?? false;
    this.active = this.#placeOf(marked);
    this.#onChange();
  }

  /** Who was marked by the arrows meanwhile stays so. */
  #placeOf(marked) {
    const place = this.found.findIndex(({ username }) => username === marked?.username);
    return place < 0 && this.#query && this.found.length ? 0 : place;
  }

  isChosen({ username }) {
    return this.chosen.some((each) => each.username === username);
  }

  /** Chooses, or takes back; what was typed for it is done. */
  toggle(person) {
    if (this.isChosen(person)) this.remove(person);
    else this.chosen = [...this.chosen, person];
    this.#query = "";
    this.active = -1;
    this.look();
    this.#onChange();
  }

  remove({ username }) {
    this.chosen = this.chosen.filter((each) => each.username !== username);
    this.#onChange();
  }
}

/** As the server finds them (User.objects.called). */
function isCalled({ name, username }, query) {
  const beginning = plain(query);
  return [name, username].some((called) => plain(called).startsWith(beginning));
}
