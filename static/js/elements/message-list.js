import { drawDay, drawItem, placeItem, redrawItem } from "../dom/draw-message.js";
import { readersDates, readersLocale } from "../dom/locale.js";
import { RovingFocus } from "../dom/roving-focus.js";
import { ScrollKeeper } from "../dom/scroll-keeper.js";
import { placeBelow } from "../model/grouping.js";
import { HistoryWindow } from "../model/window.js";

const NODES = 300;
const STEP = 50;
const SPOKEN_AT_ONCE = 10;

/**
 * The timeline. Draws what `room` holds, as little as may be: a new message is one new element.
 * Tells `message-retry`, `message-discard` {clientId}, `menu-open` {item, button}.
 */
export class MessageList extends HTMLElement {
  #room = null;
  #window = new HistoryWindow({ cap: NODES, step: STEP });
  #drawn = new Map();
  #seen = 0;
  #spoken = 0;
  #scroll = null;
  #look = null;
  #focus = null;

  connectedCallback() {
    this.#scroll = new ScrollKeeper(this.#log, this.#items);
    this.#focus = new RovingFocus(this.#items, "article");
    this.#log.addEventListener("scroll", this, { passive: true });
    this.addEventListener("click", this);
  }

  disconnectedCallback() {
    this.#scroll.stop();
    this.#focus.stop();
    this.#log.removeEventListener("scroll", this);
    this.removeEventListener("click", this);
  }

