// How long to wait before the next attempt to connect. Full jitter: after a restart a thousand
// browsers come back spread out, not in step.

import { Close } from "./protocol.js";

const FIRST_CAP_MS = 500;
const LAST_CAP_MS = 10_000;
const SOON_MS = 2_000;
const CROWDED_FIRST_CAP_MS = 10_000;
const CROWDED_LAST_CAP_MS = 60_000;

/** The server said that it comes back at once. */
const BACK_SOON = new Set([Close.GOING_AWAY, Close.RESTARTING, Close.UNAVAILABLE]);

/**
 * @param {object} failure
 * @param {number} failure.attempt failures in a row before this one, from 0
 * @param {number} failure.code close code of the connection that ended
 * @param {() => number} random in [0, 1)
 * @returns {number} milliseconds
 */
export function reconnectDelay({ attempt, code }, random) {
  return random() * longestDelay(attempt, code);
}

function longestDelay(attempt, code) {
  if (code === Close.TOO_MANY) return doubled(CROWDED_FIRST_CAP_MS, attempt, CROWDED_LAST_CAP_MS);
  if (attempt === 0 && BACK_SOON.has(code)) return SOON_MS;
  return doubled(FIRST_CAP_MS, attempt, LAST_CAP_MS);
}

function doubled(first, times, last) {
  return Math.min(last, first * 2 ** Math.min(times, 16));
}
