// All outboxes of one account in this browser: the one of the room on screen, and those that were
// left with something in them.

import { Outbox, outboxName, postOf } from "./outbox.js";
import { BrowserStore } from "./outbox-storage.js";
import { LeaseTurns, LockTurns } from "./turns.js";

export class Outboxes {
  turns;
  #parts;
  #store;

  /**
   * @param {object} parts
   * @param {string} parts.username
   * @param {IDBFactory | null} parts.indexedDB
   * @param {typeof BroadcastChannel} [parts.BroadcastChannel]
   * @param {LockManager} [parts.locks]
   * @param {object} parts.clock
   * @param {() => string} parts.newId
   * @param {(command: object) => boolean} parts.send
   */
  constructor(parts) {
    const { clock, locks, newId } = parts;
    this.#parts = parts;
    this.#store = new BrowserStore(parts);
    const lease = { store: this.#store, clock, owner: newId() };
    this.turns = locks ? new LockTurns(locks) : new LeaseTurns(lease);
  }

  storage(room) {
    return this.#store.outbox(this.#parts.username, room);
  }

  /** @param {string} room the one that has its own outbox */
  errandsBut(room) {
    return new Errands({
      listRooms: async () => {
        const entries = await this.#store.unsent(this.#parts.username);
        return [...new Set(entries.map((entry) => entry.room))].filter((each) => each !== room);
      },
      outboxFor: (each) => this.#outbox(each),
    });
  }

  #outbox(room) {
    const { username, clock, newId, send } = this.#parts;
    return new Outbox({
      name: outboxName(username, room),
      storage: this.storage(room),
      turns: this.turns,
      clock,
      newId,
      post: (entry) => send(postOf(room, entry)),
    });
  }
}

/**
 * Sends what waits in the outboxes of rooms that are not on screen: written there, and left unsent
 * when their page was closed. They need no subscription; whoever is connected takes them along.
 */
export class Errands {
  #listRooms;
  #outboxFor;
  #outboxes = new Map();

  /**
   * @param {object} parts
   * @param {() => Promise<string[]>} parts.listRooms rooms in which something waits
   * @param {(room: string) => import("./outbox.js").Outbox} parts.outboxFor
   */
  constructor({ listRooms, outboxFor }) {
    this.#listRooms = listRooms;
    this.#outboxFor = outboxFor;
  }

  async open() {
    const rooms = await this.#listRooms().catch(() => []);
    for (const room of rooms) {
      if (!this.#outboxes.has(room)) this.#outboxes.set(room, this.#outboxFor(room));
      const outbox = this.#outboxes.get(room);
      await outbox.restore();
      outbox.open();
    }
  }

  close() {
    for (const outbox of this.#outboxes.values()) outbox.close();
  }

  hear(event) {
    if (!event.client_id) return;
    for (const outbox of this.#outboxes.values()) {
      if (event.type === "ack") outbox.confirm(event.client_id, event);
      if (event.type === "error") outbox.refuse(event.client_id, event);
    }
  }
}
