// A classic script that holds up rendering on purpose: the chosen theme must be there before the
// first paint. Choosing one is the business of elements/theme-switch.js.
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
