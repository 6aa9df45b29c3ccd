// What the page says about its connection, and of questions that the server refuses.

import { Close } from "../net/protocol.js";
import { gettext, ngettext } from "./words.js";

const CAUSES = {
  [Close.GOING_AWAY]: () => gettext("The server is restarting."),
  [Close.RESTARTING]: () => gettext("The server is restarting."),
  [Close.UNAVAILABLE]: () => gettext("The server can’t respond right now."),
  [Close.TOO_MANY]: () => gettext("Too many tabs and devices are connected with your account."),
  [Close.TOO_SLOW]: () => gettext("The connection was too slow to keep up."),
};

const signIn = () => ({ way: "login", label: gettext("Sign in") });
const allRooms = () => ({ way: "rooms", label: gettext("All rooms") });
const reload = () => ({ way: "reload", label: gettext("Reload") });
const tryNow = () => ({ way: "now", label: gettext("Try now") });

const signedOut = () => gettext("You are signed out.");

const ENDINGS = {
  [Close.NOT_SIGNED_IN]: () => ({ cause: signedOut(), action: signIn() }),
  [Close.REMOVED]: () => ({ cause: gettext("You were removed from this room."), action: allRooms() }),
  [Close.NO_SUCH_ROOM]: () => ({
    cause: gettext("This room is not there any more."),
    action: allRooms(),
  }),
  [Close.BROKEN_CLIENT]: () => ({ cause: gettext("This page is out of date."), action: reload() }),
};

const catchingUp = () => ({
  cause: gettext("Catching up with the room."),
  next: gettext("One moment…"),
  action: tryNow(),
});

const REFUSALS = {
  401: signedOut,
  429: () => gettext("That was too much at once. Try again in a moment."),
};

/** @param {number} status of an answer over HTTP @returns {string | undefined} what is meant anywhere */
export const refusalWords = (status) => REFUSALS[status]?.();

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
  if (state.phase === "open") return isCaughtUp ? null : catchingUp();
  if (state.phase === "stopped") return { next: "", ...ENDINGS[state.code]?.() };
  const cause = causeOf(state, isOnline);
  const kept = unsent ? ` ${waiting(unsent)}` : "";
  return { cause: cause + kept, next: nextStep(state, now), action: tryNow() };
}

function causeOf(state, isOnline) {
  if (!isOnline) return gettext("You are offline.");
  if (state.code === undefined) return gettext("Connecting to the server.");
  return CAUSES[state.code]?.() ?? gettext("The connection is lost.");
}

function nextStep({ phase, retryAt }, now) {
  if (phase === "connecting") return gettext("Trying now…");
  const seconds = Math.max(1, Math.ceil((retryAt - now) / 1000));
  return gettext("Next try in %(seconds)s s", { seconds });
}

const waiting = (unsent) =>
  ngettext("%(count)s message is waiting to be sent.", "%(count)s messages are waiting to be sent.", unsent);
