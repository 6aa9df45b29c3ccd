// The words of the wire that more than one file needs (docs/protocol.md).

export const Close = Object.freeze({
  GOING_AWAY: 1001,
  LOST: 1006,
  RESTARTING: 1012,
  BROKEN_CLIENT: 4400,
  NOT_SIGNED_IN: 4401,
  REMOVED: 4403,
  NO_SUCH_ROOM: 4404,
  TOO_SLOW: 4408,
  TOO_MANY: 4429,
  UNAVAILABLE: 4503,
});

/** After these, trying again would be answered in the same way. */
const FINAL = new Set([
  Close.BROKEN_CLIENT,
  Close.NOT_SIGNED_IN,
  Close.REMOVED,
  Close.NO_SUCH_ROOM,
]);

export const isFinal = (code) => FINAL.has(code);

/** Refusals after which the same command may be sent again, unchanged. */
const PASSING = new Set(["rate_limited", "unavailable"]);

export const isPassing = (code) => PASSING.has(code);

/**
 * The events of one frame: an object, or (we ask for batches) an array of them.
 * What is not JSON is nothing: a broken frame must not end the page.
 * @param {unknown} text
 * @returns {object[]}
 */
export function decodeFrame(text) {
  try {
    const frame = JSON.parse(text);
    return (Array.isArray(frame) ? frame : [frame]).filter(isEvent);
  } catch {
    return [];
  }
}

const isEvent = (value) => typeof value?.type === "string";

/**
 * The version of the page, as `welcome` has it, that a module belongs to. Empty while debugging.
 * @param {string} address of the module
 */
export const versionOf = (address) => address.match(/\/([0-9a-f]{12})\/js\//)?.[1] ?? "";

/** Whether there was an update; where one of the two is not known, nobody can tell. */
export const isAnother = (served, own) => Boolean(served && own) && served !== own;

/** Every durable change has its tick and the one before it; presence and answers have not. */
export const isChange = (event) => Number.isInteger(event.seq) && Number.isInteger(event.prev);

/**
 * The message that a change carries, without the words that belong to the event.
 * @returns {import("../model/timeline.js").Message | null}
 */
export function messageIn(event) {
  if (event.changed) return event.changed;
  if (event.type !== "message.posted") return null;
  const { type: _type, prev: _prev, ref: _ref, ...message } = event;
  return message;
}

/**
 * What makes a post idempotent: a random UUID. On http://192.168.… there is no crypto.randomUUID:
 * it needs a secure context.
 * @param {Crypto} crypto
 */
export function newClientId(crypto = globalThis.crypto) {
  if (crypto.randomUUID) return crypto.randomUUID();
  return versionFour(crypto.getRandomValues(new Uint8Array(16)));
}

function versionFour(bytes) {
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
