// What is loaded of a room, and which stretch of it is on screen: the present, or a passage of the
// past that somebody went to, until that has been read on up to the present.

import { Timeline } from "./timeline.js";

const PAGE = 50;
const LONG_PAGE = 100;

/** @typedef {import("./timeline.js").Message} Message */

export class History {
  timeline = new Timeline();
  /** @type {"idle"|"loading"|"failed"} of what is older than what is shown */
  state = "idle";
  #passage = null;
  #isLoadingNewer = false;
  #fetch;
  #onChange;
  #onLoaded;

  /**
   * @param {object} parts
   * @param {{seq: number, messages: Message[]}} parts.page the newest messages
   * @param {(range: {before?: number, around?: number, limit: number}) => Promise<object>}
   *   parts.fetch rejects with an error that has a `status`
   * @param {() => void} parts.onChange
   * @param {(messages: Message[]) => void} parts.onLoaded
   */
  constructor({ page, fetch, onChange, onLoaded }) {
    this.#fetch = fetch;
    this.#onChange = onChange;
    this.#onLoaded = onLoaded;
    this.timeline.load(page, PAGE);
  }

  /** What is on screen. */
  get shown() {
    return this.#passage ?? this.timeline;
  }

  get isInPresent() {
    return this.#passage === null;
  }

  /** @returns {Message | undefined} */
  get(id) {
    return this.timeline.get(id) ?? this.#passage?.get(id);
  }

  /** @returns {"applied"|"old"|"hole"} */
  apply(event) {
    const outcome = this.timeline.apply(event);
    if (outcome === "applied" && event.changed) this.#passage?.touch(event.changed);
    return outcome;
  }

  /** Too much was missed to be replayed: what is shown may no longer be true. */
  restart(tick) {
    this.timeline.restart(tick);
    this.returnToPresent();
    this.#onChange();
    this.loadOlder();
  }

  /** The page before the oldest message that is shown. */
  async loadOlder() {
    const { shown } = this;
    if (this.state === "loading" || shown.isComplete) return;
    const before = shown.floor;
    this.#become("loading");
    const page = await this.#fetch({ before, limit: PAGE }).catch(() => null);
    if (page && shown === this.shown && shown.floor === before) this.#takeOlder(page.messages);
    this.#become(page ? "idle" : "failed");
    if (page && shown === this.timeline && shown.floor > before) this.loadOlder();
  }

  /** The page after the newest message of the passage that is shown. */
  async loadNewer() {
    const passage = this.#passage;
    const last = passage?.messages.at(-1);
    if (!last || this.#isLoadingNewer) return;
    this.#isLoadingNewer = true;
    const page = await this.#fetch({ around: last.id, limit: LONG_PAGE }).catch(() => null);
    this.#isLoadingNewer = false;
    if (page && passage === this.#passage) this.#takeNewer(partsOf(page, last.id, LONG_PAGE));
  }

  /**
   * Brings a message onto the screen, with what was said before and after it.
   * @returns {Promise<"shown"|"missing"|"failed">}
   */
  async goTo(id) {
    if (this.shown.get(id)) return "shown";
    if (this.timeline.get(id)) return this.#leavePassage();
    try {
      const page = await this.#fetch({ around: id, limit: PAGE });
      return this.#openPassage(page.messages, partsOf(page, id, PAGE));
    } catch (error) {
      return error.status === 404 ? "missing" : "failed";
    }
  }

  /** Brings what follows a tick onto the screen. @returns {Promise<"shown"|"failed">} */
  async goBehind(tick) {
    if (reaches(this.shown, tick)) return "shown";
    if (reaches(this.timeline, tick)) return this.#leavePassage();
    // So many ticks hold at most so many messages: none in between is left out.
    const before = tick + PAGE / 2;
    const page = await this.#fetch({ before, limit: PAGE }).catch(() => null);
    if (!page?.messages.length) return "failed";
    const floor = page.messages.length < PAGE ? 0 : page.messages[0].seq;
    return this.#openPassage(page.messages, { floor, ceiling: before - 1 });
  }

  /** The first message of what is shown that follows a tick and fits; null where none is loaded. */
  firstBehind(tick, fits) {
    const { shown } = this;
    if (!reaches(shown, tick)) return null;
    const { messages } = shown;
    for (let index = shown.indexOf(tick + 1); index < messages.length; index += 1) {
      if (fits(messages[index])) return messages[index];
    }
    return null;
  }

  returnToPresent() {
    this.#passage = null;
  }

  /** One message by itself. @returns {Promise<Message | null>} null: there is none */
  async fetchMessage(id) {
    try {
      const { messages } = await this.#fetch({ around: id, limit: 1 });
      const message = messages.find((each) => each.id === id) ?? null;
      return message && this.timeline.freshest(message);
    } catch (error) {
      if (error.status === 404) return null;
      throw error;
    }
  }

  #takeOlder(messages) {
    this.shown.mergeOlder(this.#fresh(messages), PAGE);
    this.#taken(messages);
  }

  #takeNewer({ later, ceiling }) {
    this.#passage.mergeNewer(this.#fresh(later), ceiling);
    this.#taken(later);
    this.#onChange();
  }

  #openPassage(messages, { floor, ceiling }) {
    this.#passage = this.timeline.passage(messages, floor, ceiling);
    this.#taken(messages);
    this.#onChange();
    return "shown";
  }

  #leavePassage() {
    this.returnToPresent();
    this.#onChange();
    return "shown";
  }

  /** A passage that has come up to the present is no passage any more. */
  #taken(messages) {
    if (this.#passage && this.timeline.join(this.#passage)) this.returnToPresent();
    this.#onLoaded(messages);
  }

  /** A page may have been read before the last change of what is on it. */
  #fresh(messages) {
    return messages.map((message) => this.timeline.freshest(message));
  }

  #become(state) {
    this.state = state;
    this.#onChange();
  }
}

const reaches = ({ floor, ceiling }, tick) => floor <= tick + 1 && tick < ceiling;

/** What a page around a message says about the stretch that it is. */
function partsOf({ seq, messages }, id, limit) {
  const index = messages.findIndex((message) => message.id === id);
  const later = messages.slice(index + 1);
  const isStart = index < Math.floor(limit / 2);
  const isEnd = later.length < limit - index - 1;
  return {
    later,
    floor: isStart ? 0 : messages[0].seq,
    ceiling: isEnd ? seq : messages.at(-1).seq,
  };
}
