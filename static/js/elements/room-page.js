import { keepLine, makeSocket, maySignIn } from "../dom/line.js";
import { readersLocale } from "../dom/locale.js";
import { drawPart, write } from "../dom/markup.js";
import { allowed, followViewport } from "../dom/quirks.js";
import { Attention } from "../model/attention.js";
import { Drafts, EmojiMemory } from "../model/kept.js";
import { Outboxes } from "../model/outboxes.js";
import { RoomList } from "../model/room-list.js";
import { Room } from "../model/room.js";
import { typingSentence, TypingTeller } from "../model/typing.js";
import { gettext } from "../model/words.js";
import { systemClock } from "../net/clock.js";
import { Close, newClientId } from "../net/protocol.js";
import { fetchHistory, fetchNamesakes, fetchPeople } from "../net/requests.js";
import { RoomGuide } from "./guide.js";
import { MessageActs } from "./message-acts.js";

const FAREWELL_MS = 6_000;
const INPUT = ["pointerdown", "keydown", "wheel", "touchstart"];
const DRAGGING = ["dragenter", "dragover", "dragleave", "drop"];
const NAMESAKES = 10;
const WHY_CLOSED = {
  gone: () => gettext("You cannot write here any more."),
  archived: () => gettext("This room is archived."),
  moderators: () => gettext("Only moderators post here."),
};
const PERMALINK = /^#message-(\d+)$/;

/** The room's page: makes the parts, and carries news between them. */
export class RoomPage extends HTMLElement {
  #page = null;
  #room = null;
  #rooms = null;
  #errands = null;
  #outboxes = null;
  #socket = null;
  #attention = null;
  #guide = null;
  #acts = null;
  #typing = null;
  #title = "";
  #seenWhenHidden = 0;
  #waiting = 0;
  #frame = null;
  #leaving = new AbortController();

