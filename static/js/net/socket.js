// One connection that keeps coming back. Knows frames, silence and close codes; knows nothing of
// rooms. Time is measured, never counted in timer ticks: a hidden tab's timers run once a minute.

import { Close, decodeFrame, isFinal } from "./protocol.js";

const DEFAULT_HEARTBEAT_S = 20;
const ANSWER_MS = 10_000;
const QUICK_ANSWER_MS = 3_000;
const CONNECT_MS = 15_000;
const STEADY_MS = 5_000;
const LATE_TIMER_MS = 2_000;
const SECOND_LOOK_MS = 1_000;

/**
 * @typedef {object} SocketState
 * @property {"idle"|"connecting"|"open"|"waiting"|"stopped"} phase "open" begins with `welcome`
 * @property {number} [code] why the last connection ended
 * @property {number} [retryAt] when "waiting" ends, by the clock's now()
 */

export class ChatSocket {
  #address;
  #WebSocket;
  #clock;
  #random;
  #onEvents;
  #onState;
  #socket = null;
  #state = { phase: "idle" };
  #failures = 0;
  #heartbeatMs = DEFAULT_HEARTBEAT_S * 1000;
  #startedAt = 0;
  #openedAt = 0;
  #heardAt = 0;
  #pingedAt = null;
  #answerMs = ANSWER_MS;
  #timer = null;

  /**
   * @param {object} parts
   * @param {string} parts.address
   * @param {typeof WebSocket} parts.WebSocket
   * @param {{now(): number, setTimeout: Function, clearTimeout: Function}} parts.clock milliseconds
   * @param {() => number} parts.random
   * @param {(events: object[]) => void} parts.onEvents all events of a frame at once
   * @param {(state: SocketState) => void} parts.onState
   */
  constructor({ address, WebSocket, clock, random, onEvents, onState }) {
    this.#address = address;
    this.#WebSocket = WebSocket;
    this.#clock = clock;
    this.#random = random;
    this.#onEvents = onEvents;
    this.#onState = onState;
  }

  get isOpen() {
    return this.#state.phase === "open";
  }

  /** Connects; does nothing while connected, or after an end that is final. */
  start() {
    if (this.#state.phase === "idle" || this.#state.phase === "waiting") this.#connect();
  }

  /** Until the next start(): the page goes into the browser's memory, or away. */
  pause() {
    if (this.#state.phase === "stopped") return;
    this.#letGo();
    this.#become({ phase: "idle" });
  }

  /** For an end that only the caller understands, such as a room that is gone. */
  stop(code) {
    this.#letGo();
    this.#become({ phase: "stopped", code });
  }

  /** @returns {boolean} whether it was handed to the network */
  send(command) {
    if (!this.isOpen) return false;
    this.#socket.send(JSON.stringify(command));
    return true;
  }

  /** The network changed or the tab is seen again: believe nothing, find out at once. */
  wake() {
    if (this.#state.phase === "waiting") this.#connect();
    else if (this.isOpen) this.#ping(QUICK_ANSWER_MS);
  }

  #connect() {
    this.#clock.clearTimeout(this.#timer);
    this.#startedAt = this.#clock.now();
    this.#become({ phase: "connecting", code: this.#state.code });
    const socket = new this.#WebSocket(this.#address);
    socket.onmessage = ({ data }) => this.#hear(data);
    socket.onclose = ({ code }) => this.#ended(code);
    this.#socket = socket;
    this.#lookIn(CONNECT_MS);
  }

  #hear(data) {
    this.#heardAt = this.#clock.now();
    this.#pingedAt = null;
    const events = decodeFrame(data);
    const welcome = events.find((event) => event.type === "welcome");
    if (welcome) this.#welcomed(welcome);
    this.#onEvents(events);
  }

  #welcomed(welcome) {
    this.#heartbeatMs = (welcome.heartbeat || DEFAULT_HEARTBEAT_S) * 1000;
    this.#openedAt = this.#heardAt;
    this.#become({ phase: "open" });
    this.#lookIn(this.#heartbeatMs);
  }

  #ended(code) {
    const wasSteady = this.isOpen && this.#clock.now() - this.#openedAt >= STEADY_MS;
    this.#letGo();
    if (isFinal(code)) return this.#become({ phase: "stopped", code });
    if (wasSteady) this.#failures = 0;
    this.#waitAfter(code);
  }

  #waitAfter(code) {
    const delay = reconnectDelay({ attempt: this.#failures, code }, this.#random);
    this.#failures += 1;
    this.#become({ phase: "waiting", code, retryAt: this.#clock.now() + delay });
    this.#timer = this.#clock.setTimeout(() => this.#connect(), delay);
  }

  #letGo() {
    this.#clock.clearTimeout(this.#timer);
    this.#pingedAt = null;
    if (!this.#socket) return;
    this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close();
    this.#socket = null;
  }

  #ping(answerMs) {
    if (this.#pingedAt === null) this.#pingedAt = this.#clock.now();
    this.#answerMs = answerMs;
    this.send({ type: "ping" });
    this.#lookIn(answerMs);
  }

  #lookIn(delay, look = this.#lookUnlessLate) {
    const due = this.#clock.now() + delay;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(() => look.call(this, due), delay);
  }

  /** A timer that comes late means that we slept: frames may be waiting right behind it. */
  #lookUnlessLate(due) {
    if (this.#clock.now() - due > LATE_TIMER_MS) this.#lookIn(SECOND_LOOK_MS, this.#look);
    else this.#look();
  }

  #look() {
    if (!this.isOpen) return this.#lookAtHandshake();
    if (this.#pingedAt !== null) return this.#lookForAnswer();
    const quiet = this.#clock.now() - this.#heardAt;
    if (quiet >= this.#heartbeatMs) this.#ping(ANSWER_MS);
    else this.#lookIn(Math.min(this.#heartbeatMs, this.#heartbeatMs - quiet));
  }

  #lookAtHandshake() {
    const left = this.#startedAt + CONNECT_MS - this.#clock.now();
    if (left <= 0) this.#ended(Close.LOST);
    else this.#lookIn(left);
  }

  #lookForAnswer() {
    const left = this.#pingedAt + this.#answerMs - this.#clock.now();
    if (left <= 0) this.#ended(Close.LOST);
    else this.#lookIn(left);
  }

  #become(state) {
    this.#state = state;
    this.#onState(state);
  }
}

// How long to wait before the next attempt to connect. Full jitter: after a restart a thousand
// browsers come back spread out, not in step.

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
