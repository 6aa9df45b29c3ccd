// A room as the server keeps it: a log of changes, every one with its tick. The yardstick for what
// a client must end up with.

export class FakeServer {
  tick = 0;
  #messages = new Map();
  #prev = 0;

  constructor(room = "lobby") {
    this.room = room;
  }

  get messages() {
    return [...this.#messages.values()].sort((a, b) => a.seq - b.seq);
  }

  byClientId(clientId) {
    return this.messages.find((message) => message.client_id === clientId);
  }

  post(username, text, clientId = `c-${this.tick + 1}`) {
    const prev = this.tick;
    const seq = (this.tick += 1);
    const message = {
      room: this.room,
      id: 1000 + seq,
      seq,
      tick: seq,
      username,
      name: username,
      message: text,
      client_id: clientId,
      timestamp: new Date(Date.UTC(2026, 10, 20, 12, 0, seq)).toISOString(),
      deleted: false,
    };
    this.#messages.set(message.id, message);
    return { type: "message.posted", prev, ...message };
  }

  delete(id) {
    const prev = this.tick;
    const changed = { ...this.#messages.get(id), message: "", deleted: true, tick: (this.tick += 1) };
    this.#messages.set(id, changed);
    return { type: "message.deleted", room: this.room, seq: this.tick, prev, changed };
  }

  /** One event for each message touched after this tick, in the order of the latest touch. */
  replay(after) {
    let prev = after;
    return this.messages
      .filter((message) => message.tick > after)
      .sort((a, b) => a.tick - b.tick)
      .map((message) => {
        const event = this.#changeOf(message, prev);
        prev = message.tick;
        return event;
      });
  }

  page({ before = Infinity, limit }) {
    const messages = this.messages.filter(({ seq }) => seq < before).slice(-limit);
    return { room: this.room, seq: this.tick, messages };
  }

  #changeOf(message, prev) {
    if (message.tick === message.seq) return { type: "message.posted", prev, ...message };
    return { type: "message.deleted", room: this.room, seq: message.tick, prev, changed: message };
  }
}
