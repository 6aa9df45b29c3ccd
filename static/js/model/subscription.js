// Keeps the subscription to a room whole: asks again, from the tick that is held, whenever
// something shows that news was missed, and never twice at the same time.

import { isPassing } from "../net/protocol.js";

const BEHIND_MS = 5_000;
const ASK_AGAIN_MS = 2_000;

/** The `ref` by which the answers to this command are known. */
export const SUBSCRIBE = "subscribe";

export class Subscription {
  isActive = false;
  #room;
  #tick;
  #send;
  #clock;
  #isAsking = false;
  #timer = null;

  /**
   * @param {object} parts
   * @param {string} parts.room its slug
   * @param {() => number} parts.tick the tick below which nothing is missing
   * @param {(command: object) => boolean} parts.send
   */
  constructor({ room, tick, send, clock }) {
    this.#room = room;
    this.#tick = tick;
    this.#send = send;
    this.#clock = clock;
  }

  /** On a new connection, and after a hole: what was missed comes before the answer. */
  resume() {
    if (this.#isAsking) return;
    this.#clock.clearTimeout(this.#timer);
    const after = this.#tick();
    const command = { type: "room.subscribe", room: this.#room, after, ref: SUBSCRIBE };
    this.#isAsking = this.#send(command);
  }

  confirm() {
    this.#isAsking = false;
    this.isActive = true;
  }

  /** @returns {boolean} whether asking again later may help, which is then done */
  refuse({ code, retry_after: seconds }) {
    this.#isAsking = false;
    if (!isPassing(code)) return false;
    this.#resumeIn(seconds ? seconds * 1000 : ASK_AGAIN_MS);
    return true;
  }

  /** The server's tick: when it is above ours, the news is on its way, or it was lost. */
  compare(head) {
    const held = this.#tick();
    if (!(head > held)) return;
    this.#resumeIn(BEHIND_MS, () => this.#tick() < head);
  }

  end() {
    this.isActive = this.#isAsking = false;
    this.#clock.clearTimeout(this.#timer);
  }

  #resumeIn(delay, isNeeded = () => true) {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(() => {
      if (!isNeeded()) return;
      this.#isAsking = false;
      this.resume();
    }, delay);
  }
}
