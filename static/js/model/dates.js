// Times in the reader's zone and words.

import { gettext } from "./words.js";

const MINUTE_S = 60;
/** In every time zone a day begins at a quarter of an hour. */
const QUARTER_MS = 15 * 60 * 1000;
const KEYS_MOST = 5_000;
const UNITS = [
  ["year", 365 * 24 * 3600],
  ["month", 30 * 24 * 3600],
  ["week", 7 * 24 * 3600],
  ["day", 24 * 3600],
  ["hour", 3600],
  ["minute", MINUTE_S],
];

/** The reader's own variant of the page's language: en-GB writes dates unlike en-US. */
export function chooseLocale(pageLanguage, languages) {
  const base = (tag) => tag.toLowerCase().split("-")[0];
  return languages.find((tag) => base(tag) === base(pageLanguage)) ?? pageLanguage;
}

export class Dates {
  #time;
  #full;
  #day;
  #dayAndYear;
  #key;
  /** Of each quarter of an hour: a long timeline asks for the same few again and again. */
  #keys = new Map();
  #relative;
  #locale;

  /** @param {string} locale @param {string} [timeZone] the reader's own unless given */
  constructor(locale, timeZone) {
    const format = (options) => new Intl.DateTimeFormat(locale, { ...options, timeZone });
    this.#locale = locale;
    this.#time = format({ timeStyle: "short" });
    this.#full = format({ dateStyle: "full", timeStyle: "medium" });
    this.#day = format({ weekday: "long", day: "numeric", month: "long" });
    this.#dayAndYear = format({ dateStyle: "long" });
    this.#key = new Intl.DateTimeFormat("en-CA", { timeZone });
    this.#relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  }

  time(date) {
    return this.#time.format(date);
  }

  full(date) {
    return this.#full.format(date);
  }

  /** Equal for two times of one day: 2026-11-20. */
  dayKey(date) {
    const quarter = Math.floor(date / QUARTER_MS);
    let key = this.#keys.get(quarter);
    if (key) return key;
    if (this.#keys.size >= KEYS_MOST) this.#keys.clear();
    key = this.#key.format(date);
    this.#keys.set(quarter, key);
    return key;
  }

  /** "Today", "Yesterday", a weekday with its date, or a date with its year. */
  dayName(date, now) {
    const age = this.#daysBetween(date, now);
    if (age === 0 || age === 1) return this.#capitalised(this.#relative.format(-age, "day"));
    return (age > 0 && age < 300 ? this.#day : this.#dayAndYear).format(date);
  }

  /** "5 minutes ago" */
  ago(date, now) {
    const seconds = (date - now) / 1000;
    const found = UNITS.find(([, length]) => Math.abs(seconds) >= length);
    if (!found) return gettext("just now");
    const [unit, size] = found;
    return this.#relative.format(Math.trunc(seconds / size), unit);
  }

  #capitalised(word) {
    return word.charAt(0).toLocaleUpperCase(this.#locale) + word.slice(1);
  }

  #daysBetween(date, now) {
    const midnight = (time) => Date.parse(this.dayKey(time));
    return Math.round((midnight(now) - midnight(date)) / (24 * 3600 * 1000));
  }
}
