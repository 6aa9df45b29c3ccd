// What stands in the timeline: a message, one's own that is on its way, or a quiet line. Made once
// for each version, so that "is it the same object?" answers "must it be drawn again?".

/**
 * @typedef {object} Item
 * @property {"message"|"movement"} kind
 * @property {string} key the same while a bubble turns from pending to stored
 * @property {number} seq Infinity while pending
 * @property {boolean} mine
 * @property {"sending"|"sent"|"failed"|null} state null: somebody else's
 */

export class ItemMaker {
  #user;
  #made = new WeakMap();

  constructor(user) {
    this.#user = user;
  }

  ofMessage(message) {
    return this.#once(message, () => {
      const mine = message.username === this.#user.username;
      return {
        kind: "message",
        key: mine && message.client_id ? `own:${message.client_id}` : `id:${message.id}`,
        id: message.id,
        seq: message.seq,
        clientId: message.client_id,
        mine,
        username: message.username,
        name: message.name,
        text: message.message,
        html: message.html,
        timestamp: message.timestamp,
        edited: Boolean(message.edited),
        deleted: message.deleted,
        state: mine ? "sent" : null,
      };
    });
  }

  ofEntry(entry) {
    return this.#once(entry, () => ({
      kind: "message",
      key: `own:${entry.clientId}`,
      seq: Infinity,
      clientId: entry.clientId,
      mine: true,
      username: this.#user.username,
      name: this.#user.name,
      text: entry.text,
      timestamp: entry.createdAt,
      edited: false,
      deleted: false,
      state: entry.state === "failed" ? "failed" : "sending",
      detail: entry.detail,
    }));
  }

  #once(source, make) {
    if (!this.#made.has(source)) this.#made.set(source, make());
    return this.#made.get(source);
  }
}

const lines = new WeakMap();

export function movementItem(line) {
  if (!lines.has(line)) lines.set(line, { kind: "movement", key: line.key, seq: line.after, line });
  return lines.get(line);
}
