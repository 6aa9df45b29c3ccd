// The reader's rooms and what waits in each, kept right by what the socket tells.

/** @typedef {{room: string, name: string, kind: string, unread: number, mentions: number}} Known */

export class RoomList {
  #rooms = new Map();
  #onChange;

  /** @param {{onChange: (rooms: RoomList) => void}} parts */
  constructor({ onChange }) {
    this.#onChange = onChange;
  }

  /** Null until the first `welcome`. @returns {Known | null} */
  get(room) {
    return this.#rooms.get(room) ?? null;
  }

  get rooms() {
    return [...this.#rooms.values()];
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
    "room.updated": ({ room, name, kind, topic }) => this.#change(room, { name, kind, topic }),
    "room.activity": ({ room, unread, mentions }) => this.#change(room, { unread, mentions }),
    "room.read": ({ room, unread, mentions }) => this.#change(room, { unread, mentions }),
  };

  #change(room, changes) {
    const known = this.#rooms.get(room);
    if (known) this.#rooms.set(room, { ...known, ...changes });
  }
}
