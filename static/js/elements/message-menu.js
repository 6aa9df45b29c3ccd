const GAP_PX = 4;

/**
 * What can be done with a message. There is one menu; it moves into the message it belongs to.
 * Tells `message-delete` {item}.
 */
export class MessageMenu extends HTMLElement {
  #item = null;
  #button = null;

  connectedCallback() {
    this.addEventListener("click", this);
    this.addEventListener("toggle", this);
    addEventListener("resize", this);
  }

  disconnectedCallback() {
    this.removeEventListener("click", this);
    this.removeEventListener("toggle", this);
    removeEventListener("resize", this);
  }

  open(item, button) {
    this.#item = item;
    this.#button = button;
    button.closest("article").append(this);
    this.showPopover();
    placeBeside(this, button);
    this.querySelector("button").focus();
  }

  handleEvent(event) {
    if (event.type === "toggle") this.#button?.setAttribute("aria-expanded", this.#isOpen);
    else if (event.type === "resize") this.#close();
    else this.#choose(event.target.closest("button"));
  }

  #choose(choice) {
    if (!choice) return;
    this.#close();
    const type = `message-${choice.dataset.action}`;
    this.dispatchEvent(new CustomEvent(type, { bubbles: true, detail: { item: this.#item } }));
  }

  #close() {
    if (this.#isOpen) this.hidePopover();
  }

  get #isOpen() {
    return this.matches(":popover-open");
  }
}

/**
 * Under its button, ends aligned; above or shifted where the page ends.
 * @param {HTMLElement} menu already shown, position fixed @param {HTMLElement} button
 */
function placeBeside(menu, button) {
  const at = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const isRightToLeft = getComputedStyle(button).direction === "rtl";
  const left = isRightToLeft ? at.left : at.right - width;
  const below = at.bottom + GAP_PX;
  const top = below + height > innerHeight ? at.top - GAP_PX - height : below;
  menu.style.left = `${clamp(left, GAP_PX, innerWidth - width - GAP_PX)}px`;
  menu.style.top = `${clamp(top, GAP_PX, innerHeight - height - GAP_PX)}px`;
}

const clamp = (value, least, most) => Math.max(least, Math.min(most, value));
