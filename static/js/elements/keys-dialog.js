import { HELP } from "../model/key-help.js";
import { keyCaps } from "../model/keys.js";

/** The keys, as the table has them. */
export class KeysDialog extends HTMLElement {
  /**
   * Opens it; where it is open, closes it.
   * @param {boolean} isMac @param {(key: object) => boolean} works which of them do, on this page
   */
  toggle(isMac, works = () => true) {
    const dialog = this.querySelector("dialog");
    if (dialog.open) return dialog.close();
    this.querySelector(".keys__close").onclick = () => dialog.close();
    const working = HELP.map(({ title, keys }) => ({ title, keys: keys.filter(works) }));
    const groups = working.filter(({ keys }) => keys.length).map((group) => drawGroup(group, isMac));
    this.querySelector(".keys__groups").replaceChildren(...groups);
    dialog.showModal();
    this.#letScroll(this.querySelector(".keys__groups"));
  }

  /** By keys, where there is more than fits. */
  #letScroll(list) {
    list.tabIndex = list.scrollHeight > list.clientHeight ? 0 : -1;
  }
}

function drawGroup({ title, keys }, isMac) {
  const rows = keys.map((key) => drawRow(key, isMac));
  const list = element("dl", "", ...rows);
  return element("section", "keys__group", element("h3", "keys__title", title()), list);
}

function drawRow({ press, words }, isMac) {
  const caps = press.flatMap((combination) => [" ", drawKeys(combination, isMac)]);
  const what = element("dt", "keys__words", words());
  return element("div", "keys__row", what, element("dd", "keys__press", ...caps));
}

function drawKeys(combination, isMac) {
  const caps = keyCaps(combination, isMac).map((cap) => element("kbd", "key", cap));
  return element("span", "keys__combination", ...caps);
}

function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}
