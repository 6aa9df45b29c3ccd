// The reader's rooms and what waits in each, kept right by what the socket tells.

/**
 * @typedef {{room: string, name: string, kind: string, seq: number, unread: number, mentions: number,
 *   archived: boolean, posting: string, people?: {username: string, name: string}[]}} Known
 */

/**
 * Of what a room tells its reader: "everything", "mentions" or "nothing".
 * @typedef {string} Level
 */

/** @param {string} rooms the address of all rooms @param {string} room its slug */
export const roomAddress = (rooms, room) => `${rooms}${encodeURIComponent(room)}/`;

export class RoomList {
  #rooms = new Map();
  #levels;
  #onChange;

  /**
   * @param {object} parts
   * @param {(rooms: RoomList) => void} parts.onChange
   * @param {Object<string, Level>} parts.levels by room, where one was chosen
   */
  constructor({ onChange, levels = {} }) {
    this.#onChange = onChange;
    this.#levels = new Map(Object.entries(levels));
  }

  /** Null until the first `welcome`. @returns {Known | null} */
  get(room) {
    return this.#rooms.get(room) ?? null;
  }

  get rooms() {
    return [...this.#rooms.values()];
  }

  /** @returns {Level} what was chosen, or what the room's kind has */
  levelOf(room, kind = this.get(room)?.kind) {
    return this.#levels.get(room) ?? (kind === "direct" ? "everything" : "mentions");
  }

  choose(room, level) {
    this.#levels.set(room, level);
    this.#onChange(this);
  }

  /** What waits everywhere but in one room, where something is to be told at all. */
  waitingBeside(room) {
    const sum = { unread: 0, calls: 0 };
    for (const each of this.#rooms.values()) {
      if (each.room === room || this.levelOf(each.room) === "nothing") continue;
      sum.unread += each.unread;
      sum.calls += callsOf(each);
    }
    return sum;
  }

  /**
   * As the switcher shows them.
   * @param {string} current the room on screen, if any
   * @returns {import("./switcher.js").Choice[]}
   */
  choices(current) {
    return this.rooms.map((room) => {
      const isQuiet = this.levelOf(room.room) === "nothing";
      const waiting = isQuiet ? { unread: 0, calls: 0 } : { unread: room.unread, calls: callsOf(room) };
      return { ...room, ...waiting, isOwn: true, isCurrent: room.room === current };
    });
  }

  hear(event) {
    const hear = this.#hearing[event.type];
    if (!hear) return;
    hear(event);
    this.#onChange(this);
  }

  #hearing = {
    welcome: ({ rooms = [] }) => (this.#rooms = new Map(rooms.map((room) => [room.room, room]))),
    "room.added": ({ type: _type, ...room }) => this.#rooms.set(room.room, room),
    "room.removed": ({ room }) => this.#rooms.delete(room),
    "room.updated": ({ room, type: _type, ...changes }) => this.#change(room, changes),
    "room.activity": ({ room, seq, unread, mentions }) => this.#change(room, { seq, unread, mentions }),
    "room.read": ({ room, unread, mentions }) => this.#change(room, { unread, mentions }),
  };

  #change(room, changes) {
    const known = this.#rooms.get(room);
    if (known) this.#rooms.set(room, { ...known, ...changes });
  }
}

/** How much of what waits is for the reader alone: in a conversation, everything. */
export const callsOf = ({ kind, unread, mentions }) => (kind === "direct" ? unread : mentions);
