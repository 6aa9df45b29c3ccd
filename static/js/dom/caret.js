// Where in a text field something stands: browsers do not say.

/**
 * @param {HTMLTextAreaElement} field @param {number} index into its value
 * @returns {DOMRect} of that place, in the window
 */
export function caretRect(field, index) {
  const mirror = document.createElement("div");
  const mark = document.createElement("span");
  mirror.className = `${field.className} caret-mirror`;
  mirror.dir = getComputedStyle(field).direction;
  mirror.setAttribute("aria-hidden", "true");
  mirror.style.inlineSize = `${field.clientWidth}px`;
  mark.textContent = field.value.slice(index, index + 1) || "\u200b";
  mirror.append(field.value.slice(0, index), mark);
  field.after(mirror);
  const [place, origin] = [mark.getBoundingClientRect(), mirror.getBoundingClientRect()];
  const shown = field.getBoundingClientRect();
  mirror.remove();
  const x = place.x - origin.x + shown.x - field.scrollLeft;
  const y = place.y - origin.y + shown.y - field.scrollTop;
  return new DOMRect(x, y, place.width, place.height);
}
