// What the page asks over HTTP.

/** A refusal or a failed request; `status` is 0 when no answer came. */
export class RequestError extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/**
 * @param {string} address the room's history
 * @param {{before?: number, limit: number}} range
 * @param {typeof fetch} fetch
 * @returns {Promise<{room: string, seq: number, messages: object[]}>}
 */
export async function fetchHistory(address, { before, limit }, fetch) {
  const query = new URLSearchParams({ limit: String(limit) });
  if (before !== undefined) query.set("before", String(before));
  return getJSON(`${address}?${query}`, fetch);
}

async function getJSON(address, fetch) {
  const response = await answerOf(address, fetch);
  if (!response.ok) throw new RequestError(response.status, response.statusText);
  try {
    return await response.json();
  } catch {
    throw new RequestError(response.status, "unreadable answer");
  }
}

async function answerOf(address, fetch) {
  try {
    return await fetch(address, {
      headers: { Accept: "application/json" },
      credentials: "same-origin",
    });
  } catch (error) {
    throw new RequestError(0, String(error));
  }
}
