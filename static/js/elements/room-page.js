import { followViewport } from "../dom/viewport.js";
import { Attention } from "../model/attention.js";
import { newClientId } from "../model/client-id.js";
import { Drafts } from "../model/drafts.js";
import { MemoryOutboxStorage } from "../model/outbox-storage.js";
import { Room } from "../model/room.js";
import { systemClock } from "../net/clock.js";
import { Close } from "../net/protocol.js";
import { fetchHistory } from "../net/requests.js";
import { ChatSocket } from "../net/socket.js";

const REDIRECT_PAUSE_MS = 30_000;
const INPUT = ["pointerdown", "keydown", "wheel", "touchstart"];

/** The room's page: makes the parts, and carries news between them. */
export class RoomPage extends HTMLElement {
  #page = null;
  #room = null;
  #socket = null;
  #attention = null;
  #title = document.title;
  #seenWhenHidden = 0;
  #frame = null;
  #leaving = new AbortController();

  connectedCallback() {
    this.#page = JSON.parse(document.getElementById("page").textContent);
    this.#makeParts();
    this.#listen();
    followViewport();
    this.#room.outbox.restore();
    this.#socket.start();
    this.#focusComposer();
  }

  disconnectedCallback() {
    this.#leaving.abort();
    this.#attention.stop();
    this.#socket.pause();
  }

