import { drawDay, drawItem, placeItem, redrawItem } from "../dom/draw-message.js";
import { readersDates, readersLocale } from "../dom/locale.js";
import { bring, once, write } from "../dom/markup.js";
import { RovingFocus } from "../dom/roving-focus.js";
import { ScrollKeeper } from "../dom/scroll-keeper.js";
import { placeBelow } from "../model/items.js";
import { mayBeFormatted } from "../model/text.js";
import { HistoryWindow } from "../model/window.js";
import { gettext, ngettext } from "../model/words.js";

const NODES = 300;
const STEP = 50;
const SPOKEN_AT_ONCE = 10;
const TARGET_MS = 3_000;

/**
 * The timeline. Draws what `room` holds, as little as may be: a new message is one new element.
 * Tells `message-retry`, `message-rewrite`, `message-discard`, `menu-open`, `message-quote` and
 * `message-react` {item, button, emoji}, `picture-open` {pictures, index}, `code-copy` {text},
 * `unread-jump`, and `unread-dismiss`.
 */
export class MessageList extends HTMLElement {
  #room = null;
  #window = new HistoryWindow({ cap: NODES, step: STEP });
  #drawn = new Map();
  #seen = 0;
  #openedAt = Date.now();
  #spoken = 0;
  #spokenOwn = 0;
  /** Of one's own messages that have no place yet. */
  #spokenKeys = new Set();
  #dividerSeen = null;
  /** Somebody came to look at one message, and has not touched the page yet. */
  #isVisiting = false;
  #scroll = null;
  #look = null;
  #focus = null;
  /** Reads Markdown, once somebody writes some. */
  #formatted = null;

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
      hasMenu: (item) => room.isMenuOf(item),
      nameOf: (username) => room.nameOf(username),
      username: room.username,
      read: (item) => this.#read(item),
    };
    this.#seen = room.newest;
    this.#spoken = room.newest;
    this.#spokenOwn = room.newest;
    this.render();
  }

  handleEvent(event) {
    if (event.type === "scroll") this.#scrolled();
    else this.#clicked(event);
  }

  render() {
    if (!this.#room) return;
    const isFollowing = this.#isAtNewest;
    if (isFollowing) this.#window.followEnd(this.#room.timeline);
    else this.#window.holdStill(this.#room.history.shown);
    this.#noticeReading();
    this.#scroll.keep(isFollowing, () => this.#draw());
    if (isFollowing) this.#seen = this.#room.newest;
    this.#drawPills();
    this.#fill();
  }

  /** Who is at the very top or at the very end, or has no scroll bar, cannot scroll to ask for more. */
  #fill() {
    if (!this.#scroll.isScrollable) this.#goBack();
    else if (this.#scroll.isNearEnd && !this.#isAll) this.#goOn();
    else if (this.#scroll.isNearStart && this.#window.moveUp(this.#room.history.shown)) this.render();
  }

  /** Everything again: what may be done with each message changed, or the day. */
  redraw() {
    for (const entry of this.#drawn.values()) entry.item = null;
    this.render();
  }

  /** A text with signs of formatting will be sent, or waits: brings what reads them. */
  async foresee(text) {
    if (this.#formatted || !mayBeFormatted(text)) return;
    // Where the line is away, it stands as it was typed, and this is tried again at the next letter.
    this.#formatted = await bringMarkdown().catch(() => null);
    if (this.#formatted) this.#redrawLocal();
  }

  jumpToEnd() {
    this.#isVisiting = false;
    this.#room.history.returnToPresent();
    this.#window.followEnd(this.#room.timeline);
    this.#scroll.goToEnd();
    this.render();
  }

  /** Whatever was not seen is settled. */
  catchUp() {
    this.#room.reading.resume();
    this.dismissUnread();
    this.jumpToEnd();
  }

  /** The way back to what is unread, until there is something newer. */
  dismissUnread() {
    this.#dividerSeen = this.#room.reading.divider;
    this.#drawPills();
  }

  /** Into sight, and marked for a moment. @param {number} id of a message that `room` shows */
  reveal(id) {
    const message = this.#room.history.shown.get(id);
    const element = message && this.#bringUp(message);
    if (!element) return;
    element.classList.remove("message--target");
    element.getBoundingClientRect();
    element.classList.add("message--target");
    setTimeout(() => element.classList.remove("message--target"), TARGET_MS);
    element.focus({ preventScroll: true });
  }

  /** Where "New" begins, with a little of what was said before. */
  revealUnread() {
    const message = this.#room.firstUnread();
    if (message) this.#bringUp(message)?.focus({ preventScroll: true });
  }

  /** From a link to one message: what stands below it does not count as read yet. */
  visit() {
    this.#isVisiting = true;
  }

  /** The reader does something: scrolls, types, touches. */
  takePart() {
    if (!this.#isVisiting) return;
    this.#isVisiting = false;
    this.#noticeReading();
  }

  #bringUp(message) {
    const { shown } = this.#room.history;
    this.#scroll.isAtEnd = false;
    this.#window.showAround(shown, shown.indexOf(message.seq));
    this.render();
    const entry = this.#drawn.get(this.#room.itemOf(message).key);
    if (entry) this.#scroll.goTo(entry.element);
    // Where it was in sight already, nothing is scrolled that would tell.
    if (!this.#isVisiting) this.#scroll.look(this.#isAll);
    this.#drawPills();
    return entry?.element;
  }

  // --- Reading ---

  get #isAtNewest() {
    return this.#scroll.isAtEnd && this.#isAll;
  }

  /** Drawn up to the newest message. */
  get #isAll() {
    return this.#window.isAtEnd && this.#room.history.isInPresent;
  }

  /** Seen is what stood in front of somebody: the tab on top, the newest message in sight. */
  #noticeReading() {
    const { reading, newest } = this.#room;
    if (this.#isAtNewest && !document.hidden && !this.#isVisiting) reading.see(newest);
    else if (this.#room.countNews(reading.position)) reading.miss();
  }

  // --- Drawing ---

  #draw() {
    const { shown } = this.#room.history;
    const [from, to] = this.#window.range(shown);
    const items = this.#room.items(from, to);
    const wanted = this.#elementsFor(items, shown.messages[from - 1] ?? null);
    this.#forgetAllBut(new Set(wanted));
    this.#arrange(wanted);
    this.#rememberSpoken(items);
    this.#focus.refresh();
    this.#drawEdges();
  }

  #elementsFor(items, messageAbove) {
    const now = new Date();
    const { dates } = this.#look;
    const isSpoken = this.#speaks(items);
    const elements = [];
    let above = messageAbove;
    let divider = null;
    for (const item of items) {
      const isMessage = item.kind === "message";
      const place = isMessage ? placeBelow(item, above, (date) => dates.dayKey(date)) : null;
      if (place?.startsDay) elements.push(this.#dayFor(new Date(item.timestamp), now));
      const element = this.#elementFor(item, place, isSpoken(item));
      // "New" stands below the name of the day.
      if (item.kind === "divider") divider = element;
      else elements.push(...(divider ? [divider] : []), element);
      if (item.kind !== "divider") divider = null;
      above = isMessage ? item : above && { ...above, username: null };
    }
    return elements;
  }

  /**
   * A polite region speaks what is new; a flood of it, and what was waiting to be sent when the page
   * opened, is left to the reader's own pace.
   */
  #speaks(items) {
    const isNews = (item) => item.kind === "message" && this.#isUnspoken(item);
    const isFew = items.filter(isNews).length <= SPOKEN_AT_ONCE;
    return isFew ? isNews : () => false;
  }

  #isUnspoken({ mine, seq, key, timestamp }) {
    if (!mine) return seq > this.#spoken;
    if (seq !== Infinity) return seq > this.#spokenOwn;
    return !this.#spokenKeys.has(key) && Date.parse(timestamp) >= this.#openedAt;
  }

  /** One's own apart: an answer may tell its place before what stands above it has come. */
  #rememberSpoken(items) {
    for (const { kind, mine, seq, key } of items) {
      if (kind !== "message") continue;
      if (!mine) this.#spoken = Math.max(this.#spoken, seq);
      else if (seq === Infinity) this.#spokenKeys.add(key);
      else this.#spokenOwn = Math.max(this.#spokenOwn, seq);
    }
  }

  #elementFor(item, place, isSpoken) {
    const entry = this.#drawn.get(item.key) ?? this.#drawNew(item, isSpoken);
    if (entry.item !== item) {
      if (!saysTheSame(entry.item, item)) entry.element.setAttribute("aria-live", "off");
      redrawItem(entry.element, item, this.#look);
    }
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

  /** What waits for the server, as it will look. */
  #read({ isLocal, text }) {
    if (!isLocal || !mayBeFormatted(text)) return null;
    this.foresee(text);
    return this.#formatted?.(text, (name) => this.#room.usernameOf(name)) ?? null;
  }

  #redrawLocal() {
    for (const entry of this.#drawn.values()) if (entry.item?.isLocal) entry.item = null;
    this.render();
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
    const { isEmpty } = this.#room;
    const { state, shown } = this.#room.history;
    const isBeginning = shown.isComplete && !isEmpty && this.#isAtTop();
    this.#setShown("loading", state === "loading");
    this.#setShown("failed", state === "failed");
    this.#setShown("beginning", isBeginning);
    this.#setShown("empty", isEmpty);
  }

  #setShown(part, isShown) {
    this.querySelector(`.message-list__${part}`).hidden = !isShown;
  }

  #isAtTop() {
    return this.#window.range(this.#room.history.shown)[0] === 0;
  }

  #drawPills() {
    this.#drawEndPill();
    this.#drawUnreadPill();
  }

  #drawEndPill() {
    const pill = this.querySelector(".message-list__pill--end");
    const news = this.#room.countNews(this.#seen);
    const isThere = this.#isAll && !this.#scroll.isFarFromEnd;
    pill.hidden = !news && isThere;
    pill.classList.toggle("message-list__pill--news", news > 0);
    label(pill, news ? ngettext("%(count)s new message", "%(count)s new messages", news) : gettext("Newest messages"));
  }

  /** Until "New" was in sight once. */
  #drawUnreadPill() {
    const pill = this.querySelector(".message-list__pill--unread");
    const { divider } = this.#room.reading;
    const element = this.#drawn.get("divider")?.element;
    if (element && this.#scroll.placeOf(element) === "inside") this.#dividerSeen = divider;
    const { unread } = this.#room;
    const isElsewhere = !element || this.#scroll.placeOf(element) === "above";
    pill.hidden = !unread || !isElsewhere || this.#dividerSeen === divider;
    if (!pill.hidden) label(pill, ngettext("%(count)s unread", "%(count)s unread", unread));
  }

  // --- Scrolling ---

  #scrolled() {
    this.#scroll.look(this.#isAll);
    if (this.#scroll.isNearStart) this.#goBack();
    if (this.#scroll.isNearEnd) this.#goOn();
    if (this.#isAtNewest) this.#seen = this.#room.newest;
    this.#noticeReading();
    this.#drawPills();
  }

  #goBack() {
    if (this.#window.moveUp(this.#room.history.shown)) this.render();
    else if (this.#room.history.state === "idle") this.#room.history.loadOlder();
  }

  #goOn() {
    if (this.#window.moveDown(this.#room.history.shown)) this.render();
    else if (!this.#room.history.isInPresent) this.#room.history.loadNewer();
  }

  // --- The reader ---

  #clicked({ target }) {
    const button = target.closest("button[data-does]");
    if (button) this.#does[button.dataset.does](button);
  }

  #does = {
    end: () => this.jumpToEnd(),
    load: () => this.#room.history.loadOlder(),
    unread: () => this.#tell("unread-jump"),
    dismiss: () => this.#tell("unread-dismiss"),
    menu: (button) => this.#tell("menu-open", { item: this.#itemOf(button), button }),
    picture: (button) => this.#tell("picture-open", this.#pictureOf(button)),
    quote: (button) => this.#tell("message-quote", { item: this.#itemOf(button) }),
    copy: (button) => this.#tell("code-copy", { text: codeBeside(button) }),
    react: (button) => this.#tell("message-react", this.#reactionOf(button)),
    retry: (button) => this.#tell("message-retry", { item: this.#itemOf(button) }),
    rewrite: (button) => this.#tell("message-rewrite", { item: this.#itemOf(button) }),
    discard: (button) => this.#tell("message-discard", { item: this.#itemOf(button) }),
  };

  #itemOf(button) {
    return this.#drawn.get(button.closest("article").dataset.key).item;
  }

  #pictureOf(button) {
    const pictures = this.#itemOf(button).attachments.filter(({ thumbnail }) => thumbnail);
    return { pictures, index: pictures.findIndex(({ id }) => id === Number(button.dataset.id)) };
  }

  #reactionOf(button) {
    return { item: this.#itemOf(button), emoji: button.closest("li").dataset.emoji };
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

const bringMarkdown = once(async () => {
  const [{ formatted }] = await bring(
    import.meta,
    "../model/markdown.js",
    "../model/markdown-emphasis.js",
    "../model/markdown-line.js",
    "../model/markdown-links.js",
    "../model/markdown-tree.js",
  );
  return formatted;
});

const codeBeside = (button) => button.closest(".code").querySelector("pre").textContent;

function label(pill, words) {
  write(pill.querySelector(".message-list__pill-label"), words);
}

/** Whether nothing would be spoken once more: one's own message was sent, or could not be. */
function saysTheSame(before, { text, html }) {
  return before?.seq === Infinity && before.text === text && before.html === html;
}
