// What stands in the timeline: a message, one's own that is on its way, or a quiet line. Made once
// for each version, so that "is it the same object?" answers "must it be drawn again?".

import { spoken } from "./text.js";

/**
 * @typedef {object} Item
 * @property {"message"|"movement"|"divider"} kind
 * @property {string} key the same while a bubble turns from pending to stored
 * @property {number} seq Infinity while pending
 * @property {boolean} mine
 * @property {boolean} mentioned somebody else names the reader
 * @property {boolean} isLocal what the server made of its text has not come yet
 * @property {"sending"|"sent"|"failed"|null} state null: somebody else's
 * @property {Quote | null} quote what it answers
 * @property {object[]} attachments as on the wire
 * @property {{emoji: string, usernames: string[], mine: boolean}[]} reactions
 *
 * @typedef {object} Quote
 * @property {number} id
 * @property {"known"|"unknown"|"deleted"|"missing"} state
 * @property {boolean} [mine]
 * @property {string} [username]
 * @property {string} [name]
 * @property {string} [text] its beginning
 */

const QUOTE_CHARS = 140;
const GROUP_MS = 5 * 60 * 1000;

export class ItemMaker {
  #user;
  #faceOf;
  #made = new WeakMap();

  /**
   * @param {{username: string, name: string}} user the reader
   * @param {(username: string) => {name: string, picture?: string} | undefined} faceOf how somebody is
   *   called and looks now, whatever it was when a message was read
   */
  constructor(user, faceOf) {
    this.#user = user;
    this.#faceOf = faceOf;
  }

  /** @param {object | null} original the message that it answers, as far as it is known */
  ofMessage(message, original) {
    const { name, picture } = this.#faceOf(message.username) ?? message;
    return this.#once(message, original, [name, picture], () => {
      const mine = this.#isMine(message.username);
      return {
        kind: "message",
        key: mine && message.client_id ? `own:${message.client_id}` : `id:${message.id}`,
        id: message.id,
        seq: message.seq,
        clientId: message.client_id,
        mine,
        mentioned: !mine && Boolean(message.mentions?.includes(this.#user.username)),
        username: message.username,
        name,
        picture,
        text: message.message,
        html: message.html,
        isLocal: Boolean(message.provisional),
        timestamp: message.timestamp,
        edited: message.edited ?? null,
        deleted: message.deleted,
        state: mine ? "sent" : null,
        quote: message.deleted ? null : this.quote(message.reply_to, original),
        reactions: this.#reactions(message),
        attachments: message.attachments ?? [],
      };
    });
  }

  ofEntry(entry, original) {
    return this.#once(entry, original, [], () => ({
      kind: "message",
      key: `own:${entry.clientId}`,
      seq: Infinity,
      clientId: entry.clientId,
      mine: true,
      mentioned: false,
      username: this.#user.username,
      name: this.#user.name,
      text: entry.text,
      isLocal: true,
      timestamp: entry.createdAt,
      edited: null,
      deleted: false,
      state: entry.state === "failed" ? "failed" : "sending",
      detail: entry.detail,
      quote: this.quote(entry.replyTo, original),
      reactions: [],
      attachments: entry.attachments ?? [],
    }));
  }

  /** @returns {Quote | null} */
  quote(id, original) {
    if (!id) return null;
    if (!original) return { id, state: "unknown" };
    if (original.isMissing) return { id, state: "missing" };
    const { username } = original;
    const name = this.#nameOf(original);
    const author = { id, username, name, mine: this.#isMine(username) };
    if (original.deleted) return { ...author, state: "deleted" };
    return { ...author, state: "known", text: beginning(spoken(original)) || filesOf(original) };
  }

  #reactions({ reactions, deleted }) {
    if (deleted || !reactions) return [];
    return Object.entries(reactions).map(([emoji, usernames]) => {
      return { emoji, usernames, mine: usernames.some((username) => this.#isMine(username)) };
    });
  }

  #nameOf({ username, name }) {
    return this.#faceOf(username)?.name ?? name;
  }

  #isMine(username) {
    return username === this.#user.username;
  }

  /** @param {(string | undefined)[]} face of its author */
  #once(source, original, face, make) {
    const made = this.#made.get(source);
    const look = [...face, original && this.#nameOf(original)].join("\n");
    if (made && made.original === original && made.look === look) return made.item;
    const item = make();
    this.#made.set(source, { item, original, look });
    return item;
  }
}

/** What there is of a message without words. */
const filesOf = ({ attachments }) => (attachments ?? []).map(({ name }) => name).join(", ");

/** The first words, on one line. */
export function beginning(text) {
  const line = text.replace(/\s+/gu, " ").trim();
  const start = [...line.slice(0, QUOTE_CHARS * 2)].slice(0, QUOTE_CHARS).join("");
  return start.length < line.length ? `${start.trimEnd()}…` : line;
}

export const DIVIDER = Object.freeze({ kind: "divider", key: "divider", seq: 0 });

const lines = new WeakMap();

export function movementItem(line) {
  if (!lines.has(line)) lines.set(line, { kind: "movement", key: line.key, seq: line.after, line });
  return lines.get(line);
}

/**
 * How an item stands to the one above it.
 * @param {{username: string, timestamp: string}} item
 * @param {{username: string, timestamp: string} | null} above null: nothing, or no message
 * @param {(date: Date) => string} dayOf the day in the reader's time zone
 * @returns {{startsDay: boolean, continues: boolean}} `continues`: one more of the same author
 */
export function placeBelow(item, above, dayOf) {
  if (!above) return { startsDay: true, continues: false };
  const [time, timeAbove] = [new Date(item.timestamp), new Date(above.timestamp)];
  const startsDay = dayOf(time) !== dayOf(timeAbove);
  const isNear = Math.abs(time - timeAbove) < GROUP_MS;
  return { startsDay, continues: !startsDay && isNear && item.username === above.username };
}
