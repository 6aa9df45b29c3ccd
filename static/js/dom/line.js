// The line to the server, as a page has it.

import { systemClock } from "../net/clock.js";
import { ChatSocket } from "../net/socket.js";
import { allowed } from "./quirks.js";

const REDIRECT_PAUSE_MS = 30_000;

/** @param {string} path @param {object} listeners `onEvents`, `onState`: see ChatSocket */
export function makeSocket(path, listeners) {
  const address = new URL(path, location.href.replace(/^http/, "ws")).href;
  return new ChatSocket({ address, WebSocket, clock: systemClock, random: Math.random, ...listeners });
}

/** The line goes and comes with the page, and with what the browser knows of the network. */
export function keepLine(socket, signal) {
  const on = (target, type, act) => target.addEventListener(type, act, { signal });
  on(document, "visibilitychange", () => document.hidden || socket.wake());
  on(window, "online", () => socket.wake());
  on(window, "offline", () => socket.wake());
  on(window, "pagehide", () => socket.pause());
  on(window, "pageshow", ({ persisted }) => persisted && socket.start());
}

/**
 * Whether to lead to the sign-in by itself: once in a while only. Where signing in does not help,
 * it would go round for ever.
 */
export function maySignIn() {
  const storage = allowed("sessionStorage");
  const last = Number(storage?.getItem("signed-out-at") ?? 0);
  storage?.setItem("signed-out-at", String(Date.now()));
  return Boolean(storage) && Date.now() - last > REDIRECT_PAUSE_MS;
}
