// Which part of a long timeline is drawn. Kept as two seqs, not two indexes, so that messages may
// be put in anywhere without moving it.

export class HistoryWindow {
  #top = 0;
  #bottom = Infinity;

  /** @param {{cap: number, step: number}} size in messages; `step` comes in at a time */
  constructor({ cap, step }) {
    this.cap = cap;
    this.step = step;
  }

  /** Drawn up to the newest message, and on as they come. */
  get isAtEnd() {
    return this.#bottom === Infinity;
  }

  /** @param {import("./timeline.js").Timeline} timeline @returns {[number, number]} a slice */
  range(timeline) {
    const from = timeline.indexOf(this.#top);
    const to = this.isAtEnd ? timeline.messages.length : timeline.indexOf(this.#bottom + 1);
    return [from, Math.max(from, to)];
  }

  /** The newest messages, as many as may be drawn. */
  followEnd({ messages }) {
    this.#bottom = Infinity;
    this.#top = seqAt(messages, messages.length - this.cap);
  }

  /** A message and its neighbours, wherever it is. */
  showAround({ messages }, index) {
    const top = Math.max(0, index - Math.floor(this.cap / 2));
    const end = Math.min(messages.length, top + this.cap);
    this.#top = seqAt(messages, top);
    this.#bottom = end === messages.length ? Infinity : messages[end - 1].seq;
  }

  /** New messages are added below until there are too many; then they wait to be scrolled to. */
  holdStill(timeline) {
    const [from, to] = this.range(timeline);
    this.#top = seqAt(timeline.messages, from);
    if (to - from > this.cap) this.#bottom = timeline.messages[from + this.cap - 1].seq;
  }

  /** @returns {boolean} whether there were older messages to draw */
  moveUp(timeline) {
    const [from, to] = this.range(timeline);
    if (from === 0) return false;
    const top = Math.max(0, from - this.step);
    this.#top = timeline.messages[top].seq;
    if (to - top > this.cap) this.#bottom = timeline.messages[top + this.cap - 1].seq;
    return true;
  }

  /** @returns {boolean} whether there were newer messages to draw */
  moveDown(timeline) {
    if (this.isAtEnd) return false;
    const { messages } = timeline;
    const [from, to] = this.range(timeline);
    const bottom = Math.min(messages.length, to + this.step);
    this.#bottom = bottom === messages.length ? Infinity : messages[bottom - 1].seq;
    this.#top = seqAt(messages, Math.max(from, bottom - this.cap));
    return true;
  }
}

/** 0 where the list begins: then older ones, once loaded, would be drawn as well. */
const seqAt = (messages, index) => (index > 0 ? messages[index].seq : (messages[0]?.seq ?? 0));
