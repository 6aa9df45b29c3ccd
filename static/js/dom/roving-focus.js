// A list that is one stop for Tab: from there the arrow keys lead on.

const MOVES = {
  ArrowUp: (index) => index - 1,
  ArrowDown: (index) => index + 1,
  Home: () => 0,
  End: (index, length) => length - 1,
};

/** In a member, while it is the current one. */
export const REACHABLE = "[tabindex]:not(pre)";

export class RovingFocus {
  #list;
  #selector;
  #current = null;

  /**
   * @param {HTMLElement} list
   * @param {string} selector of its members; inside the current one, buttons are reached too;
   *   what scrolls can be reached in any
   */
  constructor(list, selector) {
    this.#list = list;
    this.#selector = selector;
    list.addEventListener("keydown", this);
    list.addEventListener("focusin", this);
  }

  stop() {
    this.#list.removeEventListener("keydown", this);
    this.#list.removeEventListener("focusin", this);
  }

  /** The list changed: who comes into it from outside begins with the last, the newest. */
  refresh() {
    const isInside = this.#current?.contains(document.activeElement);
    if (!isInside || !this.#list.contains(this.#current)) this.#become(this.#members.at(-1));
  }

  handleEvent(event) {
    const member = event.target.closest(this.#selector);
    if (event.type === "focusin") this.#become(member);
    else if (event.target === member || isButtonOf(event.target)) this.#move(member, event);
  }

  #move(member, event) {
    const members = this.#members;
    const next = members[MOVES[event.key]?.(members.indexOf(member), members.length)];
    if (!next) return;
    event.preventDefault();
    next.focus();
  }

  #become(member) {
    if (!member || member === this.#current) return;
    if (this.#current) setReachable(this.#current, false);
    this.#current = member;
    setReachable(member, true);
  }

  get #members() {
    return [...this.#list.querySelectorAll(this.#selector)];
  }
}

/** What moves nothing itself; in a menu the arrows lead from item to item. */
const isButtonOf = (target) => target.matches("button, a") && !target.closest("[popover]");

function setReachable(member, isReachable) {
  for (const each of [member, ...member.querySelectorAll(REACHABLE)]) {
    each.tabIndex = isReachable ? 0 : -1;
  }
}
