import { write } from "../dom/markup.js";
import { RoomList } from "./room-list.js";

/** The rooms on the page of all rooms: each with a line of what it is about. */
export class RoomCards extends RoomList {
  /**
   * Before the list changes: something was said in a room. What was said while nobody told of it,
   * was said at a time that is not known.
   * @param {import("../model/room-list.js").RoomList} rooms as they were before
   */
  hear(event, rooms) {
    const wasSaid = (each) => isSaid(each, rooms.get(each.room));
    if (event.type === "room.activity" && wasSaid(event)) this.#said(event.room, new Date());
    if (event.type !== "welcome") return;
    for (const each of event.rooms ?? []) if (wasSaid(each)) this.#said(each.room, null);
  }

  refresh(link, known) {
    super.refresh(link, known);
    const line = link.querySelector(".room-card__line");
    if (!line) return;
    const part = (name) => line.querySelector(`.room-card__${name}`);
    if (known) write(part("topic"), known.topic);
    const isAbout = part("topic").textContent !== "";
    const isDated = line.querySelector("time").dateTime !== "";
    if (known) part("archived").hidden = !known.archived;
    part("outside").hidden = Boolean(known);
    part("last").hidden = isAbout || !isDated;
    part("silent").hidden = isAbout || isDated || known?.seq !== 0;
  }

  #said(room, when) {
    const line = this.linkOf(room)?.querySelector(".room-card__line");
    if (!line) return;
    line.querySelector("time").dateTime = when?.toISOString() ?? "";
    line.querySelector("time-ago").refresh();
  }
}

/** Rather than deleted: then less waits. */
const isSaid = ({ seq, unread }, before) => Boolean(before) && seq > before.seq && unread >= before.unread;
