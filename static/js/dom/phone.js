// What hands expect of a phone: the back button closes what is open, a long press opens a menu.

// --- Back ---

/**
 * While a drawer, a menu or a dialog is open, the history has one step more, which the back button
 * takes away. It never has two, and none is left when what was open is closed in another way.
 * @param {AbortSignal} signal
 */
export function closeByBack(signal) {
  const back = new BackButton();
  const hear = (target, type, act) => target.addEventListener(type, act, { signal, capture: true });
  const toggled = ({ target, newState }) => target.popover && back.note(target, newState === "open");
  hear(document, "toggle", toggled);
  hear(document, "click", (event) => back.follow(event));
  hear(window, "popstate", () => back.went());
  const dialogs = new MutationObserver((changes) => {
    const seen = new Set(changes.map(({ target }) => target));
    for (const each of seen) if (each.localName === "dialog") back.note(each, each.open);
  });
  dialogs.observe(document.body, { attributeFilter: ["open"], subtree: true });
  signal.addEventListener("abort", () => dialogs.disconnect());
}

const SETTLED_MS = 150;

class BackButton {
  #open = [];
  #isGoing = false;

  constructor() {
    // A reload while something was open.
    if (history.state?.isOpen) this.#goBack();
  }

  note(element, isOpen) {
    this.#open = this.#open.filter((each) => each !== element);
    if (isOpen) this.#open.push(element);
    if (isOpen) this.#mark();
    // A menu may close because its dialog opens, or for a moment at the end of a long press.
    else setTimeout(() => this.#open.length || this.#unmark(), SETTLED_MS);
  }

  went() {
    const wasOurs = this.#isGoing;
    this.#isGoing = false;
    if (wasOurs) return this.#open.length && this.#mark();
    if (history.state?.isOpen) return this.#open.length || this.#goBack();
    if (!this.#open.length) return;
    close(this.#open.at(-1));
    if (this.#open.length > 1) this.#mark();
  }

  /** A link out of something open takes the place of that step. */
  follow(event) {
    const link = event.target.closest?.("a[href]");
    const isHeld = event.ctrlKey || event.metaKey || event.shiftKey;
    if (!link || isHeld || link.target || link.hasAttribute("download")) return;
    if (!history.state?.isOpen || !this.#open.some((each) => each.contains(link))) return;
    const isElsewhere = link.href.split("#")[0] !== location.href.split("#")[0];
    if (!isElsewhere || link.origin !== location.origin) return;
    event.preventDefault();
    location.replace(link.href);
  }

  #mark() {
    if (this.#isGoing || history.state?.isOpen) return;
    history.pushState({ ...history.state, isOpen: true }, "");
  }

  #unmark() {
    if (!this.#isGoing && history.state?.isOpen) this.#goBack();
  }

  #goBack() {
    this.#isGoing = true;
    history.back();
  }
}

function close(element) {
  if (element.localName === "dialog") element.close();
  else element.hidePopover();
}

// --- Long press ---

const PRESS_MS = 450;
const TREMBLE_PX = 10;
/** A click comes so soon after its finger went up, or not at all. */
const CLICK_MS = 60;
/** Has a long press of its own, or is text that somebody selected. */
const OTHERS = "a, button:not(.message__quote), input, textarea, img, video, audio, summary";

/**
 * On a message it opens its menu. A finger that moves scrolls instead; where text is selected, the
 * finger is after that.
 * @param {HTMLElement} list of messages @param {AbortSignal} signal
 */
export function openByLongPress(list, signal) {
  let press = null;
  const stop = () => {
    clearTimeout(press?.timer);
    press = null;
  };
  const begin = (event) => {
    stop();
    const article = event.target.closest("article");
    if (event.pointerType !== "touch" || !event.isPrimary || !article) return;
    if (event.target.closest(OTHERS) || !getSelection().isCollapsed) return;
    const { clientX: x, clientY: y } = event;
    press = { x, y, article, isDone: false, timer: setTimeout(done, PRESS_MS) };
  };
  const done = () => {
    press.isDone = openMenu(press.article);
    if (press.isDone) navigator.vibrate?.(12);
  };
  const move = ({ clientX, clientY }) => {
    if (press && Math.hypot(clientX - press.x, clientY - press.y) > TREMBLE_PX) stop();
  };
  const end = () => {
    if (press?.isDone) swallowClick(press.article, stop);
    else stop();
  };
  // The browser's own answer to a long press would select a word and show its own menu.
  const refuse = (event) => press && event.preventDefault();
  const on = (type, act, options) => list.addEventListener(type, act, { signal, ...options });
  on("pointerdown", begin);
  on("pointermove", move, { passive: true });
  on("pointerup", end);
  on("pointercancel", end);
  on("contextmenu", refuse);
  on("scroll", stop, { capture: true, passive: true });
  document.addEventListener("selectstart", refuse, { signal });
}

/** @returns {boolean} whether it has one */
function openMenu(article) {
  const button = article.querySelector("[data-does=menu]:not(.message__menu--none)");
  if (!button) return false;
  button.click();
  return true;
}

/** The finger goes up where no menu was when it went down: that is no choice, and no way out. */
function swallowClick(article, done) {
  const once = { capture: true, once: true };
  const refuse = (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    stayOpen(article);
  };
  const menu = document.querySelector("message-menu");
  const reopen = ({ newState }) => newState === "closed" && stayOpen(article);
  addEventListener("click", refuse, once);
  menu.addEventListener("toggle", reopen);
  setTimeout(() => {
    removeEventListener("click", refuse, once);
    menu.removeEventListener("toggle", reopen);
    stayOpen(article);
    done();
  }, CLICK_MS);
}

/** Browsers take the end of the press for a touch outside the menu. */
function stayOpen(article) {
  const menu = document.querySelector("message-menu");
  if (!menu.matches(":popover-open")) openMenu(article);
}
