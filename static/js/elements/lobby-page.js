import { keepLine, makeSocket, maySignIn } from "../dom/line.js";
import { write } from "../dom/markup.js";
import { allowed } from "../dom/quirks.js";
import { Drafts } from "../model/kept.js";
import { RoomList } from "../model/room-list.js";
import { Close } from "../net/protocol.js";
import { Guide, numbered } from "./guide.js";

const INPUT = ["keydown", "pointerdown"];

/** The page of all rooms: hears what a room's page hears of the other rooms, and looks into none. */
export class LobbyPage extends HTMLElement {
  #page = null;
  #rooms = null;
  #socket = null;
  #guide = null;
  #title = "";
  #leaving = new AbortController();

  connectedCallback() {
    this.#page = JSON.parse(document.getElementById("page").textContent);
    this.#title = document.title;
    this.#makeParts();
    this.#cards.prepare({
      address: this.dataset.rooms,
      drafts: new Drafts(allowed("localStorage"), this.#page.user.username),
    });
    this.#status.isCaughtUp = true;
    this.#rooms.hear({ type: "welcome", rooms: this.#page.rooms });
    this.addEventListener("connection-try", () => this.#socket.wake());
    this.addEventListener("connection-leave", ({ detail }) => this.#go(detail.way));
    this.#guide.start();
    keepLine(this.#socket, this.#leaving.signal);
    this.#socket.start();
  }

  disconnectedCallback() {
    this.#leaving.abort();
    this.#socket.pause();
  }

  #makeParts() {
    const { user, urls, notify } = this.#page;
    this.#socket = makeSocket(urls.socket, {
      onEvents: (events) => events.forEach((event) => this.#hear(event)),
      onState: (state) => this.#connectionBecame(state),
    });
    this.#rooms = new RoomList({ onChange: () => this.#show(), levels: notify });
    this.#guide = new Guide({
      page: this,
      username: user.username,
      current: "",
      rooms: this.#rooms,
      does: {},
      works: ({ does }) => does === "switch" || does === "keys",
      watch: { isLive: () => false, position: () => 0 },
      goTo: () => {},
      complain: (words) => this.#complain(words),
      showDrafts: () => this.#cards.showDrafts(),
      storage: allowed("localStorage"),
      signal: this.#leaving.signal,
    });
  }

  #hear(event) {
    if (event.type === "welcome" && event.user.username !== this.#page.user.username) return location.reload();
    // An open room stays among those that one may enter.
    if (event.type === "room.removed" && !event.open) this.#cards.forget(event.room);
    this.#cards.hear(event, this.#rooms);
    this.#guide.hear(event);
    this.#rooms.hear(event);
  }

  #show() {
    const { unread, calls } = this.#rooms.waitingBeside("");
    this.#cards.show(this.#rooms);
    this.#guide.roomsChanged();
    this.#guide.showCalls(calls);
    document.title = numbered(unread, this.#title);
  }

  /** One sentence over the page, until the next key or touch. */
  #complain(words) {
    write(this.querySelector(".lobby__trouble"), words);
    const options = { once: true, signal: this.#leaving.signal };
    if (words) for (const type of INPUT) addEventListener(type, () => this.#complain(""), options);
  }

  #connectionBecame(state) {
    this.#status.state = state;
    if (state.code === Close.NOT_SIGNED_IN && state.phase === "stopped" && maySignIn()) this.#go("login");
  }

  #go(way) {
    if (way === "login") location.assign(this.#page.urls.login);
    else location.reload();
  }

  get #cards() {
    return this.querySelector("room-cards");
  }

  get #status() {
    return this.querySelector("connection-status");
  }
}
