// Keeps what is being read where it is, or the end in sight, while the list changes. Not left to
// the browser's own scroll anchoring, which Safari has not.

const STICKY_PX = 100;
const NEAR_PX = 900;

export class ScrollKeeper {
  /** Of all there is, and not only of what is drawn: what comes is scrolled to. */
  isAtEnd = true;
  #scroller;
  #content;
  #observer;
  #top;

  /** @param {HTMLElement} scroller @param {HTMLElement} content whose children stay in place */
  constructor(scroller, content) {
    this.#scroller = scroller;
    this.#content = content;
    this.#top = scroller.getBoundingClientRect().top;
    this.#observer = new ResizeObserver(() => this.#fit());
    this.#observer.observe(scroller);
    this.#observer.observe(content);
  }

  stop() {
    this.#observer.disconnect();
  }

  get isScrollable() {
    return this.#scroller.scrollHeight > this.#scroller.clientHeight;
  }

  get isNearStart() {
    return this.#scroller.scrollTop < NEAR_PX;
  }

  get isNearEnd() {
    return this.#left < NEAR_PX;
  }

  /** What is newest is more than a screenful away. */
  get isFarFromEnd() {
    return this.#left > this.#scroller.clientHeight;
  }

  /** The reader scrolled. @param {boolean} isAll whether nothing newer is left to be drawn */
  look(isAll) {
    this.isAtEnd = isAll && this.#left < STICKY_PX;
  }

  goToEnd() {
    this.isAtEnd = true;
  }

  /** An element into the middle; where it is, it stays. */
  goTo(element) {
    this.isAtEnd = false;
    element.scrollIntoView({ block: "center" });
  }

  /** "above", "inside" or "below" what can be seen. */
  placeOf(element) {
    const edges = this.#scroller.getBoundingClientRect();
    const { top, bottom } = element.getBoundingClientRect();
    if (bottom <= edges.top) return "above";
    return top >= edges.bottom ? "below" : "inside";
  }

  /** @param {boolean} isFollowing @param {() => void} change of the content */
  keep(isFollowing, change) {
    const anchor = isFollowing ? null : this.#firstInSight();
    const before = anchor?.getBoundingClientRect().top;
    change();
    if (isFollowing) return this.#toEnd();
    if (!anchor?.isConnected) return;
    this.#scroller.scrollTop += anchor.getBoundingClientRect().top - before;
  }

  /** What appears above the list takes nobody's line away. */
  #fit() {
    const { top } = this.#scroller.getBoundingClientRect();
    if (this.isAtEnd) this.#toEnd();
    else this.#scroller.scrollTop += top - this.#top;
    this.#top = top;
  }

  #toEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  /** A message: the name of a day moves up to the older ones that come, and would take us along. */
  #firstInSight() {
    const edge = this.#scroller.getBoundingClientRect().top;
    for (const child of this.#content.children) {
      if (child.localName === "article" && child.getBoundingClientRect().bottom > edge) return child;
    }
    return null;
  }

  get #left() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight;
  }
}
