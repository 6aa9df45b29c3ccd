// Finds people in a room. Those whom the page holds are searched as one types; in a crowd, of which
// it holds a part only, the server is asked for the others. They come below: nothing jumps.

import { Pause } from "../net/clock.js";
import { refusalWords } from "./connection-words.js";
import { byPresence } from "./presence.js";
import { wordsIn } from "./text.js";
import { gettext, ngettext } from "./words.js";

const PAUSE_MS = 250;
const PAGE = 100;
/** What "more" brings at least, in pages that may consist of people whom we hold. */
const MORE = 50;
/** The server tells nothing of people whom we do not hold: after so long they are asked for anew. */
const STALE_MS = 10_000;
const NO_ANSWER = 0;
const NOT_FOUND = 404;

/** @typedef {import("./presence.js").Person} Person */

export class PeopleSearch {
  /** @type {"idle"|"asking"|"failed"} */
  state = "idle";
  /** HTTP status of the failure, 0 where no answer came. */
  status = NO_ANSWER;
  #presence;
  #fetchPage;
  #clock;
  #onChange;
  #query = "";
  #beginnings = [];
  #found = new Map();
  /** Where the next page begins: "" for the first one, null after the last. */
  #next = "";
  #pages = 0;
  #answeredAt = 0;
  #question = null;
  /** How many more people the reader waits for. */
  #owed = 0;
  #pause;

  /**
   * @param {object} parts
   * @param {import("./presence.js").Presence} parts.presence
   * @param {(query: object) => Promise<{people: Person[], next: string | null}>} parts.fetchPage
   * @param {object} parts.clock
   * @param {() => void} parts.onChange
   */
  constructor({ presence, fetchPage, clock, onChange }) {
    this.#presence = presence;
    this.#fetchPage = fetchPage;
    this.#clock = clock;
    this.#onChange = onChange;
    this.#pause = new Pause(clock, PAUSE_MS, () => this.#ask());
  }

  get query() {
    return this.#query;
  }

  /** Those who fit, of whom the page holds, and then those whom the server found. */
  get people() {
    const held = this.#presence.people;
    const isHeld = new Set(held.map(({ username }) => username));
    const others = [...this.#found.values()].filter(({ username }) => !isHeld.has(username));
    return [...held.filter((person) => this.#fits(person)).sort(byPresence), ...others];
  }

  /** Whether the server may know of more. */
  get hasMore() {
    return !this.#presence.isWhole && this.#next !== null;
  }

  /** As it is typed: the server is asked when the typing rests. */
  search(text) {
    const query = text.trim();
    if (query === this.#query) return;
    this.#query = query;
    this.#beginnings = wordsIn(query);
    this.#startAfresh();
    if (query && this.hasMore) this.#pause.begin();
    this.#onChange();
  }

  /** Now, and not when the typing rests. */
  hurry() {
    if (this.#pause.isOn) this.#ask();
  }

  /** The next page; after a failure the same one again. */
  more() {
    if (this.state === "asking" || !this.hasMore) return;
    this.#owed = MORE;
    this.#ask();
  }

  /** Somebody came or went. @param {string[]} left usernames */
  refresh(left) {
    for (const username of left) this.#found.delete(username);
    if (this.state === "idle" && this.#isDue && !this.#presence.isWhole) this.#askAfresh();
  }

  /** The line is back: what could not be asked is asked now. */
  retry() {
    if (this.state === "failed") this.#ask();
  }

  /** One page is kept up to date; who has looked through several is not thrown back. */
  get #isDue() {
    if (this.#pages === 0) return this.#query !== "" && !this.#pause.isOn;
    return this.#pages === 1 && this.#clock.now() - this.#answeredAt >= STALE_MS;
  }

  #askAfresh() {
    this.#next = "";
    this.#ask();
  }

  #startAfresh() {
    this.#pause.end();
    this.#question = null;
    this.#found.clear();
    this.#next = "";
    this.#pages = this.#owed = 0;
    this.state = "idle";
  }

  async #ask() {
    this.#pause.end();
    const after = this.#next;
    const question = { q: this.#query, limit: PAGE, ...(after && { after }) };
    this.#question = question;
    this.state = "asking";
    this.#onChange();
    const answer = await this.#fetchPage(question).catch((error) => ({ error }));
    if (this.#question !== question) return;
    if (answer.error) this.#fail(answer.error, after);
    else this.#take(answer, after);
  }

  #take({ people, next }, after) {
    if (!after) this.#found.clear();
    const before = this.people.length;
    for (const person of people) this.#found.set(person.username, person);
    this.#pages = after ? this.#pages + 1 : 1;
    this.#next = next;
    this.#answeredAt = this.#clock.now();
    this.state = "idle";
    this.#owed -= this.people.length - before;
    if (next !== null && this.#owed > 0) return void this.#ask();
    this.#onChange();
  }

  #fail({ status = NO_ANSWER }, after) {
    // The account after which the page began is not there any more.
    if (status === NOT_FOUND && after) return this.#askAfresh();
    this.status = status;
    this.state = "failed";
    this.#onChange();
  }

  /** By the server's rule: each word is the beginning of a word of theirs. */
  #fits({ name, username }) {
    if (this.#found.has(username)) return true;
    const own = this.#beginnings.length ? wordsIn(`${name} ${username}`) : [];
    return this.#beginnings.every((start) => own.some((word) => word.startsWith(start)));
  }
}

const REFUSALS = {
  403: () => gettext("You may not see who is here any more."),
  404: () => gettext("You may not see who is here any more."),
};

/**
 * What is said below the list.
 * @param {PeopleSearch} search
 * @param {number} shown how many are listed
 * @returns {string}
 */
export function wordsFor(search, shown) {
  if (search.state === "failed") return failure(search);
  if (!search.query) return "";
  const { query, hasMore } = search;
  if (!shown) return hasMore ? gettext("Searching…") : gettext("Nobody here is called “%(query)s”.", { query });
  if (!hasMore) return ngettext("%(count)s person found", "%(count)s people found", shown);
  return ngettext("%(count)s person found so far", "%(count)s people found so far", shown);
}

function failure({ status }) {
  if (status === NO_ANSWER) {
    return gettext("There is no connection: not everybody could be looked at.");
  }
  const refused = REFUSALS[status]?.() ?? refusalWords(status);
  return refused ?? gettext("The server cannot say right now who else is here.");
}
