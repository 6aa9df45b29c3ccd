import { cloneTemplate } from "../dom/markup.js";

/** The rooms in the sidebar, with what waits in each. */
export class RoomList extends HTMLElement {
  /** The room on screen, whose news are not counted, and the address of all rooms. */
  prepare({ current, address }) {
    this.current = current;
    this.address = address;
  }

  /** @param {import("../model/room-list.js").RoomList} list */
  show(list) {
    for (const link of this.#links) this.#show(link, list.get(link.dataset.room));
    const shown = new Set(this.#links.map((link) => link.dataset.room));
    for (const room of list.rooms) if (!shown.has(room.room)) this.#add(room);
  }

  forget(room) {
    const link = this.#links.find((each) => each.dataset.room === room);
    link?.closest("li").remove();
  }

  /** A public room that one does not belong to stays: one may enter it. */
  #show(link, known) {
    if (known || link.dataset.kind !== "private") this.#refresh(link, known);
    else this.forget(link.dataset.room);
  }

  #refresh(link, known) {
    const count = known && link.dataset.room !== this.current ? known.unread : 0;
    const badge = link.querySelector(".room-link__unread");
    badge.hidden = !count;
    badge.classList.toggle("room-link__unread--mention", Boolean(count && known.mentions));
    badge.querySelector(".room-link__count").textContent = count > 999 ? "999+" : count || "";
    badge.querySelector(".room-link__unit").textContent = count ? unitOf(known) : "";
    if (known) this.#name(link, known);
  }

  #name(link, { name, kind }) {
    link.dataset.kind = kind;
    const label = link.querySelector(".room-link__name");
    if (label.textContent !== name) label.textContent = name;
    const picture = link.querySelector("use");
    const address = picture.getAttribute("href").split("#")[0];
    picture.setAttribute("href", `${address}#${kind === "private" ? "lock" : "hash"}`);
  }

  #add(room) {
    const item = cloneTemplate("room-link");
    const link = item.querySelector("a");
    link.href = `${this.address}${encodeURIComponent(room.room)}/`;
    link.dataset.room = room.room;
    this.#refresh(link, room);
    const next = this.#links.find((each) => nameOf(each).localeCompare(room.name) > 0);
    this.querySelector("ul").insertBefore(item, next?.closest("li") ?? null);
  }

  get #links() {
    return [...this.querySelectorAll("a[data-room]")];
  }
}

const nameOf = (link) => link.querySelector(".room-link__name").textContent;

function unitOf(known) {
  if (!known?.mentions) return " unread";
  return ` unread, ${known.mentions} of them for you`;
}
