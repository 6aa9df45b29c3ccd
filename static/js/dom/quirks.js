// What some browsers do differently.

/**
 * Keeps --viewport-height at what can be seen. On iOS the soft keyboard covers the page instead of
 * making it smaller; 100dvh does not know.
 */
export function followViewport(viewport = globalThis.visualViewport) {
  const isIOS = CSS.supports("-webkit-touch-callout", "none");
  if (!viewport || !isIOS) return;
  const fit = () => {
    document.documentElement.style.setProperty("--viewport-height", `${viewport.height}px`);
    window.scrollTo(0, 0);
  };
  viewport.addEventListener("resize", fit);
}

/** @returns {Promise<boolean>} */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyTheOldWay(text);
  }
}

/** On http://192.168.… there is no navigator.clipboard: it needs a secure context. */
function copyTheOldWay(text) {
  const before = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  const wasCopied = document.execCommand("copy");
  field.remove();
  before?.focus();
  return wasCopied;
}

/** By the browser's own editing where it can, so that it can be undone; tells `input`. */
export function replaceTyped(field, { from, to }, text) {
  field.focus();
  field.setSelectionRange(from, to);
  if (document.execCommand("insertText", false, text)) return;
  field.setRangeText(text, from, to, "end");
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

/** @param {string} name of a storage @returns {object | null} null where the browser forbids it */
export function allowed(name) {
  try {
    return window[name] ?? null;
  } catch {
    return null;
  }
}
