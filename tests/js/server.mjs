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

  post(username, text, clientId = `c-${this.tick + 1}`, replyTo = null) {
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
      reply_to: replyTo,
      reactions: {},
      edited: null,
      deleted: false,
    };
    this.#messages.set(message.id, message);
    return { type: "message.posted", prev, ...message };
  }

  delete(id) {
    return this.#change("message.deleted", id, { message: "", deleted: true });
  }

  edit(id, text) {
    const edited = new Date(Date.UTC(2026, 10, 20, 13)).toISOString();
    return this.#change("message.edited", id, { message: text, edited });
  }

  react(id, emoji, usernames) {
    return this.#change("reaction.added", id, { reactions: { [emoji]: usernames } });
  }

  #change(type, id, changes) {
    const prev = this.tick;
    const changed = { ...this.#messages.get(id), ...changes, tick: (this.tick += 1) };
    this.#messages.set(id, changed);
    return { type, room: this.room, seq: this.tick, prev, changed };
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

  page({ before = Infinity, around, limit }) {
    if (around) return this.#around(around, limit);
    const messages = this.messages.filter(({ seq }) => seq < before).slice(-limit);
    return { room: this.room, seq: this.tick, messages };
  }

  #around(id, limit) {
    const { messages } = this;
    const index = messages.findIndex((message) => message.id === id);
    if (index < 0) throw Object.assign(new Error("not found"), { status: 404 });
    const from = Math.max(0, index - Math.floor(limit / 2));
    return { room: this.room, seq: this.tick, messages: messages.slice(from, from + limit) };
  }

  #changeOf(message, prev) {
    if (message.tick === message.seq) return { type: "message.posted", prev, ...message };
    return { type: "message.deleted", room: this.room, seq: message.tick, prev, changed: message };
  }
}
