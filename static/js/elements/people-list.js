import { cloneTemplate } from "../dom/markup.js";

const STATE_WORDS = { online: "online", away: "away" };

/** The people here, those at their screens on top. */
export class PeopleList extends HTMLElement {
  #rows = new Map();

  /**
   * @param {object} presence
   * @param {import("../model/presence.js").Person[]} presence.people
   * @param {number} presence.count more than `people` where some were left out
   * @param {string} presence.username the reader's own
   */
  show({ people, count, username }) {
    const list = this.querySelector(".people__list");
    const sorted = [...people].sort(byPresence);
    this.#forget(new Set(sorted.map((person) => person.username)));
    sorted.forEach((person, index) => {
      const row = this.#row(person, username);
      if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null);
    });
    this.#showRest(count - people.length);
  }

  #row(person, username) {
    const row = this.#rows.get(person.username) ?? cloneTemplate("person");
    this.#rows.set(person.username, row);
    row.dataset.state = person.state;
    row.querySelector("user-avatar").show(person);
    row.querySelector(".person__name").textContent = person.name;
    row.querySelector(".person__name").title = `@${person.username}`;
    row.querySelector(".person__self").hidden = person.username !== username;
    row.querySelector(".person__state").textContent = STATE_WORDS[person.state] ?? person.state;
    return row;
  }

  #forget(kept) {
    for (const [username, row] of this.#rows) {
      if (kept.has(username)) continue;
      row.remove();
      this.#rows.delete(username);
    }
  }

  #showRest(rest) {
    const element = this.querySelector(".people__rest");
    element.hidden = rest <= 0;
    element.textContent = rest > 0 ? `and ${rest} more` : "";
  }
}

const order = (person) => (person.state === "online" ? 0 : 1);
const byPresence = (a, b) => order(a) - order(b) || a.name.localeCompare(b.name);