  #makeParts() {
    const { urls, user, room, limits } = this.#page;
    this.#socket = new ChatSocket({
      address: new URL(urls.socket, location.href.replace(/^http/, "ws")).href,
      WebSocket,
      clock: systemClock,
      random: Math.random,
      onEvents: (events) => events.forEach((event) => this.#room.receive(event)),
      onState: (state) => this.#connectionBecame(state),
    });
    this.#room = new Room({
      page: this.#page,
      clock: systemClock,
      newId: newClientId,
      storage: new MemoryOutboxStorage(),
      send: (command) => this.#socket.send(command),
      fetchHistory: (range) => fetchHistory(urls.history, range, fetch.bind(window)),
    });
    this.#attention = new Attention({
      clock: systemClock,
      isVisible: !document.hidden,
      onChange: (isIdle) => this.#tellAttention(isIdle),
    });
    const drafts = new Drafts(browserStorage("localStorage"), user.username);
    this.#composer.prepare({ drafts, room: room.room, limit: limits.message_chars });
    this.#list.room = this.#room;
  }

  #listen() {
    this.#room.addEventListener("change", () => this.#drawSoon());
    this.#room.addEventListener("people", () => this.#showPeople());
    this.#room.addEventListener("role", () => this.#list.redraw());
    this.#room.addEventListener("live", () => (this.#status.isCaughtUp = this.#room.isLive));
    this.#room.addEventListener("refused", ({ detail }) => this.#composer.notice(detail.detail));
    this.#room.addEventListener("stranger", () => this.#startOver());
    this.#room.addEventListener("gone", ({ detail }) => this.#leave(detail));
    for (const type of Object.keys(this.#does)) this.addEventListener(type, this);
    this.#listenOutside();
  }

  #listenOutside() {
    const { signal } = this.#leaving;
    const options = { signal, passive: true };
    const on = (target, type, hear) => target.addEventListener(type, hear, options);
    for (const type of INPUT) on(window, type, () => this.#attention.noticeInput());
    on(document, "visibilitychange", () => this.#visibilityChanged());
    on(window, "online", () => this.#socket.wake());
    on(window, "offline", () => this.#socket.wake());
    on(window, "pagehide", () => this.#socket.pause());
    on(window, "pageshow", ({ persisted }) => persisted && this.#socket.start());
    addEventListener("beforeunload", (event) => this.#unsent && event.preventDefault(), { signal });
  }

  handleEvent(event) {
    this.#does[event.type]?.(event.detail, event);
  }

  #does = {
    "message-send": ({ text }) => this.#post(text),
    "message-retry": ({ clientId }) => this.#room.outbox.retry(clientId),
    "message-discard": ({ clientId }) => this.#room.outbox.discard(clientId),
    "message-delete": ({ item }) => this.#delete(item),
    "menu-open": ({ item, button }) => this.querySelector("message-menu").open(item, button),
    "connection-try": () => this.#socket.wake(),
    "connection-leave": ({ way }) => this.#go(way),
    submit: (_, event) => this.#submitted(event),
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
    this.#showTitle();
  }

  #showPeople() {
    const { people, count } = this.#room.presence;
    this.querySelector("people-list").show({ people, count, username: this.#page.user.username });
    for (const element of this.querySelectorAll(".people-count")) element.textContent = count;
  }

  #showTitle() {
    const news = document.hidden ? this.#room.countNews(this.#seenWhenHidden) : 0;
    document.title = news ? `(${news}) ${this.#title}` : this.#title;
  }

  // --- The reader ---

  #post(text) {
    this.#room.post(text);
    this.#list.jumpToEnd();
    this.#draw();
  }

  async #delete(item) {
    const isSure = await this.#dialog.ask({
      title: "Delete this message?",
      text: "Everybody in the room will see that a message was deleted, and not what it said.",
      action: "Delete",
    });
    if (isSure && !this.#room.delete(item.id)) {
      this.#composer.notice("Not deleted: there is no connection. Try again in a moment.");
    }
  }

  /** Signing out would throw away what was not sent. */
  async #submitted(event) {
    const form = event.target;
    if (!form.matches(".sign-out") || !this.#unsent) return;
    event.preventDefault();
    const isSure = await this.#dialog.ask({
      title: "Sign out now?",
      text: "What you wrote and was not sent yet goes back into the message box of this room.",
      action: "Sign out",
    });
    if (!isSure) return;
    this.#keepUnsent();
    form.submit();
  }

  #visibilityChanged() {
    this.#attention.noticeVisibility(!document.hidden);
    this.#seenWhenHidden = this.#room.newest;
    this.#showTitle();
    if (document.hidden) return;
    this.#socket.wake();
    this.#list.redraw();
  }

  /** A soft keyboard that jumps up by itself hides what one came to read. */
  #focusComposer() {
    if (!matchMedia("(pointer: coarse)").matches) this.#composer.focus();
  }

  // --- The connection ---

  #connectionBecame(state) {
    this.#status.state = state;
    if (state.phase !== "open") this.#room.closed();
    else this.#opened();
    if (state.code === Close.NOT_SIGNED_IN && state.phase === "stopped") this.#signIn();
  }

  #opened() {
    if (this.#attention.isIdle) this.#tellAttention(true);
    this.#room.opened();
  }

  #tellAttention(isIdle) {
    this.#socket.send({ type: isIdle ? "presence.idle" : "presence.active" });
  }

  /** By itself once in a while only: where signing in does not help, it would go round for ever. */
  #signIn() {
    const storage = browserStorage("sessionStorage");
    const last = Number(storage?.getItem("signed-out-at") ?? 0);
    storage?.setItem("signed-out-at", String(Date.now()));
    this.#keepUnsent();
    if (storage && Date.now() - last > REDIRECT_PAUSE_MS) this.#go("login");
  }

  #startOver() {
    this.#socket.pause();
    this.#keepUnsent();
    location.reload();
  }

  #leave({ code }) {
    this.#socket.stop(code === "no_such_room" ? Close.NO_SUCH_ROOM : Close.REMOVED);
  }

  #go(way) {
    if (way === "reload") location.reload();
    else location.assign(way === "login" ? this.#page.urls.login : this.dataset.rooms);
  }

  #keepUnsent() {
    const { entries } = this.#room.outbox;
    this.#composer.bringBack(entries.map(({ text }) => text));
    entries.forEach(({ clientId }) => this.#room.outbox.discard(clientId));
  }

  get #unsent() {
    return this.#room.outbox.entries.length;
  }

  get #list() {
    return this.querySelector("message-list");
  }

  get #composer() {
    return this.querySelector("message-composer");
  }

  get #status() {
    return this.querySelector("connection-status");
  }

  get #dialog() {
    return this.querySelector("confirm-dialog");
  }
}

/** Null where the browser forbids storage. */
function browserStorage(name) {
  try {
    return window[name];
  } catch {
    return null;
  }
}
