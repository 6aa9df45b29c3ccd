// Markdown as the server reads it (chat/markdown.py), so that what one sends looks at once as it will.
// Right or raw, never wrong: for what is rare or doubtful the whole message is shown as it was
// typed until the server has read it. tests/unit/test_local_markdown.py compares the two.

import { hasDoubtfulAddress } from "./markdown-links.js";
import { readLine } from "./markdown-line.js";
import { Doubt, doubt, element } from "./markdown-tree.js";

// The server's own limits are wider, and some of them depend on its clock.
const MOST_CHARS = 5_000;
const MOST_SIGNS = 1_000;
const MOST_BRACKETS = 100;
const DEPTH = 4;

const UNUSUAL = /[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]/;
// A tab among the signs that begin a line.
const TABBED = /^[ >#\d.)*+-]*\t/;
const BLANK = /^[ \t]*$/;
const FENCE = "```";
const LANGUAGE = /^[\p{L}\p{N}_+#.-]{0,24}$/u;
const OPENS_LATE = /^[\p{L}\p{N}_]*\s*$/u;
const OPENS = /^( *)(`{3,})([^`]*)$/;
const CLOSES = /^[ \t]*(`{3,})[ \t]*$/;
const QUOTE = /^ *>+(?:[ \t]|[\p{L}\p{Nl}\p{No}]|$)/u;
const HEADING = /^ *#{1,6}(?: |$)/;
const MARKER = /^( *)([-+*]|(\d{1,9})[.)])(?= |$)( *)/;

/**
 * @param {string} text as it is sent
 * @param {(name: string) => string | null} usernameOf who is meant by a name behind an @, as far as it
 *   is known here
 * @returns {import("./markdown-tree.js").Node[] | null} null: shown as it was typed
 */
export function formatted(text, usernameOf) {
  try {
    if (isDoubtful(text)) return null;
    const nodes = nodesOf(blocksOf(unglued(text), { usernameOf, depth: 0, isInList: false }));
    return isFormatted(nodes, text) ? nodes : null;
  } catch (error) {
    if (error instanceof Doubt) return null;
    throw error;
  }
}

function isDoubtful(text) {
  const count = (sign) => text.split(sign).length - 1;
  if (text.length > MOST_CHARS || UNUSUAL.test(text) || hasDoubtfulAddress(text)) return true;
  return count(/[*_~]/) > MOST_SIGNS || count("[") > MOST_BRACKETS;
}

/** Whether there is something to see, and something else than the text. */
function isFormatted(nodes, text) {
  const seen = unspaced(wordsOf(nodes));
  return Boolean(seen) && (hasTags(nodes) || seen !== unspaced(text));
}

const wordsOf = (nodes) =>
  nodes.map((node) => (typeof node === "string" ? node : wordsOf(node.children))).join("");

const hasTags = (nodes) =>
  nodes.some(({ tag, children }) => tag && ((tag !== "p" && tag !== "br") || hasTags(children)));

const unspaced = (text) => text.replace(/\s+/gu, "");

/** The lines, with the ``` of a block of code on lines of their own. */
function unglued(text) {
  const lines = text.split("\n");
  if (!text.includes(FENCE) || lines.length === 1) return lines;
  let isCode = false;
  return lines.flatMap((line) => {
    const parts = isCode ? closing(line) : opening(line);
    if (parts) isCode = !isCode;
    return parts ?? line;
  });
}

/** The lines with which a block of code begins; null where it does not. */
function opening(line) {
  const at = line.indexOf(FENCE);
  const [before, rest] = [line.slice(0, at), line.slice(at + FENCE.length)];
  if (at < 0 || rest.includes("`")) return null;
  if (/^[ >]*$/.test(before)) {
    return LANGUAGE.test(rest.trim()) ? [line] : [before + FENCE, before + rest];
  }
  if (!/[\s:]$/u.test(before) || !OPENS_LATE.test(rest)) return null;
  return [before.trimEnd(), FENCE + rest.trimEnd()];
}

function closing(line) {
  const trimmed = line.trimEnd();
  if (!trimmed.endsWith(FENCE)) return null;
  const code = trimmed.slice(0, -FENCE.length);
  return /^[ >`]*$/.test(code) ? [line] : [code, FENCE];
}

// --- Blocks: each reader has the lines and where it begins, and tells what it found and what follows

/** @returns {{node: object, isParagraph?: boolean, isApart: boolean}[]} apart: below an empty line */
function blocksOf(lines, context) {
  if (context.depth > DEPTH) doubt();
  const found = [];
  let at = 0;
  while (at < lines.length) {
    if (BLANK.test(lines[at])) {
      at += 1;
      continue;
    }
    const isApart = found.length > 0 && BLANK.test(lines[at - 1]);
    const block = blockAt(lines, at, context);
    found.push({ ...block, isApart });
    at = block.next;
  }
  return found;
}

const blockAt = (...where) =>
  code(...where) ?? quote(...where) ?? list(...where) ?? heading(...where) ?? paragraph(...where);

function code(lines, at, { depth }) {
  const opens = OPENS.exec(lines[at]);
  if (!opens) return null;
  const [, indent, ticks, info] = opens;
  const closes = (line) => CLOSES.exec(line)?.[1].length >= ticks.length;
  const found = lines.findIndex((line, index) => index > at && closes(line));
  const end = found < 0 ? lines.length : found;
  if (depth && found < 0) doubt();
  const inside = lines.slice(at + 1, end).map((line) => outdented(line, indent.length));
  const text = inside.join("\n") + (found < 0 || !inside.length ? "" : "\n");
  const language = info.trim();
  const attributes = language ? { "data-language": language } : {};
  return { node: element("pre", attributes, [element("code", {}, text ? [text] : [])]), next: end + 1 };
}

/** Without as many spaces as it is indented, at most `width`. */
function outdented(line, width) {
  if (width && TABBED.test(line)) doubt();
  let spaces = 0;
  while (spaces < width && line[spaces] === " ") spaces += 1;
  return line.slice(spaces);
}

function quote(lines, at, context) {
  if (!QUOTE.test(lines[at])) return null;
  let next = at;
  while (next < lines.length && /^ *>/.test(lines[next])) next += 1;
  const inside = lines.slice(at, next).map((line) => checked(line).replace(/^ *> ?/, ""));
  const blocks = blocksOf(inside, deeper(context));
  return blocks.length ? { node: element("blockquote", {}, nodesOf(blocks)), next } : doubt();
}

const deeper = (context) => ({ ...context, depth: context.depth + 1 });

const nodesOf = (blocks) => blocks.map(({ node }) => node);

function checked(line) {
  return TABBED.test(line) ? doubt() : line;
}

function heading(lines, at, { usernameOf, isInList }) {
  if (!HEADING.test(lines[at])) return null;
  const text = checked(lines[at]).trim().replace(/^#+/, "").trim();
  if (!text || text.endsWith("#") || isInList) doubt();
  return { node: element("p", {}, [element("strong", {}, readLine(text, usernameOf))]), next: at + 1 };
}

function paragraph(lines, at, { usernameOf }) {
  let next = at + 1;
  while (next < lines.length && !BLANK.test(lines[next]) && !interrupts(lines[next])) next += 1;
  const text = lines.slice(at, next).map(checked).join("\n").trim();
  return { node: element("p", {}, readLine(text, usernameOf)), next, isParagraph: true };
}

function interrupts(line) {
  if (/^ {4}/.test(checked(line))) return false;
  if (OPENS.test(line) || QUOTE.test(line) || HEADING.test(line)) return true;
  const marker = markerOf(line);
  return Boolean(marker) && !marker.isEmpty && (marker.number ?? 1) === 1;
}

// --- Lists

/** @returns {{sign: string, number: number | null, width: number, isEmpty: boolean} | null} */
function markerOf(line) {
  const found = MARKER.exec(line);
  if (!found) return null;
  const [whole, indent, marker, digits, spaces] = found;
  return {
    sign: marker.at(-1),
    number: digits ? Number(digits) : null,
    // With very much space behind it, all but one belongs to what stands there.
    width: indent.length + marker.length + (spaces.length > 4 ? 1 : spaces.length),
    isEmpty: whole.length === line.length,
  };
}

function list(lines, at, context) {
  const first = markerOf(lines[at]);
  if (!first) return null;
  const items = [];
  let next = at;
  let marker = first;
  while (marker?.sign === first.sign) {
    if (marker.isEmpty) doubt();
    const end = endOfItem(lines, next, marker.width);
    items.push(itemOf(lines.slice(next, end), marker.width, context));
    next = end;
    marker = markerOf(lines[next] ?? "");
  }
  const isLoose = items.some((item) => item.isLoose) || items.slice(0, -1).some((item) => item.endsEmpty);
  const children = items.map(({ blocks }) => element("li", {}, (isLoose ? nodesOf : tight)(blocks)));
  return { node: listElement(first, children), next };
}

function listElement({ number }, children) {
  if (number === null) return element("ul", {}, children);
  return element("ol", number === 1 ? {} : { start: String(number) }, children);
}

/** Up to the first line that is less indented than its words. */
function endOfItem(lines, at, width) {
  let end = at + 1;
  while (end < lines.length && (BLANK.test(lines[end]) || indentOf(lines[end]) >= width)) end += 1;
  return end;
}

const indentOf = (line) => checked(line).match(/^ */)[0].length;

function itemOf(lines, width, context) {
  const [first, ...others] = lines;
  const inside = [checked(first).slice(width), ...others.map((line) => outdented(line, width))];
  const blocks = blocksOf(inside, { ...deeper(context), isInList: true });
  return {
    blocks,
    isLoose: blocks.some(({ isApart }) => isApart),
    endsEmpty: BLANK.test(lines.at(-1)),
  };
}

/** The words of an item, without the paragraph around them. */
function tight(blocks) {
  return blocks.flatMap(({ node, isParagraph }, index) => {
    if (isParagraph && index) doubt();
    return isParagraph ? node.children : [node];
  });
}
