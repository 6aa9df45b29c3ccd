// Which rooms and people a few letters mean, the likeliest first. One's own rooms are there at
// once; what the server finds comes below them, and nothing that stands there moves for it.

import { Pause } from "../net/clock.js";
import { plain, wordsIn } from "./text.js";

const MOST = 50;
const PAUSE_MS = 150;

/**
 * A room, or of the kind "person" somebody with whom there is no conversation yet.
 * @typedef {{room: string, name: string, kind: string, topic?: string, unread?: number,
 *   calls?: number, isOwn: boolean, isCurrent: boolean, people?: object[],
 *   person?: {username: string, name: string}, isSelf?: boolean}} Choice
 */

/** What the letters in the field may mean, as long as it is open. */
export class Switching {
  /** @type {Choice[]} */
  shown = [];
  /** The place of the one that Enter takes. */
  marked = 0;
  /** @type {"idle"|"asking"|"failed"} */
  state = "idle";
  /** HTTP status of the failure, 0 where no answer came. */
  status = 0;
  #parts;
  #letters = "";
  #found = [];
  #asking = null;
  #pause;

  /**
   * @param {object} parts
   * @param {Choice[]} parts.own the reader's rooms
   * @param {string} parts.username the reader's
   * @param {(q: string, signal: AbortSignal) => Promise<{rooms: object[]}>} parts.findRooms
   * @param {(q: string, signal: AbortSignal) => Promise<{people: object[]}>} parts.findPeople
   * @param {object} parts.clock
   * @param {(added: Choice[] | null) => void} parts.onChange what came below; null: all is new
   */
  constructor(parts) {
    this.#parts = parts;
    this.#pause = new Pause(parts.clock, PAUSE_MS, () => this.#ask());
  }

  /** As it is typed: the server is asked when the typing rests. */
  search(text) {
    this.#begin(text);
    this.#pause.begin();
  }

  /** At once, as when it opens. */
  look(text) {
    this.#begin(text);
    this.#ask();
  }

  stop() {
    this.#pause.end();
    this.#asking?.abort();
    this.#asking = null;
    this.state = "idle";
  }

  /** What Enter takes: what is marked, also while the server is asked. @returns {Choice | null} */
  get choice() {
    return this.shown[this.marked] ?? null;
  }

  #begin(text) {
    this.stop();
    this.#letters = text.trim();
    this.state = "asking";
    this.shown = rank(this.#parts.own, this.#found, this.#letters);
    this.marked = 0;
    this.#parts.onChange(null);
  }

  /** Rooms first, whichever answer comes first: the places of people below them are final. */
  async #ask() {
    const asking = (this.#asking = new AbortController());
    const { signal } = asking;
    const { findRooms, findPeople } = this.#parts;
    const q = this.#letters;
    const answers = [settled(findRooms(q, signal)), settled(q ? findPeople(q, signal) : { people: [] })];
    const { rooms, error } = await answers[0];
    if (this.#asking !== asking) return;
    if (rooms) this.#add(rooms.map(choiceOfRoom));
    const { people, error: other } = await answers[1];
    if (this.#asking !== asking) return;
    this.#finish(error ?? other ?? null);
    this.#add(people ? this.#strangers(people) : []);
  }

  #finish(error) {
    this.#asking = null;
    this.state = error ? "failed" : "idle";
    this.status = error?.status ?? 0;
  }

  /** Those with whom one has a conversation stand above, by it. */
  #strangers(people) {
    const { own, username } = this.#parts;
    const isTheirs = (choice) => choice.kind === "direct" && (choice.people?.length ?? 0) < 2;
    const known = new Set(own.filter(isTheirs).map((choice) => choice.people?.[0]?.username ?? username));
    const strangers = people.filter((person) => !known.has(person.username));
    return strangers.map((person) => choiceOfPerson(person, username));
  }

  #add(choices) {
    const there = new Set([...this.#parts.own, ...this.shown].map(keyOf));
    const added = choices.filter((choice) => !there.has(keyOf(choice)));
    const known = new Set(this.#found.map(keyOf));
    this.#found.push(...choices.filter((choice) => !known.has(keyOf(choice))));
    this.shown = [...this.shown, ...added];
    this.#parts.onChange(added);
  }
}

const keyOf = ({ kind, room, person }) => (kind === "person" ? `@${person.username}` : room);

const choiceOfRoom = (room) => ({ ...room, isOwn: false, isCurrent: false });

const choiceOfPerson = (person, username) => ({
  kind: "person",
  room: "",
  name: person.name,
  person,
  isSelf: person.username === username,
  isOwn: false,
  isCurrent: false,
});

/** The answer, or what went wrong as its `error`. */
const settled = (answer) => Promise.resolve(answer).catch((error) => ({ error }));

/**
 * @param {Choice[]} own the reader's rooms @param {Choice[]} found by the server, by their names
 * @param {string} wanted
 * @returns {Choice[]} one's own first, among them what waits; then other rooms; then people
 */
export function rank(own, found, wanted) {
  const letters = plain(wanted.trim());
  const known = new Set(own.map(({ room }) => room));
  const rooms = found.filter(({ kind, room }) => kind !== "person" && !known.has(room));
  const people = letters ? found.filter(({ kind }) => kind === "person") : [];
  return [...[...ordered(own, letters), ...ordered(rooms, letters)].slice(0, MOST), ...ordered(people, letters)];
}

function ordered(choices, letters) {
  return choices
    .map((choice) => ({ choice, nearness: nearnessOf(choice, letters) }))
    .filter(({ nearness }) => nearness > 0)
    .sort((a, b) => b.nearness - a.nearness || compare(a.choice, b.choice))
    .map(({ choice }) => choice);
}

/** Whom it calls for first, then what is new, then the rest by name; where one is, last. */
function compare(a, b) {
  return (
    Number(a.isCurrent) - Number(b.isCurrent) ||
    Number(Boolean(b.calls)) - Number(Boolean(a.calls)) ||
    Number(Boolean(b.unread)) - Number(Boolean(a.unread)) ||
    a.name.localeCompare(b.name)
  );
}

/** A person also by their username, as the server finds them (User.objects.called). */
function nearnessOf({ kind, name, person, people }, letters) {
  const who = person ?? (kind === "direct" && people?.length === 1 ? people[0] : null);
  const called = letters.replace(/^@/, "");
  if (!who || !called) return nearness(plain(name), letters);
  const isCalled = plain(who.username).startsWith(called);
  return Math.max(isCalled ? 1 : 0, nearness(plain(name), called));
}

/** How well letters fit a name, from 0 (they do not) to 5 (it is the name). */
function nearness(name, letters) {
  if (!letters) return 1;
  if (name === letters) return 5;
  if (name.startsWith(letters)) return 4;
  if (wordsIn(name).some((word) => word.startsWith(letters))) return 3;
  if (name.includes(letters)) return 2;
  return isScattered(name, letters) ? 1 : 0;
}

/** All letters, in their order, with others in between. */
function isScattered(name, letters) {
  let from = 0;
  for (const letter of letters.replaceAll(" ", "")) {
    const place = name.indexOf(letter, from);
    if (place < 0) return false;
    from = place + letter.length;
  }
  return true;
}
