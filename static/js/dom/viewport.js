// On iOS the soft keyboard covers the page instead of making it smaller; 100dvh does not know.

/** Keeps --viewport-height at what can be seen. */
export function followViewport(viewport = globalThis.visualViewport) {
  const isIOS = CSS.supports("-webkit-touch-callout", "none");
  if (!viewport || !isIOS) return;
  const fit = () => {
    document.documentElement.style.setProperty("--viewport-height", `${viewport.height}px`);
    window.scrollTo(0, 0);
  };
  viewport.addEventListener("resize", fit);
}