  /** @param {import("../model/room.js").Room} room */
  set room(room) {
    this.#room = room;
    this.#look = {
      dates: readersDates(),
      list: new Intl.ListFormat(readersLocale(), { type: "conjunction" }),
      hasMenu: (item) => room.mayDelete(item),
    };
    this.#seen = room.newest;
    this.#spoken = room.newest;
    this.render();
  }

  handleEvent(event) {
    if (event.type === "scroll") this.#scrolled();
    else this.#clicked(event);
  }

  render() {
    if (!this.#room) return;
    const isFollowing = this.#scroll.isAtEnd && this.#window.isAtEnd;
    if (isFollowing) this.#window.followEnd(this.#room.timeline);
    else this.#window.holdStill(this.#room.timeline);
    this.#scroll.keep(isFollowing, () => this.#draw());
    if (isFollowing) this.#seen = this.#room.newest;
    this.#drawPill();
    this.#fill();
  }

  /** Who is at the very top, or has no scroll bar, cannot scroll to ask for more. */
  #fill() {
    if (!this.#scroll.isScrollable) this.#goBack();
    else if (this.#scroll.isNearStart && this.#window.moveUp(this.#room.timeline)) this.render();
  }

  /** Everything again: what may be done with each message changed, or the day. */
  redraw() {
    for (const entry of this.#drawn.values()) entry.item = null;
    this.render();
  }

  jumpToEnd() {
    this.#window.followEnd(this.#room.timeline);
    this.#scroll.goToEnd();
    this.render();
  }

  // --- Drawing ---

  #draw() {
    const { timeline } = this.#room;
    const [from, to] = this.#window.range(timeline);
    const items = this.#room.items(from, to);
    const wanted = this.#elementsFor(items, timeline.messages[from - 1] ?? null);
    this.#forgetAllBut(new Set(wanted));
    this.#arrange(wanted);
    this.#spoken = Math.max(this.#spoken, newestOfOthers(items));
    this.#focus.refresh();
    this.#drawEdges();
  }

  #elementsFor(items, messageAbove) {
    const now = new Date();
    const { dates } = this.#look;
    const isSpoken = this.#speaks(items);
    const elements = [];
    let above = messageAbove;
    for (const item of items) {
      const isMessage = item.kind === "message";
      const place = isMessage ? placeBelow(item, above, (date) => dates.dayKey(date)) : null;
      if (place?.startsDay) elements.push(this.#dayFor(new Date(item.timestamp), now));
      elements.push(this.#elementFor(item, place, isSpoken(item)));
      above = isMessage ? item : above && { ...above, username: null };
    }
    return elements;
  }

  /** A polite region speaks what is new; a flood of it is left to the reader's own pace. */
  #speaks(items) {
    const isNews = (item) => !item.mine && item.kind === "message" && item.seq > this.#spoken;
    return items.filter(isNews).length <= SPOKEN_AT_ONCE ? isNews : () => false;
  }

  #elementFor(item, place, isSpoken) {
    const entry = this.#drawn.get(item.key) ?? this.#drawNew(item, isSpoken);
    if (entry.item !== item) redrawItem(entry.element, item, this.#look);
    entry.item = item;
    if (place && place.continues !== entry.continues) placeItem(entry.element, place);
    entry.continues = place?.continues;
    return entry.element;
  }

  #drawNew(item, isSpoken) {
    const element = drawItem(item, this.#look);
    if (!isSpoken) element.setAttribute("aria-live", "off");
    element.classList.toggle("message--new", isSpoken || item.seq === Infinity);
    const entry = { element, item };
    this.#drawn.set(item.key, entry);
    return entry;
  }

  #dayFor(date, now) {
    const label = this.#look.dates.dayName(date, now);
    const key = `day:${this.#look.dates.dayKey(date)}`;
    const entry = this.#drawn.get(key) ?? { element: drawDay(label), label };
    if (entry.label !== label) entry.element.querySelector(".day__label").textContent = label;
    entry.label = label;
    entry.element.dataset.key = key;
    this.#drawn.set(key, entry);
    return entry.element;
  }

  #forgetAllBut(wanted) {
    for (const [key, { element }] of this.#drawn) {
      if (wanted.has(element)) continue;
      element.remove();
      this.#drawn.delete(key);
    }
  }

  #arrange(wanted) {
    let next = this.#items.firstElementChild;
    for (const element of wanted) {
      if (element === next) next = next.nextElementSibling;
      else this.#items.insertBefore(element, next);
    }
  }

  #drawEdges() {
    const { history, isEmpty, timeline } = this.#room;
    const isBeginning = timeline.isComplete && !isEmpty && this.#isAtTop();
    this.#setShown("loading", history === "loading");
    this.#setShown("failed", history === "failed");
    this.#setShown("beginning", isBeginning);
    this.#setShown("empty", isEmpty);
  }

  #setShown(part, isShown) {
    this.querySelector(`.message-list__${part}`).hidden = !isShown;
  }

  #isAtTop() {
    return this.#window.range(this.#room.timeline)[0] === 0;
  }

  #drawPill() {
    const pill = this.querySelector(".message-list__pill");
    const news = this.#room.countNews(this.#seen);
    pill.hidden = !news && !this.#scroll.isFarFromEnd && this.#window.isAtEnd;
    pill.classList.toggle("message-list__pill--news", news > 0);
    const words = news ? `${news} new ${news === 1 ? "message" : "messages"}` : "Newest messages";
    const label = pill.querySelector(".message-list__pill-label");
    if (label.textContent !== words) label.textContent = words;
  }

  // --- Scrolling ---

  #scrolled() {
    this.#scroll.look();
    if (this.#scroll.isNearStart) this.#goBack();
    if (this.#scroll.isNearEnd && this.#window.moveDown(this.#room.timeline)) this.render();
    if (this.#scroll.isAtEnd && this.#window.isAtEnd) this.#seen = this.#room.newest;
    this.#drawPill();
  }

  #goBack() {
    if (this.#window.moveUp(this.#room.timeline)) this.render();
    else if (this.#room.history === "idle") this.#room.loadOlder();
  }

  // --- The reader ---

  #clicked({ target }) {
    const button = target.closest("button[data-does]");
    if (button) this.#does[button.dataset.does](button);
  }

  #does = {
    end: () => this.jumpToEnd(),
    load: () => this.#room.loadOlder(),
    menu: (button) => this.#tell("menu-open", { item: this.#itemOf(button), button }),
    retry: (button) => this.#tell("message-retry", { clientId: this.#itemOf(button).clientId }),
    discard: (button) => this.#tell("message-discard", { clientId: this.#itemOf(button).clientId }),
  };

  #itemOf(button) {
    return this.#drawn.get(button.closest("article").dataset.key).item;
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { bubbles: true, detail }));
  }

  get #log() {
    return this.querySelector("[role=log]");
  }

  get #items() {
    return this.querySelector(".message-list__items");
  }
}

function newestOfOthers(items) {
  const last = items.findLast((item) => item.kind === "message" && !item.mine);
  return last?.seq ?? 0;
}
