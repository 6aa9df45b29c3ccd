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
 * @param {{before?: number, around?: number, limit: number}} range `around` a message id
 * @param {typeof fetch} fetch
 * @returns {Promise<{room: string, seq: number, messages: object[]}>}
 */
export async function fetchHistory(address, range, fetch) {
  return getJSON(`${address}?${new URLSearchParams(range)}`, fetch);
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
