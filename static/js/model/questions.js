// Commands that are answered once, by `ok` or by `error`; the answer is known by its `ref`.

import { gettext } from "./words.js";

const ANSWER_MS = 15_000;
const lost = (detail) => ({ code: "lost", detail });
const noLine = () => lost(gettext("There is no connection right now."));
const noAnswer = () => lost(gettext("The connection was lost before it was done."));

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

  /** @returns {Promise<Refusal | null>} null: it is done */
  ask(command) {
    const ref = `q${(this.#asked += 1)}`;
    if (!this.#send({ ...command, ref })) return Promise.resolve(noLine());
    return new Promise((resolve) => {
      const timer = this.#clock.setTimeout(() => this.#answer(ref, noAnswer()), ANSWER_MS);
      this.#open.set(ref, { resolve, timer });
    });
  }

  hear(event) {
    this.#answer(event.ref, event.type === "ok" ? null : event);
  }

  /** The line is down: what is not answered by now will not be. */
  lose() {
    for (const ref of [...this.#open.keys()]) this.#answer(ref, noAnswer());
  }

  #answer(ref, refusal) {
    const question = this.#open.get(ref);
    if (!question) return;
    this.#open.delete(ref);
    this.#clock.clearTimeout(question.timer);
    question.resolve(refusal);
  }
}
