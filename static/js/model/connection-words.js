// What the page says about its connection.

import { Close } from "../net/protocol.js";

const CAUSES = {
  [Close.GOING_AWAY]: "The server is restarting.",
  [Close.RESTARTING]: "The server is restarting.",
  [Close.UNAVAILABLE]: "The server cannot answer right now.",
  [Close.TOO_MANY]: "Too many tabs and devices are connected with your account.",
  [Close.TOO_SLOW]: "The connection was too slow to keep up.",
};

const SIGN_IN = { way: "login", label: "Sign in" };
const ALL_ROOMS = { way: "rooms", label: "All rooms" };
const RELOAD = { way: "reload", label: "Reload" };
const TRY_NOW = { way: "now", label: "Try now" };

const ENDINGS = {
  [Close.NOT_SIGNED_IN]: { cause: "You are signed out.", action: SIGN_IN },
  [Close.REMOVED]: { cause: "You were removed from this room.", action: ALL_ROOMS },
  [Close.NO_SUCH_ROOM]: { cause: "This room is not there any more.", action: ALL_ROOMS },
  [Close.BROKEN_CLIENT]: { cause: "This page is out of date.", action: RELOAD },
};

const CATCHING_UP = {
  cause: "Catching up with the room.",
  next: "One moment…",
  action: TRY_NOW,
};

/** @typedef {{cause: string, next: string, action: {way: string, label: string}}} Words */

/**
 * @param {import("../net/socket.js").SocketState} state
 * @param {object} circumstances
 * @param {number} circumstances.now
 * @param {boolean} circumstances.isOnline as the browser believes
 * @param {boolean} circumstances.isCaughtUp the room has told what was missed
 * @param {number} circumstances.unsent messages that wait
 * @returns {Words | null} null: all is well
 */
export function describe(state, { now, isOnline, isCaughtUp, unsent }) {
  if (state.phase === "idle") return null;
  if (state.phase === "open") return isCaughtUp ? null : CATCHING_UP;
  if (state.phase === "stopped") return { next: "", ...ENDINGS[state.code] };
  const cause = causeOf(state, isOnline);
  const kept = unsent ? ` ${waiting(unsent)}` : "";
  return { cause: cause + kept, next: nextStep(state, now), action: TRY_NOW };
}

function causeOf(state, isOnline) {
  if (!isOnline) return "You are offline.";
  if (state.code === undefined) return "Connecting to the server.";
  return CAUSES[state.code] ?? "The connection is lost.";
}

function nextStep({ phase, retryAt }, now) {
  if (phase === "connecting") return "Trying now…";
  return `Next try in ${Math.max(1, Math.ceil((retryAt - now) / 1000))} s`;
}

const waiting = (unsent) =>
  unsent === 1 ? "1 message waits to be sent." : `${unsent} messages wait to be sent.`;
