// A classic script that holds up rendering on purpose: the chosen theme must be there before the
// first paint. Choosing one is the business of elements/theme-switch.js.
(() => {
  try {
    const theme = localStorage.getItem("theme");
    if (theme !== "light" && theme !== "dark") return;
    document.documentElement.dataset.theme = theme;
    for (const meta of document.querySelectorAll("meta[data-scheme]")) {
      meta.media = meta.dataset.scheme === theme ? "all" : "not all";
    }
  } catch {
    // Storage may be forbidden; then the page follows the system.
  }
})();
