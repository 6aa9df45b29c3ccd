import { cloneTemplate, write } from "../dom/markup.js";
import { faceOf } from "../model/avatar.js";
import { callsOf, roomAddress } from "../model/room-list.js";
import { gettext, written } from "../model/words.js";

const DIRECT = "direct";
const HEARD = ["storage", "pageshow"];

/** The rooms in the sidebar, with what waits in each, and where something is half written. */
export class RoomList extends HTMLElement {
  #isQuiet = () => false;
  #here = null;
  #drafts = null;

  connectedCallback() {
    for (const type of HEARD) addEventListener(type, this);
  }

  disconnectedCallback() {
    for (const type of HEARD) removeEventListener(type, this);
  }

  /**
   * The room on screen, whose news are not counted, and the address of all rooms.
   * @param {{current: string, address: string, drafts: import("../model/kept.js").Drafts}} parts
   */
  prepare({ current, address, drafts }) {
    this.current = current;
    this.address = address;
    this.#drafts = drafts;
    this.showDrafts();
  }

  /** Another tab wrote; or the page comes back, and some may have written meanwhile. */
  handleEvent() {
    if (this.#drafts) this.showDrafts();
  }

  /**
   * @param {import("../model/room-list.js").RoomList} list
   * @param {{unread: number, mentions: number} | null} [here] what waits in the room on screen
   */
  show(list, here = null) {
    this.#here = here;
    this.#isQuiet = ({ room, kind }) => list.levelOf(room, kind) === "nothing";
    for (const link of this.#links) this.#show(link, list.get(link.dataset.room));
    const shown = new Set(this.#links.map((link) => link.dataset.room));
    for (const room of list.rooms) if (!shown.has(room.room)) this.#add(room);
  }

  /**
   * Where the next room of the list leads, seen from the one on screen; round again at its end.
   * @param {number} by 1 or -1 @param {boolean} isUnread only rooms in which something waits
   * @returns {string | null}
   */
  beside(by, isUnread) {
    const links = this.#links;
    const here = links.findIndex((link) => link.dataset.room === this.current);
    for (let far = 1; far < links.length; far += 1) {
      const link = links.at((here + far * by) % links.length);
      const waits = !link.querySelector(".unread").hidden;
      if (link.dataset.room !== this.current && (waits || !isUnread)) return link.href;
    }
    return null;
  }

  forget(room) {
    this.linkOf(room)?.closest("li").remove();
  }

  linkOf(room) {
    return this.#links.find((each) => each.dataset.room === room);
  }

  /** A public room that one does not belong to stays: one may enter it. */
  #show(link, known) {
    if (known || link.dataset.kind === "public") this.refresh(link, known);
    else this.forget(link.dataset.room);
  }

  refresh(link, known) {
    const { room, kind } = link.dataset;
    const isQuiet = this.#isQuiet({ room, kind });
    const told = room === this.current ? this.#here && { ...known, ...this.#here } : known;
    link.toggleAttribute("data-quiet", isQuiet);
    showWaiting(link.querySelector(".unread"), isQuiet ? null : told);
    if (known) this.#name(link, known);
  }

  #name(link, known) {
    link.dataset.kind = known.kind;
    write(nameIn(link), labelOf(known));
    if (known.kind === DIRECT) link.querySelector("user-avatar").show(faceOf(known));
    else drawSign(link.querySelector("svg"), known);
  }

  #add(room) {
    const list = this.#listOf(room);
    if (!list) return;
    const links = [...list.querySelectorAll("a[data-room]")];
    const place = links.findIndex((each) => nameOf(each).localeCompare(room.name) > 0);
    if (isElsewhere(list, place)) return;
    list.insertBefore(this.#itemFor(room), links[place]?.closest("li") ?? null);
  }

  #itemFor(room) {
    const item = cloneTemplate(room.kind === DIRECT ? "conversation-link" : "room-link");
    const link = item.querySelector("a");
    link.href = roomAddress(this.address, room.room);
    Object.assign(link.dataset, { room: room.room, kind: room.kind });
    this.refresh(link, room);
    this.#showDraft(link);
    return item;
  }

  #listOf({ kind }) {
    const section = kind === DIRECT ? "direct" : "rooms";
    return this.querySelector(`[data-section="${section}"] ul`);
  }

  /** What waits in them, as it is kept. */
  showDrafts() {
    for (const link of this.#links) this.#showDraft(link);
  }

  /** What is half written in the room on screen stands in front of the writer. */
  #showDraft(link) {
    const { room } = link.dataset;
    const isThere = room !== this.current && this.#drafts.has(room);
    const mark = link.querySelector(".draft-mark");
    if (!isThere) mark?.remove();
    else if (!mark) nameIn(link).after(cloneTemplate("draft"));
  }

  get #links() {
    return [...this.querySelectorAll("a[data-room]")];
  }
}

/** Of a list that is one page of several, or what a search found, what is at its ends is not known. */
const isElsewhere = ({ dataset }, place) => "part" in dataset && place < 1;

/** Also of somebody with whom there is no conversation yet; alone it is for one's own notes. */
export function labelOf({ name, kind, people, isSelf }) {
  const isAlone = isSelf || (kind === DIRECT && people?.length === 0);
  return isAlone ? gettext("%(name)s (you)", { name }) : name;
}

/** The one name in a link. */
const nameIn = (link) => link.querySelector("bdi");

const nameOf = (link) => nameIn(link).textContent;

/** What kind of room it is. @param {SVGElement} icon */
export function drawSign(icon, { kind, archived }) {
  const picture = icon.querySelector("use");
  const address = picture.getAttribute("href").split("#")[0];
  const sign = archived ? "archive" : (kind === "private" ? "lock" : "hash");
  picture.setAttribute("href", `${address}#${sign}`);
}

const SHOWN_MOST = 999;

/**
 * How much waits: what is for the reader as a badge, all else quietly.
 * @param {HTMLElement} badge @param {import("../model/room-list.js").Known | null} known
 */
export function showWaiting(badge, known) {
  const calls = known ? callsOf(known) : 0;
  const count = calls || known?.unread || 0;
  badge.hidden = !count;
  badge.classList.toggle("unread--calls", calls > 0);
  const shown = count > SHOWN_MOST ? `${written(SHOWN_MOST)}+` : count && written(count);
  badge.querySelector(".unread__count").textContent = shown || "";
  badge.querySelector(".unread__unit").textContent = count ? ` ${unitOf(known)}` : "";
}

/** What the number counts, for those who hear it. */
function unitOf({ kind, unread, mentions }) {
  if (!mentions || kind === "direct") return gettext("unread");
  return gettext("for you, %(unread)s unread", { unread });
}
