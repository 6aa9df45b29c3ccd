import { cloneTemplate, write } from "../dom/markup.js";
import { PeopleFinder } from "../model/people-finder.js";
import { gettext, ngettext } from "../model/words.js";
import { systemClock } from "../net/clock.js";
import { fetchPeople } from "../net/requests.js";

/**
 * With whom to talk: a field that finds people, and the chosen ones before it. Without a script
 * it is a search and a list to tick; what is chosen is sent by the same form.
 */
export class PeoplePicker extends HTMLElement {
  #finder = null;
  #options = [];

  connectedCallback() {
    this.#finder = new PeopleFinder({
      clock: systemClock,
      ask: (q) => fetchPeople(this.dataset.address, { q }, fetch.bind(window)),
      onChange: () => this.#draw(),
    });
    this.#becomeCombobox();
    for (const type of ["input", "keydown", "click", "submit"]) this.addEventListener(type, this);
    document.addEventListener("keydown", this.#keepSearchFormStill);
    this.#finder.search(this.#field.value);
    this.#finder.look();
    this.#draw();
  }

  disconnectedCallback() {
    for (const type of ["input", "keydown", "click", "submit"]) this.removeEventListener(type, this);
    document.removeEventListener("keydown", this.#keepSearchFormStill);
  }

  handleEvent(event) {
    if (event.type === "input" && event.target === this.#field) this.#finder.search(this.#field.value);
    else if (event.type === "keydown") this.#pressed(event);
    else if (event.type === "click") this.#clicked(event);
    else if (event.type === "submit") this.#submitted(event);
  }

  /** Enter in the field would send the search that is there for browsers without scripts. */
  #keepSearchFormStill = (event) => {
    if (event.target === this.#field && event.key === "Enter") event.preventDefault();
  };

  #becomeCombobox() {
    const list = this.#list;
    list.id = "people-found";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-multiselectable", "true");
    list.replaceChildren();
    const field = this.#field;
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-controls", list.id);
  }

  #pressed(event) {
    if (event.target !== this.#field || event.isComposing) return;
    const does = this.#keys[event.key];
    if (does) does(event);
  }

  #keys = {
    ArrowDown: (event) => this.#move(event, 1),
    ArrowUp: (event) => this.#move(event, -1),
    Enter: () => this.#entered(),
    Backspace: () => !this.#field.value && this.#takeBackLast(),
    Escape: (event) => {
      if (!this.#field.value) return;
      event.preventDefault();
      this.#type("");
    },
  };

  #move(event, step) {
    event.preventDefault();
    this.#finder.move(step);
  }

  async #entered() {
    const { chosen, query } = this.#finder;
    const person = await this.#finder.choice();
    if (person) this.#toggle(person);
    else if (!query && chosen.length) this.#form.requestSubmit();
  }

  #takeBackLast() {
    const last = this.#finder.chosen.at(-1);
    if (last) this.#finder.remove(last);
  }

  #clicked(event) {
    const option = event.target.closest("[role=option]");
    if (option) return this.#toggle(this.#finder.found[this.#options.indexOf(option)]);
    const chip = event.target.closest(".people-picker__chip-remove")?.closest("li");
    if (chip) this.#finder.remove({ username: chip.dataset.username });
    if (chip || event.target.matches(".people-picker__box")) this.#field.focus();
  }

  #submitted(event) {
    if (this.#finder.chosen.length) return;
    event.preventDefault();
    this.#field.focus();
  }

  #toggle(person) {
    this.#field.value = "";
    this.#finder.toggle(person);
    this.#field.focus();
  }

  #type(text) {
    this.#field.value = text;
    this.#finder.search(text);
  }

  // --- Drawing

  #draw() {
    this.#drawChosen();
    this.#drawFound();
    write(this.querySelector(".people-picker__said"), this.#words);
    this.querySelector(".people-picker__start").disabled = !this.#finder.chosen.length;
  }

  #drawChosen() {
    const { chosen } = this.#finder;
    const list = this.querySelector(".people-picker__chosen");
    const known = new Map([...list.children].map((chip) => [chip.dataset.username, chip]));
    list.replaceChildren(...chosen.map((person) => known.get(person.username) ?? chipOf(person)));
    list.hidden = !chosen.length;
  }

  #drawFound() {
    const { found, active } = this.#finder;
    this.#options = found.map((person, index) => this.#optionOf(person, index));
    this.#list.replaceChildren(...this.#options);
    this.#field.setAttribute("aria-expanded", found.length > 0);
    this.#list.hidden = !found.length;
    const current = this.#options[active];
    if (!current) return this.#field.removeAttribute("aria-activedescendant");
    this.#field.setAttribute("aria-activedescendant", current.id);
    current.scrollIntoView({ block: "nearest" });
  }

  #optionOf(person, index) {
    const option = cloneTemplate("found");
    option.id = `person-${index}`;
    option.setAttribute("aria-selected", this.#finder.isChosen(person));
    option.classList.toggle("people-picker__person--active", index === this.#finder.active);
    option.querySelector("user-avatar").show(person);
    write(option.querySelector(".people-picker__name"), person.name);
    write(option.querySelector(".people-picker__username"), `@${person.username}`);
    option.querySelector(".people-picker__self").hidden = person.username !== this.dataset.username;
    return option;
  }

  get #words() {
    const { state, found, more, query } = this.#finder;
    if (state === "failed") return gettext("The server does not answer right now. Type again to retry.");
    if (state === "asking" || !query) return "";
    if (!found.length) return gettext("Nobody’s name begins with “%(query)s”.", { query });
    if (more) return gettext("There are more: keep typing.");
    return ngettext("%(count)s person found", "%(count)s people found", found.length);
  }

  get #field() {
    return this.querySelector(".people-picker__field");
  }

  get #list() {
    return this.querySelector(".people-picker__found");
  }

  get #form() {
    return this.querySelector("form");
  }
}

function chipOf(person) {
  const chip = cloneTemplate("chosen");
  chip.dataset.username = person.username;
  chip.querySelector("user-avatar").show(person);
  write(chip.querySelector(".people-picker__chip-name"), person.name);
  chip.querySelector("input").value = person.username;
  const remove = gettext("Remove %(name)s", { name: person.name });
  chip.querySelector("button").setAttribute("aria-label", remove);
  return chip;
}
