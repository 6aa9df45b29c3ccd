// Commands that are answered once, by `ok` or by `error`; the answer is known by its `ref`. Where the
// line is away they wait for it, as messages do; and what it was cut under is asked once more, which
// does no harm: to change, to delete and to react are the same done twice.

import { gettext } from "./words.js";

const ANSWER_MS = 15_000;
const TRIES = 2;
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
    const ref = `q${(this.#asked += 1)}`;
    const question = { command: { ...command, ref }, timer: null, tries: 0 };
    this.#open.set(ref, question);
    signal?.addEventListener("abort", () => question.tries || this.#answer(ref, withdrawn()));
    return new Promise((resolve) => {
      question.resolve = resolve;
      this.#put(question);
    });
  }

  /**
   * Takes back what waits for the line.
   * @param {(command: object) => boolean} isIt @returns {boolean} whether there was such a one
   */
  withdraw(isIt) {
    const found = [...this.#open].find(([, { command, tries }]) => !tries && isIt(command));
    if (found) this.#answer(found[0], null);
    return Boolean(found);
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
    this.#answer(event.ref, event.type === "ok" ? null : event);
  }

  /** The line is down: what was sent may have been heard or not. */
  pause() {
    for (const [ref, question] of this.#open) {
      this.#clock.clearTimeout(question.timer);
      question.timer = null;
      if (question.tries === TRIES) this.#answer(ref, lost());
    }
  }

  /** No line will come any more. */
  stop() {
    for (const ref of this.#open.keys()) this.#answer(ref, lost());
  }

  #put(question) {
    const { command } = question;
    if (!this.#send(command)) return;
    question.tries += 1;
    question.timer = this.#clock.setTimeout(() => this.#answer(command.ref, lost()), ANSWER_MS);
  }

  #answer(ref, refusal) {
    const question = this.#open.get(ref);
    if (!question) return;
    this.#open.delete(ref);
    this.#clock.clearTimeout(question.timer);
    question.resolve(refusal);
  }
}
