// Commands that are answered once, by `ok` or by `error`; the answer is known by its `ref`. Where the
// line is away they wait for it, as messages do; and what it was cut under is asked once more, which
// does no harm: to change, to delete and to react are the same done twice.

import { isPassing } from "../net/protocol.js";
import { gettext } from "./words.js";

const ANSWER_MS = 15_000;
const ASK_AGAIN_MS = 2_000;
const CUTS_MOST = 2;
const PUT_OFF_MOST = 5;
const lost = () => ({
  code: "lost",
  detail: gettext("The connection was lost before it was done."),
});
const withdrawn = () => ({ code: "withdrawn", detail: "" });

/** @typedef {{code: string, detail: string}} Refusal */

export class Questions {
  #send;
  #clock;
  #open = new Map();
  #asked = 0;
  #isOver = false;

  /** @param {{send: (command: object) => boolean, clock: object}} parts */
  constructor({ send, clock }) {
    this.#send = send;
    this.#clock = clock;
  }

  /**
   * @param {object} command
   * @param {AbortSignal} [signal] that it is not wanted any more; what was sent stays asked
   * @returns {Promise<Refusal | null>} null: it is done
   */
  ask(command, signal) {
    if (this.#isOver) return Promise.resolve(lost());
    const ref = `q${(this.#asked += 1)}`;
    const question = { command: { ...command, ref }, timer: null, isSent: false, cuts: 0, putOff: 0 };
    this.#open.set(ref, question);
    signal?.addEventListener("abort", () => question.isSent || this.#answer(ref, withdrawn()));
    return new Promise((resolve) => {
      question.resolve = resolve;
      this.#put(question);
    });
  }

  /** @param {(command: object) => boolean} isIt @returns {object | null} the command that waits for the line */
  waiting(isIt) {
    const found = [...this.#open.values()].find(({ command, isSent }) => !isSent && isIt(command));
    return found?.command ?? null;
  }

  /** Takes back what waits for the line. */
  withdraw({ ref }) {
    this.#answer(ref, null);
  }

  /** Whether something waits for the line. */
  get isWaiting() {
    return [...this.#open.values()].some(({ timer }) => timer === null);
  }

  /** The line is there. */
  resume() {
    for (const question of this.#open.values()) if (question.timer === null) this.#put(question);
  }

  hear(event) {
    const question = this.#open.get(event.ref);
    if (!question) return;
    if (event.type === "ok") this.#answer(event.ref, null);
    else if (isPassing(event.code) && question.putOff < PUT_OFF_MOST) this.#putOff(question, event);
    else this.#answer(event.ref, event);
  }

  /** The line is down: what was sent may have been heard or not. */
  pause() {
    for (const [ref, question] of this.#open) {
      if (question.timer === null) continue;
      this.#stopTimer(question);
      question.cuts += 1;
      if (question.cuts === CUTS_MOST) this.#answer(ref, lost());
    }
  }

  /** No line will come any more. */
  stop() {
    this.#isOver = true;
    for (const ref of this.#open.keys()) this.#answer(ref, lost());
  }

  #put(question) {
    const { command } = question;
    if (!this.#send(command)) return;
    question.isSent = true;
    question.timer = this.#clock.setTimeout(() => this.#answer(command.ref, lost()), ANSWER_MS);
  }

  /** Too much at once, or the server cannot just now. */
  #putOff(question, { retry_after: seconds }) {
    this.#stopTimer(question);
    question.putOff += 1;
    const again = () => {
      question.timer = null;
      this.#put(question);
    };
    question.timer = this.#clock.setTimeout(again, seconds ? seconds * 1000 : ASK_AGAIN_MS);
  }

  #stopTimer(question) {
    this.#clock.clearTimeout(question.timer);
    question.timer = null;
  }

  #answer(ref, refusal) {
    const question = this.#open.get(ref);
    if (!question) return;
    this.#open.delete(ref);
    this.#stopTimer(question);
    question.resolve(refusal);
  }
}
