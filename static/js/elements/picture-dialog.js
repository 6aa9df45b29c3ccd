import { bringStyles, write } from "../dom/markup.js";
import { gettext } from "../model/words.js";

const STEPS = { ArrowRight: 1, ArrowLeft: -1 };

/** A picture, large; with the others of its message before and behind it. */
export class PictureDialog extends HTMLElement {
  #pictures = [];
  #index = 0;

  connectedCallback() {
    for (const type of ["click", "keydown"]) this.addEventListener(type, this);
  }

  async prepare() {
    await bringStyles("pictures");
  }

  /** @param {object[]} pictures attachments @param {number} index */
  open(pictures, index) {
    this.#pictures = pictures;
    this.#show(index);
    this.#dialog.showModal();
  }

  handleEvent(event) {
    if (event.type === "keydown") this.#pressed(event);
    else this.#clicked(event.target);
  }

  #pressed(event) {
    const isRightToLeft = getComputedStyle(this).direction === "rtl";
    const step = (STEPS[event.key] ?? 0) * (isRightToLeft ? -1 : 1);
    if (step) this.#move(step);
  }

  #clicked(target) {
    const button = target.closest("button");
    if (button?.dataset.step) this.#move(Number(button.dataset.step));
    else if (button || target.matches("dialog, img")) this.#dialog.close();
  }

  #move(step) {
    const { length } = this.#pictures;
    if (length > 1) this.#show((this.#index + step + length) % length);
  }

  #show(index) {
    this.#index = index;
    const { url, name, width, height } = this.#pictures[index];
    const image = this.querySelector("img");
    Object.assign(image, { src: url, alt: name, width, height });
    const link = this.querySelector("a");
    link.href = `${url}?save`;
    link.download = name;
    const count = this.#pictures.length;
    const place = count > 1 ? gettext("%(name)s, %(place)s of %(count)s", { name, place: index + 1, count }) : name;
    write(this.querySelector(".pictures__name"), place);
    for (const button of this.querySelectorAll("[data-step]")) button.hidden = count < 2;
  }

  get #dialog() {
    return this.querySelector("dialog");
  }
}
