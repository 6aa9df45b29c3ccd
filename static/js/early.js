// A classic script that holds up rendering on purpose: what cannot wait for the modules.

// The chosen theme must be there before the first paint. Choosing one is the business of
// elements/theme-switch.js.
(() => {
  const root = document.documentElement;
  // Who is signed in has theirs in the page, in every browser; it is "system" where they follow it.
  const theme = root.dataset.theme ?? kept();
  if (theme !== "light" && theme !== "dark") return;
  root.dataset.theme = theme;
  for (const meta of document.querySelectorAll("meta[data-scheme]")) {
    meta.media = meta.dataset.scheme === theme ? "all" : "not all";
  }

  /** What was chosen last in this browser: the entrance looks as the rooms did. */
  function kept() {
    try {
      return localStorage.getItem("theme");
    } catch {
      // Storage may be forbidden; then the page follows the system.
      return null;
    }
  }
})();

// Who goes to a room and types on means its message box, also while the page is on its way. What
// is typed on the page that is being left is carried over; what is typed before the modules of the
// next one run goes into the box, where elements/message-composer.js finds it.
(() => {
  const KEPT = "typed-ahead";
  /** A page that was not left by then stays. */
  const LEAVING_MS = 15_000;
  const rooms = document.currentScript.dataset.rooms;
  let typed = "";
  /** The path of the room that was chosen. @type {string | null} */
  let ahead = null;
  let isEarly = isRoom(location);
  let timer = null;

  addEventListener("keydown", pressed, { capture: true });
  addEventListener("pagehide", () => ahead && leave());
  addEventListener("pageshow", ({ persisted }) => persisted && (receive(), deliver()));
  window.navigation?.addEventListener("navigate", (event) => isToRoom(event) && setOut(event));
  // "interactive" comes before the modules run, and "DOMContentLoaded" after them.
  document.addEventListener("readystatechange", parsed, { once: true });
  receive();

  function pressed(event) {
    const key = keyOf(event);
    if (!key || !(ahead || isBeforeBox())) return;
    if (!ahead && box()) return key.trim() && enter();
    event.preventDefault();
    event.stopImmediatePropagation();
    if (key === "Backspace") typed = [...typed].slice(0, -1).join("");
    // The key that chose the room may still be held.
    else if (typed || key !== "\n") typed += key;
  }

  /** What is pressed goes where the focus is by then. */
  function enter() {
    deliver();
    box().focus();
  }

  /** The focus is nowhere yet, and on a phone it had better stay there. */
  function isBeforeBox() {
    const isNowhere = !document.activeElement || document.activeElement === document.body;
    return isEarly && isNowhere && !location.hash && !matchMedia("(pointer: coarse)").matches;
  }

  function parsed() {
    if (!box()) return stop();
    deliver();
    customElements.whenDefined("room-page").then(stop);
  }

  /** No room's page, or one that listens by itself. */
  function stop() {
    isEarly = false;
    if (!box()) keep({});
  }

  // --- From page to page

  function isToRoom({ destination, downloadRequest, formData }) {
    const url = new URL(destination.url);
    const isLeaving = !destination.sameDocument && downloadRequest === null && !formData;
    return isLeaving && url.pathname !== location.pathname && isRoom(url);
  }

  function isRoom({ origin, pathname }) {
    const isOurs = origin === location.origin && pathname.startsWith(rooms);
    return isOurs && /^[^/]+\/$/.test(pathname.slice(rooms.length));
  }

  /** Who changes their mind on the way meant the first room with what they typed so far. */
  function setOut({ destination, signal }) {
    if (ahead) leave();
    ahead = new URL(destination.url).pathname;
    const mine = (timer = setTimeout(stay, LEAVING_MS));
    // It was stopped; or another way is taken, which is told next.
    signal.addEventListener("abort", () => timer === mine && stayUnlessGoing());
  }

  function stayUnlessGoing() {
    clearTimeout(timer);
    timer = setTimeout(stay, 0);
  }

  function leave() {
    if (typed) keep({ ...all(), [ahead]: typed });
    typed = "";
    end();
  }

  /** What was meant for elsewhere is at least not lost. */
  function stay() {
    if (!ahead) return;
    end();
    deliver();
  }

  function end() {
    clearTimeout(timer);
    ahead = null;
  }

  function receive() {
    const { [location.pathname]: mine = "", ...others } = all();
    typed = mine;
    if (mine) keep(others);
  }

  function deliver() {
    if (!typed || !box()) return;
    box().value += typed;
    typed = "";
    box().dispatchEvent(new InputEvent("input", { bubbles: true }));
  }

  function box() {
    return document.getElementById("composer");
  }

  /** Storage may be forbidden; then only what is typed on the new page is taken. */
  function all() {
    try {
      return JSON.parse(sessionStorage.getItem(KEPT)) ?? {};
    } catch {
      return {};
    }
  }

  function keep(texts) {
    try {
      if (Object.keys(texts).length) sessionStorage.setItem(KEPT, JSON.stringify(texts));
      else sessionStorage.removeItem(KEPT);
    } catch {
      // As above.
    }
  }

  /** What it types; empty where it does something else. Some signs are typed with Alt or AltGr. */
  function keyOf(event) {
    const { key = "", repeat } = event;
    const isHeld = event.ctrlKey || event.metaKey || (event.altKey && /^\w$/.test(key));
    if (event.isComposing || (isHeld && !event.getModifierState("AltGraph"))) return "";
    if (key === "Enter") return repeat ? "" : "\n";
    return key === "Backspace" || [...key].length === 1 ? key : "";
  }
})();
