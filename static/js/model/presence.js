// Who is in the room now: a snapshot, then differences, each numbered. In a crowd the server tells
// of some and of the number of all; whoever leaves then makes room for somebody who was there.

/**
 * For so long after a reconnect, somebody who was here before is not told to have joined: after a
 * restart of the server everybody comes back one after the other.
 */
const RETURN_MS = 15_000;

/**
 * @typedef {{username: string, name: string, state: "online"|"away"}} Person
 * @typedef {{joined: Person[], left: Person[]}} Movement what is worth a line in the timeline
 */

const names = new Intl.Collator(undefined, { numeric: true });
const rank = ({ state }) => (state === "online" ? 0 : 1);

/** Those at their screens on top, then by name. */
export const byPresence = (a, b) => rank(a) - rank(b) || names.compare(a.name, b.name);

const NOBODY = Object.freeze({ joined: [], left: [] });

export class Presence {
  #people = new Map();
  #count = 0;
  #revision = null;
  /** Who was here before the reconnect; and, of a crowd, anybody may have been. */
  #before = new Set();
  #wasCrowd = false;
  #quietUntil = 0;
  #username;
  #clock;

  /** @param {string} username the reader's own: nobody is told of their own coming */
  constructor(username, clock) {
    this.#username = username;
    this.#clock = clock;
  }

  /** @returns {Person[]} */
  get people() {
    return [...this.#people.values()];
  }

  /** All who are here; more than `people` where the server left some out. */
  get count() {
    return this.#count;
  }

  /** Whether anything was told yet. */
  get isKnown() {
    return this.#revision !== null;
  }

  /** Whether `people` are all who are here. */
  get isWhole() {
    return this.#people.size >= this.#count;
  }

  /** @param {{here: Person[], count: number, revision: number}} subscribed */
  snapshot({ here, count, revision }) {
    this.#rememberBefore();
    this.#quietUntil = this.#clock.now() + RETURN_MS;
    this.#people = new Map(here.map((person) => [person.username, person]));
    this.#count = count;
    this.#revision = revision;
  }

  /** @returns {Movement | "gap" | "old"} after a gap nothing is changed: subscribe again */
  apply({ joined = [], left = [], updated = [], faces = [], count, revision }) {
    if (this.#revision === null || revision <= this.#revision) return "old";
    if (revision !== this.#revision + 1) return "gap";
    this.#revision = revision;
    const wasWhole = this.isWhole;
    this.#count = count;
    const gone = left.map((username) => this.#people.get(username)).filter(Boolean);
    const came = joined.filter(({ username }) => !this.#people.has(username));
    for (const username of left) this.#people.delete(username);
    for (const person of joined) this.#people.set(person.username, person);
    for (const { username, state } of updated) this.#update(username, { state });
    for (const { username, name, picture } of faces) this.#update(username, { name, picture });
    return wasWhole ? this.#worthTelling(came, gone) : NOBODY;
  }

  /** A line that is cut again before everybody is back does not make strangers of them. */
  #rememberBefore() {
    const isQuiet = this.#clock.now() < this.#quietUntil;
    const earlier = isQuiet ? this.#before : [];
    this.#wasCrowd = !this.isWhole || (isQuiet && this.#wasCrowd);
    this.#before = new Set([...earlier, ...this.#people.keys()]);
  }

  #update(username, changes) {
    const person = this.#people.get(username);
    if (person) this.#people.set(username, { ...person, ...changes });
  }

  #worthTelling(joined, left) {
    const isOther = ({ username }) => username !== this.#username;
    const isReturn = ({ username }) => this.#wasCrowd || this.#before.has(username);
    const settled = this.#clock.now() >= this.#quietUntil;
    const told = joined.filter((person) => isOther(person) && (settled || !isReturn(person)));
    const gone = left.filter(isOther);
    return told.length || gone.length ? { joined: told, left: gone } : NOBODY;
  }
}
