// How far the reader has come in the room on screen, and where "New" stands.

const REPORT_MS = 1_500;
/** An older position that crosses with our own report is not the wish to go back. */
const CROSSING_MS = 3_000;

export class Reading {
  #read;
  #told;
  #send;
  #clock;
  #divider;
  #mayMove = false;
  #isHeld = false;
  #timer = null;
  #toldAt = -Infinity;

  /**
   * @param {object} parts
   * @param {number} parts.read the position that the server knows
   * @param {number} parts.unread how much of others waits behind it
   * @param {(command: object) => boolean} parts.send
   */
  constructor({ read, unread, send, clock }) {
    this.#read = this.#told = read;
    this.#divider = unread > 0 ? read : null;
    this.#send = send;
    this.#clock = clock;
  }

  /** The seq up to which everything was seen. */
  get position() {
    return this.#read;
  }

  /** "New" stands below the message with this seq, until the room is left; null: nowhere. */
  get divider() {
    return this.#divider;
  }

  /** What was marked unread waits, although it is on screen. */
  get isHeld() {
    return this.#isHeld;
  }

  /** Up to here it really was seen: the tab in front, the message on the screen. */
  see(seq) {
    if (this.#isHeld || seq <= this.#read) return;
    this.#read = seq;
    this.#reportSoon();
  }

  /** Something came that was not seen. */
  miss() {
    const isPast = this.#divider !== null && this.#mayMove && this.#divider < this.#read;
    if (this.#divider !== null && !isPast) return;
    this.#divider = this.#read;
    this.#mayMove = false;
  }

  /** The reader looks elsewhere: what comes from now on is a new chapter of news. */
  away() {
    this.#mayMove = true;
  }

  /** "Mark unread from here": stays so until something is said, or the room is entered again. */
  markUnread(seq) {
    this.#isHeld = true;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
    this.#read = this.#told = this.#divider = seq - 1;
    return this.#send({ type: "room.read", seq: seq - 1, unread: true });
  }

  /** The reader takes part again. */
  resume() {
    this.#isHeld = false;
  }

  /** The same account elsewhere. */
  hear(seq) {
    if (seq < this.#told) this.#goBack(seq);
    else this.#told = seq;
    this.#read = Math.max(this.#read, this.#told);
  }

  #goBack(seq) {
    if (this.#clock.now() - this.#toldAt < CROSSING_MS) return;
    this.#isHeld = true;
    this.#read = this.#told = this.#divider = seq;
  }

  /** What could not be told while the line was down is told now. */
  opened() {
    if (this.#told < this.#read) this.#report();
  }

  stop() {
    if (this.#timer !== null) this.#report();
  }

  #reportSoon() {
    if (this.#timer !== null) return;
    const left = this.#toldAt + REPORT_MS - this.#clock.now();
    if (left <= 0) this.#report();
    else this.#timer = this.#clock.setTimeout(() => this.#report(), left);
  }

  #report() {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#told >= this.#read) return;
    if (!this.#send({ type: "room.read", seq: this.#read })) return;
    this.#told = this.#read;
    this.#toldAt = this.#clock.now();
  }
}
