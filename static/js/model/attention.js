// Whether somebody sits in front of this tab: it can be seen, and there was input lately.

const IDLE_MS = 5 * 60 * 1000;

export class Attention {
  #clock;
  #onChange;
  #isVisible;
  #lastInput;
  #isIdle = false;
  #timer = null;

  /** @param {(isIdle: boolean) => void} parts.onChange */
  constructor({ clock, isVisible, onChange }) {
    this.#clock = clock;
    this.#onChange = onChange;
    this.#isVisible = isVisible;
    this.#lastInput = clock.now();
    this.#review();
  }

  get isIdle() {
    return this.#isIdle;
  }

  noticeInput() {
    this.#lastInput = this.#clock.now();
    if (this.#isIdle) this.#review();
  }

  noticeVisibility(isVisible) {
    this.#isVisible = isVisible;
    if (isVisible) this.#lastInput = this.#clock.now();
    this.#review();
  }

  stop() {
    this.#clock.clearTimeout(this.#timer);
  }

  #review() {
    const left = this.#lastInput + IDLE_MS - this.#clock.now();
    this.#become(!this.#isVisible || left <= 0);
    this.#clock.clearTimeout(this.#timer);
    if (!this.#isIdle) this.#timer = this.#clock.setTimeout(() => this.#review(), left);
  }

  #become(isIdle) {
    if (isIdle === this.#isIdle) return;
    this.#isIdle = isIdle;
    this.#onChange(isIdle);
  }
}
