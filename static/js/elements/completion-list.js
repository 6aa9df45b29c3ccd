import { caretRect } from "../dom/caret.js";
import { bringStyles, cloneTemplate, write } from "../dom/markup.js";
import { replaceTyped } from "../dom/quirks.js";
import {
  beginningAt,
  Choice,
  insertionFor,
  isNamed,
  suggestEmoji,
  suggestMentions,
  together,
} from "../model/completion.js";
import { fetchEmojiBook } from "../model/emoji.js";
import { EmojiMemory } from "../model/kept.js";
import { gettext, ngettext } from "../model/words.js";

/** The server is asked when the typing rests. */
const PAUSE_MS = 150;
const STEPS = { ArrowDown: 1, ArrowUp: -1 };

/** @typedef {{people: object[], everybody: boolean}} Found members, and whether @all calls them all */

/**
 * What could be meant by the @ or : that is being typed. The focus stays in the field: this list
 * is told by the field's `aria-activedescendant`.
 */
export class CompletionList extends HTMLElement {
  #field = null;
  #people = null;
  #username = "";
  #memory = null;
  #choice = new Choice();
  #beginning = null;
  /** Where somebody pressed Escape: it stays away there. */
  #dismissed = null;
  #found = new Map();
  #timer = null;

  connectedCallback() {
    this.addEventListener("pointerdown", this);
    this.addEventListener("click", this);
  }

  disconnectedCallback() {
    this.close();
  }

  /**
   * @param {object} setting
   * @param {HTMLTextAreaElement} setting.field
   * @param {{known: object[], find: (q: string) => Promise<Found>}} setting.people
   * @param {string} setting.username the reader's own
   * @param {Storage | null} setting.storage
   */
  async prepare({ field, people, username, storage }) {
    this.#field = field;
    this.#people = people;
    this.#username = username;
    this.#memory = new EmojiMemory(storage, username);
    await bringStyles("completion");
  }

  get isOpen() {
    return !this.hidden;
  }

