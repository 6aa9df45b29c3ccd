import { drawPart } from "../dom/markup.js";
import { typingSentence } from "../model/typing.js";

/** Who is typing. Not spoken: it would talk over everything else. */
export class TypingLine extends HTMLElement {
  /** @param {string[]} names */
  show(names) {
    this.hidden = !names.length;
    this.querySelector(".typing__words").replaceChildren(...typingSentence(names).map(drawPart));
  }
}
