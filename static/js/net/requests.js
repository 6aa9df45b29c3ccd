// What the page asks over HTTP.

/** Somebody waits in front of a field. */
const PATIENCE_MS = 10_000;

/** A refusal or a failed request; `status` is 0 when no answer came. */
export class RequestError extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/**
 * @param {string} address the room's history
 * @param {{before?: number, around?: number, limit: number}} range `around` a message id
 * @param {typeof fetch} fetch
 * @returns {Promise<{room: string, seq: number, messages: object[]}>}
 */
export async function fetchHistory(address, range, fetch) {
  return getJSON(`${address}?${new URLSearchParams(range)}`, fetch);
}

/**
 * @param {string} address of who is in the room, or of everybody
 * @param {{q: string, after?: string, limit: number}} query `after` a username
 * @param {typeof fetch} fetch @param {AbortSignal} [signal] otherwise it ends after a while
 * @returns {Promise<{count: number, people: object[], next: string | null}>}
 */
export async function fetchPeople(address, query, fetch, signal = AbortSignal.timeout(PATIENCE_MS)) {
  return getJSON(`${address}?${new URLSearchParams(query)}`, fetch, { signal });
}

/**
 * @param {string} address of all rooms
 * @param {string} q the beginning of a name
 * @param {typeof fetch} fetch @param {AbortSignal} signal
 * @returns {Promise<{rooms: {room: string, name: string, kind: string, topic: string}[]}>}
 */
export async function fetchRooms(address, q, fetch, signal) {
  return getJSON(`${address}?${new URLSearchParams({ q })}`, fetch, { signal });
}

/**
 * @param {string} address of the search
 * @param {{q: string, room?: string, before?: number}} query `room` a slug, `before` a message's id
 * @param {typeof fetch} fetch @param {AbortSignal} signal
 * @returns {Promise<{messages: object[], rooms: Object<string, string>, next: number | null}>}
 */
export async function fetchMessages(address, query, fetch, signal) {
  return getJSON(`${address}?${new URLSearchParams(query)}`, fetch, { signal });
}

/** @param {string} token against requests from other sites @param {typeof fetch} fetch */
export async function sendJSON(address, body, token, fetch) {
  const response = await fetch(address, {
    method: "POST",
    headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": token },
    credentials: "same-origin",
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  if (!response.ok) throw new RequestError(response.status, response.statusText);
  return response.json();
}

/**
 * @param {string} address of who belongs to the room
 * @param {string} q the beginning of a username
 * @param {typeof fetch} fetch
 * @returns {Promise<{people: {username: string, name: string}[]}>}
 */
export async function fetchNamesakes(address, q, fetch) {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  return getJSON(`${address}?${new URLSearchParams({ q })}`, fetch, { signal });
}

/**
 * @param {string} address of the rooms
 * @param {string[]} people usernames
 * @returns {Promise<{room: string}>} the conversation with them
 */
export function openConversation(address, people, token, fetch) {
  return sendJSON(address, { kind: "direct", people }, token, fetch);
}

async function getJSON(address, fetch, options) {
  const response = await answerOf(address, fetch, options);
  if (!response.ok) throw new RequestError(response.status, response.statusText);
  try {
    return await response.json();
  } catch {
    throw new RequestError(response.status, "unreadable answer");
  }
}

async function answerOf(address, fetch, options) {
  try {
    return await fetch(address, {
      ...options,
      headers: { Accept: "application/json" },
      credentials: "same-origin",
    });
  } catch (error) {
    throw new RequestError(0, String(error));
  }
}
