import { readersDates } from "../dom/locale.js";

/** <local-date> around a <time datetime>: the moment in the reader's own time zone and words. */
export class LocalDate extends HTMLElement {
  connectedCallback() {
    const time = this.querySelector("time");
    const date = new Date(time.dateTime);
    const dates = readersDates();
    time.textContent = `${dates.dayName(date, new Date())}, ${dates.time(date)}`;
    time.title = dates.full(date);
  }
}
