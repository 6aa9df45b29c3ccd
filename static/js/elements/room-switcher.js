import { cloneTemplate, write } from "../dom/markup.js";
import { faceOf } from "../model/avatar.js";
import { refusalWords } from "../model/connection-words.js";
import { Switching } from "../model/switcher.js";
import { gettext, ngettext } from "../model/words.js";
import { systemClock } from "../net/clock.js";
import { fetchPeople, fetchRooms } from "../net/requests.js";
import { drawSign, labelOf, showWaiting } from "./room-list.js";

const HEARD = ["input", "keydown", "click", "pointermove"];
const MOVES = {
  ArrowDown: (place, count) => (place + 1) % count,
  ArrowUp: (place, count) => (place - 1 + count) % count,
  PageDown: (place, count) => Math.min(place + 8, count - 1),
  PageUp: (place) => Math.max(place - 8, 0),
};
const NO_ANSWER = 0;

/**
 * Goes to another room, or begins to talk with somebody, by a few letters of a name. A field with a
 * list under it: the focus stays in the field, the arrow keys move a mark in the list.
 */
export class RoomSwitcher extends HTMLElement {
  #setting = null;
  #switching = null;
  #isLeaving = false;

  connectedCallback() {
    for (const type of HEARD) this.addEventListener(type, this);
    this.#dialog.addEventListener("close", () => this.#switching?.stop());
  }

  disconnectedCallback() {
    for (const type of HEARD) this.removeEventListener(type, this);
    this.#switching?.stop();
  }

  /**
   * Opens it; where it is open, closes it.
   * @param {object} setting
   * @param {import("../model/switcher.js").Choice[]} setting.own
   * @param {string} setting.typed what is looked for already
   * @param {string} setting.username the reader's
   * @param {{rooms: string, people: string}} setting.addresses where the server finds others
   * @param {(room: string) => void} setting.go
   * @param {(username: string, meanwhile: object) => Promise<void>} setting.write opens the
   *   conversation, for which something may be typed meanwhile; who closes this does not go there
   */
  toggle(setting) {
    if (this.#dialog.open) return this.#dialog.close();
    Object.assign(this.#field, { value: setting.typed });
    this.#setting = setting;
    this.#isLeaving = false;
    this.#dialog.showModal();
    this.#field.focus();
    this.#switching = this.#begun();
    this.#switching.look(this.#field.value);
  }

  #begun() {
    const { own, username, addresses } = this.#setting;
    const ask = fetch.bind(window);
    return new Switching({
      own,
      username,
      findRooms: (q, signal) => fetchRooms(addresses.rooms, q, ask, signal),
      findPeople: (q, signal) => fetchPeople(addresses.people, { q }, ask, signal),
      clock: systemClock,
      onChange: (added) => this.#draw(added),
    });
  }

  handleEvent(event) {
    if (event.type === "input") this.#typed();
    else if (event.type === "keydown") this.#pressed(event);
    else if (event.type === "click") this.#clicked(event);
    else this.#point(event);
  }

  // --- The reader ---

  #typed() {
    if (!this.#isLeaving) this.#switching?.search(this.#field.value);
  }

  #pressed(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && event.target === this.#field) return this.#choose(event);
    const { shown = [], marked } = this.#switching ?? {};
    const move = MOVES[event.key];
    if (!move || !shown.length) return;
    event.preventDefault();
    this.#mark(move(marked, shown.length));
  }