  connectedCallback() {
    this.#page = JSON.parse(document.getElementById("page").textContent);
    this.#title = this.#page.room.name;
    this.#makeOutboxes();
    this.#makeParts();
    this.#makeActs();
    this.#showParts();
    this.#listen();
    this.#guide.start();
    followViewport();
    this.#room.outbox.restore();
    this.#socket.start();
    if (!this.#followLink()) this.#focusComposer();
  }

  disconnectedCallback() {
    this.#leaving.abort();
    this.#attention.stop();
    this.#socket.pause();
  }

  #makeOutboxes() {
    this.#outboxes = new Outboxes({
      username: this.#page.user.username,
      indexedDB: allowed("indexedDB"),
      BroadcastChannel: window.BroadcastChannel,
      locks: navigator.locks,
      clock: systemClock,
      newId: newClientId,
      send: (command) => this.#socket.send(command),
    });
    this.#errands = this.#outboxes.errandsBut(this.#page.room.room);
  }

  #makeParts() {
    const { urls, room } = this.#page;
    this.#socket = makeSocket(urls.socket, {
      onEvents: (events) => events.forEach((event) => this.#hear(event)),
      onState: (state) => this.#connectionBecame(state),
    });
    this.#room = new Room({
      page: this.#page,
      clock: systemClock,
      newId: newClientId,
      storage: this.#outboxes.storage(room.room),
      turns: this.#outboxes.turns,
      send: (command) => this.#socket.send(command),
      fetchHistory: (range) => fetchHistory(urls.history, range, fetch.bind(window)),
    });
    this.#rooms = new RoomList({ onChange: () => this.#showRooms(), levels: this.#page.notify });
    this.#guide = new RoomGuide({
      page: this,
      start: this.#page,
      rooms: this.#rooms,
      room: this.#room,
      storage: allowed("localStorage"),
      remark: (words) => this.#composer.remark(words),
      complain: (words) => this.#complain(words),
      goTo: (id) => this.#goTo(id),
      signal: this.#leaving.signal,
    });
    this.#typing = new TypingTeller({
      send: (type) => this.#room.tellTyping(type),
      clock: systemClock,
    });
    this.#attention = new Attention({
      clock: systemClock,
      isVisible: !document.hidden,
      onChange: (isIdle) => this.#tellAttention(isIdle),
    });
  }

  #makeActs() {
    this.#acts = new MessageActs({
      page: this,
      room: this.#room,
      composer: this.#composer,
      dialog: this.querySelector("confirm-dialog"),
      memory: { storage: allowed("localStorage"), username: this.#room.username },
    });
    Object.assign(this.#does, this.#acts.does);
  }

  #showParts() {
    const { user, room, limits, urls } = this.#page;
    const uploading = { address: urls.uploads, limits, clock: systemClock };
    const drafts = new Drafts(allowed("localStorage"), user.username);
    this.#composer.prepare({
      drafts,
      room: room.room,
      limit: limits.message_chars,
      quoteOf: (id) => this.#room.quoteOf(id),
      completing: this.#completing,
      uploading,
    });
    this.#people.prepare({
      presence: this.#room.presence,
      username: user.username,
      address: urls.people,
      partners: room.people,
      clock: systemClock,
    });
    this.querySelector("room-list").prepare({ current: room.room, address: this.dataset.rooms, drafts });
    this.#menu.prepare(new EmojiMemory(allowed("localStorage"), user.username));
    this.querySelector("sign-out").countFleeting = () => (this.#isFleeting ? this.#unsent : 0);
    if (this.#linked) this.#list.visit();
    this.#list.room = this.#room;
    this.#list.foresee(this.#composer.text);
  }

  /** Who can be named in this room, and where one's favourite emoji are kept. */
  get #completing() {
    const room = this.#room;
    const find = (q) => this.#findPeople(q);
    return {
      people: {
        get known() {
          return room.known;
        },
        find,
      },
      username: room.username,
      storage: allowed("localStorage"),
    };
  }

  /** Of a crowd those who are here; and members who are not. */
  async #findPeople(q) {
    const { urls } = this.#page;
    const ask = fetch.bind(window);
    const [here, members] = await Promise.all([
      this.#room.presence.isWhole ? { people: [] } : fetchPeople(urls.people, { q, limit: NAMESAKES }, ask),
      fetchNamesakes(urls.members, q, ask),
    ]);
    const people = [...here.people, ...members.people];
    this.#room.meet(people);
    return { people, everybody: members.everybody };
  }

  #listen() {
    this.#room.addEventListener("change", () => this.#drawSoon());
    this.#room.addEventListener("people", ({ detail }) => this.#showPeople(detail));
    this.#room.addEventListener("typing", () => this.#showTyping());
    this.#room.addEventListener("standing", () => this.#showStanding());
    this.#room.addEventListener("live", () => this.#becameLive());
    this.#room.addEventListener("stranger", () => this.#startOver());
    this.#room.addEventListener("gone", ({ detail }) => this.#leave(detail));
    for (const type of Object.keys(this.#does)) this.addEventListener(type, this);
    this.#listenOutside();
  }

  #listenOutside() {
    const { signal } = this.#leaving;
    const options = { signal, passive: true };
    const on = (target, type, hear) => target.addEventListener(type, hear, options);
    for (const type of DRAGGING) this.addEventListener(type, this.#dragging, { signal });
    for (const type of INPUT) on(window, type, () => this.#noticeInput());
    on(document, "visibilitychange", () => this.#visibilityChanged());
    on(window, "online", () => this.#composer.resumeUploads());
    on(window, "hashchange", () => this.#followLink());
    on(window, "pagehide", () => this.#goAway());
    on(window, "pageshow", ({ persisted }) => persisted && this.#room.outbox.restore());
    keepLine(this.#socket, signal);
    // Where nothing is kept, the tab is all there is.
    const isFleeting = () => (this.#isFleeting && this.#unsent) || this.#room.isWaiting;
    const isAtRisk = () => isFleeting() || this.#composer.isAtRisk;
    const warn = (event) => isAtRisk() && event.preventDefault();
    addEventListener("beforeunload", warn, { signal });
  }

  handleEvent(event) {
    this.#does[event.type]?.(event.detail);
  }

  /** By the events that ask for it; #makeActs adds those of the messages. */
  #does = {
    "message-send": (message) => this.#post(message),
    "message-quote": ({ item }) => this.#goTo(item.quote.id),
    "menu-open": ({ item, button }) => this.#menu.open(item, button, this.#acts.offers(item)),
    "composer-typed": ({ text }) => this.#typed(text),
    "unsent-retry": () => this.#retryAll(),
    "unread-jump": () => this.#goToUnread(),
    "unread-dismiss": () => this.#dismissUnread(),
    "composer-escape": () => this.#catchUp(),
    "connection-try": () => this.#socket.wake(),
    "connection-leave": ({ way }) => this.#go(way),
    "person-write": (person) => this.#write(person),
  };

  /** Files may be dropped anywhere on the page. */
  #dragging = (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    if (this.#room.whyClosed) return;
    const isLeaving = event.type === "dragleave" && !this.contains(event.relatedTarget);
    const main = this.querySelector(".room");
    main.classList.toggle("room--dropping", event.type !== "drop" && !isLeaving);
    if (event.type === "drop") this.#composer.addFiles(event.dataTransfer.files);
  };

  // --- Drawing ---

  /** At most once a frame; a hidden page has no frames. */
  #drawSoon() {
    if (document.hidden) return this.#draw();
    this.#frame ??= requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    cancelAnimationFrame(this.#frame);
    this.#frame = null;
    this.#list.render();
    this.#status.unsent = this.#unsent;
    this.querySelector("unsent-bar").entries = this.#room.outbox.entries;
    this.#composer.isFleeting = this.#isFleeting;
    this.#composer.refreshContext();
    this.#showWaiting();
    this.#showTitle();
  }

  /** Here, where something was marked unread. */
  #showWaiting() {
    const waiting = this.#room.waiting?.unread ?? 0;
    if (waiting === this.#waiting) return;
    this.#waiting = waiting;
    this.querySelector("room-list").show(this.#rooms, this.#room.waiting);
  }

  #showPeople({ left }) {
    this.#people.refresh(left);
    const count = new Intl.NumberFormat(readersLocale()).format(this.#room.presence.count);
    for (const element of this.querySelectorAll(".people-count")) element.textContent = count;
  }

  /** Not spoken: it would talk over everything else. */
  #showTyping() {
    const names = this.#room.typists.usernames.map((username) => this.#room.nameOf(username));
    const line = this.querySelector(".typing");
    line.hidden = !names.length;
    line.querySelector(".typing__words").replaceChildren(...typingSentence(names).map(drawPart));
  }

  /** What one may do here changed. */
  #showStanding() {
    this.#showClosed();
    if (this.#menu.item) this.#menu.offer(this.#acts.offers(this.#menu.item));
    this.#list.redraw();
  }

  /** A sentence in the place of the message box; what was typed waits behind it. */
  #showClosed() {
    const words = WHY_CLOSED[this.#room.whyClosed]?.() ?? "";
    if (words && this.#composer.contains(document.activeElement)) this.querySelector("main").focus();
    const isOpening = this.#composer.isClosed && !words;
    this.#composer.isClosed = Boolean(words);
    const isNowhere = [document.body, this.querySelector("main")].includes(document.activeElement);
    if (isOpening && isNowhere) this.#focusComposer();
    this.querySelector(".foot__closed").dataset.why = this.#room.whyClosed;
    write(this.querySelector(".foot__closed-words"), words);
  }

  #showTitle() {
    this.#guide.showTitle(this.#title, this.#seenWhenHidden);
  }

  #showRooms() {
    this.querySelector("room-list").show(this.#rooms, this.#room.waiting);
    this.#guide.roomsChanged();
    this.#showTitle();
  }

  /** It may have been renamed while nobody told this page. */
  #showRoomAsWelcomed({ rooms = [] }) {
    const own = rooms.find(({ room }) => room === this.#room.slug);
    if (!own) return;
    this.#showRoom(own);
    this.#people.partners = own.people ?? [];
  }

  #showRoom({ name, topic }) {
    this.#title = name;
    this.querySelector(".room__name bdi").textContent = name;
    const line = this.querySelector(".room__topic");
    line.textContent = topic;
    line.hidden = !topic;
    this.querySelector("textarea").placeholder = gettext("Message %(name)s", { name });
    this.#showTitle();
  }

  /** At the message box, which an open drawer would cover. */
  #complain(words) {
    if (words) this.querySelector(".drawer:popover-open")?.hidePopover();
    this.#composer.noticeUntilLive(words);
  }

  // --- The reader ---

  #typed(text) {
    if (text.trim()) this.#typing.typed();
    else this.#typing.stopped();
    this.#list.foresee(text);
  }

  #post({ text, replyTo, attachments }) {
    this.#typing.stopped();
    this.#room.post(text, replyTo, attachments);
    this.#list.dismissUnread();
    this.#list.jumpToEnd();
    this.#draw();
  }

  /** To somebody, between the two. */
  async #write({ username }) {
    try {
      await this.#guide.write(username);
    } catch {
      this.#composer.notice(gettext("The conversation could not be opened. Try again in a moment."));
    }
  }

  #retryAll() {
    this.#socket.wake();
    this.#room.outbox.retryAll();
  }

  async #goToUnread() {
    if ((await this.#room.goToUnread()) === "shown") this.#list.revealUnread();
    else this.#composer.notice(gettext("The messages could not be loaded. Try again in a moment."));
  }

  #dismissUnread() {
    this.#list.dismissUnread();
    this.#focusComposer();
  }

  /** Escape closes what is open, or else settles what is unread. */
  #catchUp() {
    if (document.querySelector("dialog[open], :popover-open")) return;
    this.#list.catchUp();
    this.#draw();
  }

  async #goTo(id) {
    const outcome = await this.#room.history.goTo(id);
    if (outcome === "shown") this.#list.reveal(id);
    else if (outcome === "missing") this.#composer.notice(gettext("That message is not there any more."));
    else this.#composer.notice(gettext("The message could not be loaded. Try again in a moment."));
  }

  /** The message that the address names. @returns {number | null} */
  get #linked() {
    const id = Number(location.hash.match(PERMALINK)?.[1]);
    return Number.isSafeInteger(id) ? id : null;
  }

  /** @returns {boolean} whether there is one to follow */
  #followLink() {
    const id = this.#linked;
    if (id === null) return false;
    this.#list.visit();
    this.#goTo(id);
    return true;
  }

  #noticeInput() {
    this.#attention.noticeInput();
    this.#list.takePart();
  }

  #visibilityChanged() {
    this.#attention.noticeVisibility(!document.hidden);
    this.#seenWhenHidden = this.#room.newest;
    this.#showTitle();
    if (document.hidden) this.#room.reading.away();
    else this.#list.redraw();
  }

  /** A soft keyboard that jumps up by itself hides what one came to read. */
  #focusComposer() {
    if (!matchMedia("(pointer: coarse)").matches) this.#composer.focus();
  }

  // --- The connection ---

  #hear(event) {
    if (event.type === "room.updated" && event.room === this.#room.slug) this.#showRoom(event);
    if (event.type === "welcome") this.#showRoomAsWelcomed(event);
    if (event.type === "room.removed") this.querySelector("room-list").forget(event.room);
    this.#guide.hear(event);
    this.#rooms.hear(event);
    this.#errands.hear(event);
    this.#room.receive(event);
  }

  #connectionBecame(state) {
    this.#status.state = state;
    if (state.phase !== "open") this.#closed();
    else this.#opened();
    if (state.code === Close.NOT_SIGNED_IN && state.phase === "stopped") this.#signIn();
  }

  #opened() {
    if (this.#attention.isIdle) this.#tellAttention(true);
    this.#room.opened();
  }

  #closed() {
    this.#room.closed();
    this.#errands.close();
  }

  #becameLive() {
    this.#status.isCaughtUp = this.#room.isLive;
    this.#people.isLive = this.#room.isLive;
    if (!this.#room.isLive) return;
    this.#errands.open();
    this.#composer.becameLive();
  }

  #tellAttention(isIdle) {
    this.#socket.send({ type: isIdle ? "presence.idle" : "presence.active" });
  }

  /** While the line is still there: what is told last. */
  #goAway() {
    this.#typing.stopped();
    this.#room.reading.stop();
  }

  #signIn() {
    this.#saveFleeting();
    if (maySignIn()) this.#go("login");
  }

  #startOver() {
    this.#socket.pause();
    this.#saveFleeting();
    location.reload();
  }

  /** Says why, and leads out after a while. */
  #leave({ code }) {
    this.#socket.stop(code === "no_such_room" ? Close.NO_SUCH_ROOM : Close.REMOVED);
    systemClock.setTimeout(() => this.#go("rooms"), FAREWELL_MS);
  }

  #go(way) {
    if (way === "reload") location.reload();
    else location.assign(way === "login" ? this.#page.urls.login : this.dataset.rooms);
  }

  /** What no storage keeps goes back into the message box, whose draft may be kept. */
  #saveFleeting() {
    if (!this.#isFleeting || !this.#unsent) return;
    const { entries } = this.#room.outbox;
    this.#composer.bringBack(entries.map(({ text }) => text));
    entries.forEach(({ clientId }) => this.#room.outbox.discard(clientId));
  }

  get #isFleeting() {
    return !this.#room.outbox.isLasting;
  }

  get #unsent() {
    return this.#room.outbox.entries.length;
  }

  get #list() {
    return this.querySelector("message-list");
  }

  get #menu() {
    return this.querySelector("message-menu");
  }

  get #composer() {
    return this.querySelector("message-composer");
  }

  get #people() {
    return this.querySelector("people-list");
  }

  get #status() {
    return this.querySelector("connection-status");
  }
}