  /** The text or the place of the caret changed. */
  update() {
    const { value, selectionStart, selectionEnd } = this.#field;
    const beginning = selectionStart === selectionEnd ? beginningAt(value, selectionStart) : null;
    if (beginning?.from !== this.#dismissed) this.#dismissed = null;
    if (!beginning || this.#dismissed !== null) return this.close();
    if (isSame(beginning, this.#beginning)) return;
    this.#beginning = beginning;
    if (beginning.kind === "person") this.#suggestPeople(beginning);
    else this.#suggestEmoji(beginning);
  }

  close() {
    clearTimeout(this.#timer);
    this.#beginning = null;
    this.#choice.offer([], { isFresh: true });
    this.hidden = true;
    document.removeEventListener("selectionchange", this);
    for (const name of ["controls", "activedescendant"]) this.#field?.removeAttribute(`aria-${name}`);
    this.#say("");
  }

  /** A key in the field. @returns {boolean} whether it was meant for the list */
  pressed(event) {
    if (!this.isOpen || event.shiftKey || event.altKey || event.ctrlKey || event.metaKey) return false;
    if (event.key in STEPS) this.#move(STEPS[event.key]);
    else if (event.key === "Enter" || event.key === "Tab") this.#choose(this.#choice.chosen);
    else if (event.key === "Escape") this.#dismiss();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  handleEvent(event) {
    if (event.type === "selectionchange") this.update();
    // The focus, and with it the soft keyboard, stays where it is.
    else if (event.type === "pointerdown") event.preventDefault();
    else if (event.type === "click") this.#clicked(event.target.closest("[role=option]"));
  }

  // --- What could be meant

  #suggestPeople(beginning) {
    const { query } = beginning;
    const found = this.#found.get(query);
    this.#offerPeople(beginning, found ?? { people: [], everybody: false });
    clearTimeout(this.#timer);
    if (isNamed(this.#people.known, query)) return;
    if (query && !found) this.#timer = setTimeout(() => this.#find(beginning), PAUSE_MS);
  }

  async #find(beginning) {
    try {
      const found = await this.#people.find(beginning.query);
      this.#found.set(beginning.query, found);
      if (this.#beginning === beginning) this.#offerPeople(beginning, found);
    } catch {
      // Those whom the page knows have to do.
    }
  }

  #offerPeople({ query }, { people, everybody }) {
    const held = together(this.#people.known, people);
    const words = everybody ? gettext("Everybody in this room") : "";
    this.#offer(suggestMentions(held, words, query, this.#username));
  }

  async #suggestEmoji(beginning) {
    try {
      const book = await fetchEmojiBook(fetch.bind(window));
      if (this.#beginning !== beginning) return;
      const found = suggestEmoji(book, beginning, this.#memory.tone);
      if (beginning.isClosed && found.length) this.#choose(found[0]);
      else this.#offer(beginning.isClosed ? [] : found);
    } catch {
      this.close();
    }
  }

  // --- The list

  #offer(suggestions) {
    const wasOpen = this.isOpen;
    this.#choice.offer(suggestions, { isFresh: !wasOpen });
    this.hidden = !suggestions.length;
    this.#list.replaceChildren(...suggestions.map(drawSuggestion));
    this.#say(
      suggestions.length
        ? ngettext("%(count)s suggestion", "%(count)s suggestions", suggestions.length)
        : "",
    );
    if (!suggestions.length) return this.#field.removeAttribute("aria-activedescendant");
    this.#field.setAttribute("aria-controls", this.#list.id);
    document.addEventListener("selectionchange", this);
    this.#place();
    this.#mark();
  }

  #place() {
    const caret = caretRect(this.#field, this.#beginning.from);
    const frame = this.parentElement.getBoundingClientRect();
    const field = this.#field.getBoundingClientRect();
    const isRightToLeft = getComputedStyle(this).direction === "rtl";
    const before = isRightToLeft ? frame.right - caret.right : caret.left - frame.left;
    // Above the whole frame where that is as near.
    const isFirstLine = caret.top - field.top < caret.height;
    const below = isFirstLine ? frame.bottom - this.#field.form.getBoundingClientRect().top : frame.bottom - caret.top;
    this.style.setProperty("--completion-before", `${Math.round(before)}px`);
    this.style.setProperty("--completion-below", `${Math.round(below)}px`);
  }

  #move(step) {
    this.#choice.move(step);
    this.#mark();
  }

  #mark() {
    [...this.#list.children].forEach((option, index) => {
      const isChosen = index === this.#choice.index;
      option.setAttribute("aria-selected", isChosen);
      if (!isChosen) return;
      this.#field.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    });
  }

  #clicked(option) {
    if (option) this.#choose(this.#choice.suggestions[[...this.#list.children].indexOf(option)]);
  }

  #choose(suggestion) {
    const beginning = this.#beginning;
    const text = insertionFor(beginning, suggestion, this.#field.value);
    if (beginning.kind === "emoji") this.#memory.use(suggestion.insert);
    this.close();
    // Where the name ends nothing more is offered for it.
    this.#dismissed = beginning.from;
    replaceTyped(this.#field, beginning, text);
  }

  #dismiss() {
    const { from } = this.#beginning;
    this.close();
    this.#dismissed = from;
  }

  #say(words) {
    write(this.querySelector("[role=status]"), words);
  }

  get #list() {
    return this.querySelector("[role=listbox]");
  }
}

const isSame = (a, b) => a.kind === b?.kind && a.from === b.from && a.query === b.query && a.isClosed === b.isClosed;

function drawSuggestion({ label, detail, insert, person, isEverybody }, index) {
  const option = cloneTemplate("suggestion");
  option.id = `suggestion-${index}`;
  const avatar = option.querySelector("user-avatar");
  const picture = option.querySelector(".suggestion__emoji");
  if (person) avatar.show(person);
  if (person) picture.remove();
  else avatar.remove();
  if (!isEverybody) picture.textContent = insert;
  option.querySelector(".suggestion__label").textContent = label;
  option.querySelector(".suggestion__detail").textContent = detail;
  option.querySelector(".suggestion__here").hidden = !person?.state;
  return option;
}
