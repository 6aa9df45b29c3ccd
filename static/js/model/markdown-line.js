// What stands within a line: emphasis, code, names and links, as chat/markdown.py reads them.

import { emphasise } from "./markdown-emphasis.js";
import { addressAt, link, linkAt, linked, titledLink } from "./markdown-links.js";
import { doubt, element, matchAt, treeOf } from "./markdown-tree.js";

const PLAIN = /[^\n\\@`~*_[<:]+/y;
const NAME = /(?<![\p{L}\p{N}_@.+-])@([\p{L}\p{N}_@.+-]{0,63}[\p{L}\p{N}_])/uy;
const TIMES = /(?<=\p{Nd})\*(?=\p{Nd})/uy;
const ANGLED = /<[^<>\s]*>/y;
const ESCAPED = "*_~`[]<>#@-";
const ADDRESS_CHARS = 300;
const PUNCTUATION = /^[\p{P}\p{S}]$/u;

/**
 * @param {string} text of a paragraph
 * @param {(name: string) => string | null} usernameOf
 * @returns {import("./markdown-tree.js").Node[]}
 */
export const readLine = (text, usernameOf) => new Line(text, usernameOf).read();

class Line {
  #text;
  #usernameOf;
  #at;
  #end;
  #isInLink;
  #pending = "";
  /** @type {import("./markdown-tree.js").Token[]} */
  #tokens = [];
  #delimiters = [];
  #backticks;

  constructor(text, usernameOf, { from = 0, to = text.length, isInLink = false } = {}) {
    this.#text = text;
    this.#usernameOf = usernameOf;
    this.#at = from;
    this.#end = to;
    this.#isInLink = isInLink;
  }

  read() {
    while (this.#at < this.#end) {
      const plain = matchAt(PLAIN, this.#text, this.#at)?.[0].slice(0, this.#end - this.#at);
      if (plain) this.#keep(plain);
      else if (!this.#signs[this.#text[this.#at]]()) this.#keep(this.#text[this.#at]);
    }
    this.#push();
    emphasise(this.#tokens, this.#delimiters);
    return treeOf(this.#tokens, (text) => (this.#isInLink ? [text] : linked(text)));
  }

  #keep(text) {
    this.#pending += text;
    this.#at += text.length;
  }

  #push(...tokens) {
    if (this.#pending) this.#tokens.push(this.#pending);
    this.#pending = "";
    this.#tokens.push(...tokens);
  }

  #take(length, token) {
    this.#push(token);
    this.#at += length;
    return true;
  }

  /** What a sign at the place means; each answers whether it took something. */
  #signs = {
    "\n": () => this.#newline(),
    "\\": () => this.#escape(),
    "@": () => this.#name(),
    "`": () => this.#code(),
    "~": () => this.#strike(),
    "*": () => !matchAt(TIMES, this.#text, this.#at) && this.#emphasis("*"),
    _: () => this.#emphasis("_"),
    "[": () => this.#link(),
    "<": () => this.#angled(),
    ":": () => this.#address(),
  };

  #newline() {
    let kept = this.#pending.length;
    while (this.#pending[kept - 1] === " ") kept -= 1;
    this.#pending = this.#pending.slice(0, kept);
    this.#take(1, element("br"));
    while (this.#text[this.#at] === " " || this.#text[this.#at] === "\t") this.#at += 1;
    return true;
  }

  #escape() {
    const sign = this.#text[this.#at + 1];
    if (this.#at + 1 >= this.#end || !ESCAPED.includes(sign)) return false;
    return this.#take(2, { literal: this.#text[this.#at - 1] === "¯" ? "\\_" : sign });
  }

  #name() {
    const found = matchAt(NAME, this.#text, this.#at);
    if (!found || this.#isInLink || this.#isInAddress()) return false;
    const username = this.#usernameOf(found[1]) ?? doubt();
    const attributes = { class: "mention", "data-username": username };
    return this.#take(found[0].length, element("span", attributes, [found[0]]));
  }

  /** As in medium.com/@somebody. */
  #isInAddress() {
    if (this.#text[this.#at - 1] !== "/") return false;
    const before = this.#text.slice(Math.max(0, this.#at - ADDRESS_CHARS), this.#at);
    return before.split(/\s/u).at(-1).includes(".");
  }

  #code() {
    this.#backticks ??= [...this.#text.matchAll(/`+/g)];
    const length = this.#runLength();
    const from = this.#at + length;
    const closing = this.#backticks.find(({ 0: run, index }) => index >= from && run.length === length);
    if (!closing) {
      this.#keep("`".repeat(length));
      return true;
    }
    const code = this.#text.slice(from, closing.index).replaceAll("\n", " ");
    const isPadded = code.startsWith(" ") && code.endsWith(" ") && /[^ ]/.test(code);
    const shown = isPadded ? code.slice(1, -1) : code;
    return this.#take(closing.index + length - this.#at, element("code", {}, [shown]));
  }

  #strike() {
    const length = this.#runLength();
    if (length > 2) doubt();
    if (length === 2) this.#delimit("~~", { ...this.#flanks(2, true), length: 0 });
    return length === 2;
  }

  #emphasis(sign) {
    const length = this.#runLength();
    const flanks = this.#flanks(length, sign === "*");
    for (let count = 0; count < length; count += 1) this.#delimit(sign, { ...flanks, length });
    return true;
  }

  #delimit(sign, delimiter) {
    this.#take(sign.length, sign);
    this.#delimiters.push({ sign, ...delimiter, token: this.#tokens.length - 1, end: null });
  }

  #runLength() {
    let end = this.#at;
    while (end < this.#end && this.#text[end] === this.#text[this.#at]) end += 1;
    return end - this.#at;
  }

  /** Whether a run of signs can open, and close. */
  #flanks(length, splitsWords) {
    const next = this.#at + length;
    const before = [...this.#text.slice(Math.max(0, this.#at - 2), this.#at)].at(-1) ?? " ";
    const after = next < this.#end ? String.fromCodePoint(this.#text.codePointAt(next)) : " ";
    const [isSignBefore, isSignAfter] = [before, after].map((each) => PUNCTUATION.test(each));
    const [isSpaceBefore, isSpaceAfter] = [before, after].map((each) => /^\s$/u.test(each));
    const left = !isSpaceAfter && (!isSignAfter || isSpaceBefore || isSignBefore);
    const right = !isSpaceBefore && (!isSignBefore || isSpaceAfter || isSignAfter);
    return {
      opens: left && (splitsWords || !right || isSignBefore),
      closes: right && (splitsWords || !left || isSignAfter),
    };
  }

  #link() {
    const found = linkAt(this.#text, this.#at);
    if (!found) return this.#text.includes("](") && doubt();
    const words = new Line(this.#text, this.#usernameOf, { ...found, isInLink: true });
    return this.#take(found.length, titledLink(found.address, words.read()));
  }

  /** <https://example.com> */
  #angled() {
    const found = matchAt(ANGLED, this.#text, this.#at);
    return Boolean(found) && /[:@]/.test(found[0]) && doubt();
  }

  #address() {
    if (!this.#text.startsWith("://", this.#at)) return false;
    const { scheme, address } = addressAt(this.#text, this.#at);
    if (this.#isInLink || !this.#pending.endsWith(scheme)) doubt();
    this.#pending = this.#pending.slice(0, -scheme.length);
    return this.#take(address.length - scheme.length, link(address, address));
  }
}
