import { bring, cloneTemplate, write } from "../dom/markup.js";
import { byPresence } from "../model/presence.js";
import { gettext, ngettext } from "../model/words.js";
import { fetchPeople } from "../net/requests.js";

const STATE_WORDS = { online: () => gettext("online"), away: () => gettext("away") };
/** More than so many are worth a field that finds them. */
const MANY = 20;
/** A line that is back at once is not worth a word. */
const PATIENCE_MS = 700;

/**
 * The people here, those at their screens on top; of a crowd the first of them, with a way to the
 * others. The search comes when it is needed: most rooms are small. In a conversation also who of
 * it is not here.
 */
export class PeopleList extends HTMLElement {
  #presence = null;
  #username = "";
  #address = "";
  #clock = null;
  #rows = new Map();
  #partners = [];
  #search = null;
  #words = null;
  #frame = null;
  #isLive = false;
  #timer = null;
  #size = new ResizeObserver(() => this.#offerScrolling());

  connectedCallback() {
    for (const type of ["input", "keydown", "click"]) this.addEventListener(type, this);
    this.#size.observe(this.#scroller);
    this.#size.observe(this.#list);
  }

  disconnectedCallback() {
    for (const type of ["input", "keydown", "click"]) this.removeEventListener(type, this);
    this.#size.disconnect();
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
  }

  /**
   * @param {object} setting
   * @param {import("../model/presence.js").Presence} setting.presence
   * @param {string} setting.username the reader's own
   * @param {string} setting.address that the server answers questions at
   * @param {{username: string, name: string}[]} [setting.partners] of a conversation, the others
   */
  prepare({ presence, username, address, partners = [], clock }) {
    this.#presence = presence;
    this.#username = username;
    this.#address = address;
    this.partners = partners;
    this.#clock = clock;
    this.isLive = false;
  }

  /** They may be called otherwise than before. */
  set partners(partners) {
    this.#partners = partners.map((person) => ({ ...person, state: "absent" }));
    this.#drawSoon();
  }

  /** `presence` changed. @param {string[]} left usernames of those who went */
  refresh(left) {
    this.#search?.refresh(left);
    if (this.#presence.count > MANY && !this.#search) this.#bringSearch();
    this.#drawSoon();
  }

  /** While it is not, the list is what was known last. */
  set isLive(isLive) {
    this.#isLive = isLive;
    clearTimeout(this.#timer);
    if (isLive) this.#showStanding();
    else this.#timer = setTimeout(() => this.#showStanding(), PATIENCE_MS);
  }

  handleEvent(event) {
    if (event.type === "input") this.#search?.search(event.target.value);
    else if (event.type === "keydown") this.#pressed(event);
    else if (event.target.closest(".people__more")) this.#search?.more();
    else if (event.target.closest(".person__write")) this.#write(event.target.closest(".person"));
  }

  #write(row) {
    const { username } = row.dataset;
    this.dispatchEvent(new CustomEvent("person-write", { bubbles: true, detail: { username } }));
  }

  #pressed(event) {
    if (event.target !== this.#field || event.isComposing) return;
    if (event.key === "Enter") this.#search?.hurry();
    if (event.key !== "Escape" || !this.#field.value) return;
    // The drawer stays: it is the field that is left.
    event.preventDefault();
    this.#field.value = "";
    this.#search?.search("");
  }

  async #bringSearch() {
    try {
      const [{ PeopleSearch, wordsFor }] = await bring(import.meta, "../model/people-search.js");
      if (this.#search) return;
      this.#words = wordsFor;
      this.#search = new PeopleSearch({
        presence: this.#presence,
        clock: this.#clock,
        fetchPage: (query) => fetchPeople(this.#address, query, fetch.bind(window)),
        onChange: () => this.#drawSoon(),
      });
      this.#drawSoon();
    } catch {
      // The line is away: it is tried again when the next person comes or goes.
    }
  }

  // --- Drawing

  /** At most once a frame: a crowd comes all at once. */
  #drawSoon() {
    this.#frame ??= requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#frame = null;
    const people = this.#search?.people ?? [...this.#presence.people].sort(byPresence);
    const absent = this.#absentBut(people);
    this.#forgetAllBut(new Set([...people, ...absent].map(({ username }) => username)));
    this.#put(people, this.#list);
    this.#drawAbsent(absent);
    this.#drawSearch(people.length);
    this.#drawRest(people.length);
  }

