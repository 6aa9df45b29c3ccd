// Time as the rest of the code takes it: by argument, so that tests can bring their own.

/** Date.now() and not performance.now(): the latter may stand still while a machine sleeps. */
export const systemClock = Object.freeze({
  now: () => Date.now(),
  setTimeout: (callback, delay) => globalThis.setTimeout(callback, delay),
  clearTimeout: (timer) => globalThis.clearTimeout(timer),
});

/** What is done once nothing came for a while: when the typing rests, the server is asked. */
export class Pause {
  #clock;
  #length;
  #act;
  #timer = null;

  /** @param {object} clock @param {number} length in milliseconds @param {() => void} act */
  constructor(clock, length, act) {
    this.#clock = clock;
    this.#length = length;
    this.#act = act;
  }

  /** From now on, whether it has begun before or not. */
  begin() {
    this.end();
    this.#timer = this.#clock.setTimeout(() => this.#over(), this.#length);
  }

  /** Without what was to be done. */
  end() {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  get isOn() {
    return this.#timer !== null;
  }

  #over() {
    this.#timer = null;
    this.#act();
  }
}
