// A classic script that holds up rendering on purpose: what cannot wait for the modules.

// The chosen theme must be there before the first paint. Choosing one is the business of
// elements/account-bar.js.
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

// What is typed before the modules run and hear it is for the message box, if the page has one:
// elements/message-composer.js finds it there.
(() => {
  let typed = "";
  let isEarly = true;

  addEventListener("keydown", pressed, { capture: true });
  // This comes before the modules run, and "DOMContentLoaded" after them.
  document.addEventListener("readystatechange", parsed, { once: true });

  function pressed(event) {
    const isHeld = event.ctrlKey || event.metaKey || event.altKey;
    const isSign = [...(event.key ?? "")].length === 1 && (!isHeld || event.getModifierState("AltGraph"));
    if (!isEarly || !isSign || !isNowhere()) return;
    // A field that gets the focus now gets the sign as well.
    if (box()) return enter();
    event.preventDefault();
    typed += event.key;
  }

  /** On a phone it had better stay there. */
  function isNowhere() {
    const { activeElement, body } = document;
    const isTouched = matchMedia("(pointer: coarse)").matches;
    return (!activeElement || activeElement === body) && !location.hash && !isTouched;
  }

  function parsed() {
    if (box() && typed) enter();
    if (box()) customElements.whenDefined("room-page").then(() => (isEarly = false));
    else isEarly = false;
  }

  function enter() {
    box().value += typed;
    typed = "";
    box().focus();
  }

  function box() {
    return document.getElementById("composer");
  }
})();