  #put(people, list) {
    people.forEach((person, index) => {
      const row = this.#row(person);
      const { children } = list;
      if (children[index] !== row) list.insertBefore(row, children[index] ?? null);
    });
  }

  /** Of those in the conversation; as long as nobody said who is here, that is not known. */
  #absentBut(people) {
    const here = new Set(people.map(({ username }) => username));
    if (!this.#presence.isKnown) return [];
    return this.#partners.filter(({ username }) => !here.has(username));
  }

  #drawAbsent(people) {
    const section = this.#part("absent");
    if (!section) return;
    section.hidden = !people.length;
    this.#put(people, section.querySelector("ul"));
  }

  #row(person) {
    const known = this.#rows.get(person.username);
    if (known?.person === person) return known.row;
    const row = known?.row ?? cloneTemplate("person");
    this.#rows.set(person.username, { row, person });
    Object.assign(row.dataset, { username: person.username, state: person.state });
    row.querySelector("user-avatar").show(person);
    write(row.querySelector(".person__name"), person.name);
    row.querySelector(".person__name").title = `@${person.username}`;
    row.querySelector(".person__self").hidden = person.username !== this.#username;
    write(row.querySelector(".person__state"), STATE_WORDS[person.state]?.() ?? "");
    this.#offerWriting(row, person);
    return row;
  }

  /** But not to whom one writes here anyway. */
  #offerWriting(row, { username, name }) {
    const button = row.querySelector(".person__write");
    const isTheirs = this.#partners.length === 1 && this.#partners[0].username === username;
    button.hidden = username === this.#username || isTheirs;
    button.title = gettext("Message %(name)s", { name });
    button.setAttribute("aria-label", button.title);
  }

  #forgetAllBut(kept) {
    for (const [username, { row }] of this.#rows) {
      if (kept.has(username)) continue;
      row.remove();
      this.#rows.delete(username);
    }
  }

  #drawSearch(shown) {
    if (!this.#search) return;
    const isWorthIt = this.#presence.count > MANY || this.#field.value !== "";
    this.#part("search").hidden = !isWorthIt;
    write(this.#part("found"), this.#words(this.#search, shown));
    this.#list.setAttribute("aria-busy", this.#search.state === "asking");
  }

  #drawRest(shown) {
    const rest = this.#search?.query ? 0 : this.#presence.count - shown;
    const isRest = rest > 0 && (this.#search?.hasMore ?? true);
    this.#part("rest").hidden = !isRest;
    write(this.#part("rest"), isRest ? ngettext("and %(count)s more", "and %(count)s more", rest) : "");
    this.#drawMore();
  }

  #drawMore() {
    const button = this.#part("more");
    const isFailed = this.#search?.state === "failed";
    const isNeeded = isFailed || (this.#search?.hasMore && this.#list.childElementCount > 0);
    if (!isNeeded && button === document.activeElement) this.#scroller.focus();
    button.hidden = !isNeeded;
    write(button, isFailed ? gettext("Try again") : gettext("Show more"));
  }

  #showStanding() {
    const isStale = !this.#isLive;
    this.classList.toggle("people-list--stale", isStale);
    this.#part("stale").hidden = !isStale;
    const words = this.#presence?.isKnown
      ? gettext("Not connected. These people were here before.")
      : gettext("Not connected: who is here is not known yet.");
    write(this.#part("stale"), isStale ? words : "");
    if (this.#isLive) this.#search?.retry();
  }

  /** What scrolls can be reached by the keyboard; what does not is no stop on its way. */
  #offerScrolling() {
    const { scrollHeight, clientHeight } = this.#scroller;
    if (scrollHeight > clientHeight) this.#scroller.tabIndex = 0;
    else this.#scroller.removeAttribute("tabindex");
  }

  #part(name) {
    return this.querySelector(`.people__${name}`);
  }

  get #list() {
    return this.#part("list");
  }

  get #scroller() {
    return this.#part("scroller");
  }

  get #field() {
    return this.#part("field");
  }
}
