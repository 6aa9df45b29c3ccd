import { readersDates } from "../dom/locale.js";

const MINUTE_MS = 60_000;
const shown = new Set();
let timer = null;

/** <time-ago> around a <time datetime>: "5 minutes ago". One timer serves them all. */
export class TimeAgo extends HTMLElement {
  connectedCallback() {
    shown.add(this);
    this.refresh();
    timer ??= setInterval(() => shown.forEach((element) => element.refresh()), MINUTE_MS);
  }

  disconnectedCallback() {
    shown.delete(this);
    if (shown.size) return;
    clearInterval(timer);
    timer = null;
  }

  refresh() {
    const time = this.querySelector("time");
    if (!time.dateTime) return;
    const date = new Date(time.dateTime);
    time.textContent = readersDates().ago(date, new Date());
    time.title = readersDates().full(date);
  }
}