  #clicked(event) {
    const option = event.target.closest("[role=option]");
    if (option) {
      this.#mark(this.#options.indexOf(option), false);
      this.#choose(event);
    } else if (event.target.closest(".switcher__close") || isOutside(event)) this.#dialog.close();
  }

  /** The mark follows the mouse when that moves, not when the list moves under it. */
  #point({ target, movementX, movementY }) {
    const option = target.closest("[role=option]");
    if (option && (movementX || movementY)) this.#mark(this.#options.indexOf(option), false);
  }

  #choose(event) {
    event.preventDefault();
    const choice = this.#switching?.choice;
    if (!choice || this.#isLeaving) return;
    if (choice.isCurrent) this.#dialog.close();
    else if (choice.person) this.#write(choice.person);
    else this.#setting.go(choice.room);
  }

  async #write({ username, name }) {
    this.#switching.stop();
    this.#isLeaving = true;
    const wanted = this.#field.value;
    // What is typed now is not looked for any more, but said.
    this.#field.value = "";
    this.#field.focus();
    this.#show(gettext("Opening the conversation with %(name)s…", { name }));
    try {
      await this.#setting.write(username, {
        typed: () => this.#field.value,
        isWanted: () => this.#dialog.open,
      });
    } catch {
      this.#isLeaving = false;
      this.#field.value ||= wanted;
      this.#show(gettext("The conversation could not be opened. Try again in a moment."));
    }
  }

  // --- Drawing ---

  /** What comes from the server is put below what is there. */
  #draw(added) {
    const { shown, marked } = this.#switching;
    const options = (added ?? shown).map(drawOption);
    if (added) this.#list.append(...options);
    else this.#list.replaceChildren(...options);
    this.#options.forEach((option, place) => (option.id = `switcher-option-${place}`));
    this.#mark(marked, !added);
    this.#say();
  }

  #mark(place, isScrolling = true) {
    this.#list.querySelector("[aria-selected=true]")?.setAttribute("aria-selected", "false");
    this.#switching.marked = place;
    const option = this.#options[place];
    if (!option) return this.#field.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    this.#field.setAttribute("aria-activedescendant", option.id);
    if (isScrolling) option.scrollIntoView({ block: "nearest" });
  }

  #say() {
    const { state, status, shown } = this.#switching;
    if (state === "failed") return this.#show(wordsOfFailure(status));
    const isNothing = !shown.length && this.#field.value.trim();
    if (shown.length) this.#show(countOf(shown), false);
    else if (state === "asking") this.#show(gettext("Searching…"));
    else this.#show(isNothing ? gettext("No room and nobody of that name.") : gettext("There is no room yet."));
  }

  /** What can be seen anyway is for those who cannot see it. */
  #show(text, isNeeded = true) {
    const words = this.querySelector(".switcher__words");
    words.classList.toggle("visually-hidden", !isNeeded);
    write(words, text);
  }

  get #dialog() {
    return this.querySelector("dialog");
  }

  get #field() {
    return this.querySelector("input");
  }

  get #list() {
    return this.querySelector("[role=listbox]");
  }

  get #options() {
    return [...this.#list.children];
  }
}

function wordsOfFailure(status) {
  if (status === NO_ANSWER) return gettext("There is no connection: only your own rooms can be found.");
  return refusalWords(status) ?? gettext("The server does not answer right now. Type again to retry.");
}

/** @param {import("../model/switcher.js").Choice[]} choices */
function countOf(choices) {
  const people = choices.filter(({ person }) => person).length;
  const rooms = choices.length - people;
  const counts = [
    rooms && ngettext("%(count)s room", "%(count)s rooms", rooms),
    people && ngettext("%(count)s person", "%(count)s people", people),
  ];
  return counts.filter(Boolean).join(", ");
}

/** @param {import("../model/switcher.js").Choice} choice */
function drawOption(choice) {
  const option = cloneTemplate("switcher-option");
  option.querySelector(".switcher__name").textContent = labelOf(choice);
  option.querySelector(".switcher__topic").textContent = choice.topic || aboutOf(choice);
  drawPicture(option, choice);
  const { kind, unread = 0, calls = 0 } = choice;
  option.classList.toggle("switcher__option--unread", unread > 0);
  const waiting = unread ? { kind, unread, mentions: calls } : null;
  showWaiting(option.querySelector(".unread"), waiting);
  const note = option.querySelector(".switcher__note");
  note.hidden = choice.isOwn && !choice.isCurrent;
  note.textContent = noteOf(choice);
  return option;
}

/** A face or a sign; the template has both. */
function drawPicture(option, choice) {
  const avatar = option.querySelector("user-avatar");
  const sign = option.querySelector(".switcher__icon");
  const isFace = choice.person || choice.kind === "direct";
  (isFace ? sign : avatar).remove();
  if (isFace) avatar.show(choice.person ?? faceOf(choice));
  else drawSign(sign, choice);
}

/** Two people may have the same name, and nobody two usernames. */
function aboutOf({ person, kind, people = [] }) {
  const who = person ?? (kind === "direct" && people.length === 1 ? people[0] : null);
  return who ? `@${who.username}` : "";
}

function noteOf({ person, isCurrent }) {
  if (person) return gettext("New conversation");
  return isCurrent ? gettext("You are here") : gettext("Not joined");
}

/** A click on the backdrop is one on the dialog itself. */
const isOutside = ({ target }) => target.localName === "dialog";
