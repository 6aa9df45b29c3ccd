// One item of the timeline -> one element, and again when the item changed.

import { readersLocale } from "./locale.js";
import { cloneTemplate, drawNode, drawPart, markupIn, setSanitisedHtml, write } from "./markup.js";
import { REACHABLE } from "./roving-focus.js";
import { sentence } from "../model/movements.js";
import { fitted, isFewEmoji, sizeOf } from "../model/text.js";
import { gettext, written } from "../model/words.js";

const STATE_WORDS = {
  sending: () => gettext("Sending"),
  sent: () => gettext("Sent"),
  failed: () => gettext("Failed"),
};
const PICTURE_WIDTH = 352;
const PICTURE_HEIGHT = 320;
const QUOTE_WORDS = {
  unknown: () => "…",
  deleted: () => gettext("This message was deleted"),
  missing: () => gettext("A message that is not there any more"),
};

/** @param {import("../model/items.js").Item} item */
export function drawItem(item, look) {
  const element = cloneTemplate(item.kind);
  element.dataset.key = item.key;
  redrawItem(element, item, look);
  return element;
}

/**
 * @param {object} look
 * @param {import("../model/dates.js").Dates} look.dates
 * @param {Intl.ListFormat} look.list
 * @param {(item: object) => boolean} look.hasMenu
 * @param {(username: string) => string} look.nameOf
 * @param {(item: object) => import("../model/markdown-tree.js").Node[] | null} look.read what is on its
 *   way, as the server will format it
 */
export function redrawItem(element, item, look) {
  if (item.kind === "message") return redrawMessage(element, item, look);
  if (item.kind === "movement") {
    element.replaceChildren(...sentence(item.line, look.list).map(drawPart));
  }
}

/** How it stands to the message above is told apart from what it says: it changes alone. */
export function placeItem(element, { continues }) {
  element.classList.toggle("message--continued", continues);
}

export function drawDay(label) {
  const element = cloneTemplate("day");
  element.querySelector(".day__label").textContent = label;
  return element;
}

/** What a quote says of a message. @param {import("../model/items.js").Quote} quote */
export const quoteText = (quote) => quote.text ?? QUOTE_WORDS[quote.state]();

export const quoteAuthor = (quote) => (quote.mine ? gettext("You") : (quote.name ?? ""));

function redrawMessage(article, item, look) {
  const part = (name) => article.querySelector(`.message__${name}`);
  const who = item.mine ? gettext("You") : item.name;
  article.classList.toggle("message--mine", item.mine);
  article.classList.toggle("message--deleted", item.deleted);
  article.classList.toggle("message--mentioned", item.mentioned);
  article.classList.toggle("message--failed", item.state === "failed");
  article.classList.toggle("message--sending", item.state === "sending");
  article.setAttribute("aria-label", `${who}, ${look.dates.time(new Date(item.timestamp))}`);
  write(part("author"), who);
  part("author").title = item.mine ? "" : `@${item.username}`;
  drawAvatar(article, item);
  drawQuote(part("quote"), item.quote);
  drawFiles(article, part("files"), item.deleted ? [] : item.attachments);
  drawBody(part("body"), item, look, article.tabIndex);
  drawTime(part("time"), new Date(item.timestamp), look.dates);
  drawEdited(part("edited"), item, look.dates);
  drawState(article, item.state);
  drawReactions(article, part("reactions"), item, look);
  drawFailure(article, item);
  // It keeps its place: a bubble as wide as the page would else change its width once it is stored.
  part("menu").classList.toggle("message__menu--none", !look.hasMenu(item));
}

function drawAvatar(article, item) {
  const avatar = article.querySelector("user-avatar");
  if (item.mine) return avatar?.remove();
  avatar.show(item);
}

function drawQuote(element, quote) {
  element.hidden = !quote;
  if (!quote) return;
  element.classList.toggle("message__quote--faint", quote.state !== "known");
  element.disabled = quote.state === "missing";
  const [author, text] = [quoteAuthor(quote), quoteText(quote)];
  element.setAttribute("aria-label", author ? `${author}: ${text}` : text);
  write(element.querySelector(".message__quote-author"), author);
  write(element.querySelector(".message__quote-text"), text);
}

/** What stands there already stays: somebody may have marked it, or have the focus in it. */
const drawn = new WeakMap();

/**
 * What somebody said: plain, formatted (chat/markup.py), or a few emoji, large.
 * @param {import("../model/items.js").Item} item
 * @param {number} tabIndex of what can be reached in it
 */
function drawBody(body, item, look, tabIndex) {
  const draft = draftOf(item, look);
  const html = item.deleted ? "" : (item.html ?? (draft ? markupIn(draft) : ""));
  body.hidden = !item.text && !item.deleted && item.attachments.length > 0;
  body.classList.toggle("message__body--rich", Boolean(html));
  body.classList.toggle("message__body--emoji", !html && !item.deleted && isFewEmoji(item.text));
  if (!html) drawPlain(body, item.deleted ? QUOTE_WORDS.deleted() : item.text);
  else if (drawn.get(body) !== html) drawFormatted(body, draft ?? html, item, look.username);
  drawn.set(body, html);
  for (const each of body.querySelectorAll(REACHABLE)) each.tabIndex = tabIndex;
}

/** One's own message before the server has formatted it: mostly the same, and then it stays. */
function draftOf(item, look) {
  const nodes = look.read(item);
  if (!nodes) return null;
  const draft = document.createElement("div");
  draft.append(...nodes.map(drawNode));
  return draft;
}

function drawPlain(body, text) {
  if (drawn.get(body)) body.textContent = text;
  else write(body, text);
}

/** @param {HTMLElement | string} content a draft, or the server's HTML */
function drawFormatted(body, content, { mentioned }, username) {
  if (typeof content === "string") setSanitisedHtml(body, content);
  else body.replaceChildren(...content.childNodes);
  for (const mention of body.querySelectorAll(".mention")) {
    // Without a username: everybody.
    const { username: whose = mentioned ? username : null } = mention.dataset;
    mention.classList.toggle("mention--me", whose === username);
  }
  for (const link of body.querySelectorAll("a")) prepareLink(link);
  // In their own direction, and no sign of the one in which the sentence around them is written.
  for (const part of body.querySelectorAll(".mention, a, :not(pre) > code")) part.dir = "auto";
  for (const pre of body.querySelectorAll("pre")) frameCode(pre);
}

/** A link to another message leads there in this tab, any other one into a new tab. */
function prepareLink(link) {
  link.tabIndex = -1;
  if (link.origin === location.origin) link.removeAttribute("target");
}

function frameCode(pre) {
  const frame = cloneTemplate("code");
  const { language = "" } = pre.dataset;
  frame.querySelector(".code__language").textContent = language || gettext("Code");
  pre.replaceWith(frame);
  pre.className = "code__text";
  pre.dir = "ltr";
  // Not every browser scrolls by keyboard what has no focus.
  pre.tabIndex = 0;
  pre.setAttribute("role", "group");
  pre.setAttribute("aria-label", language ? gettext("Code, %(language)s", { language }) : gettext("Code"));
  frame.append(pre);
}

/** The box of a picture has its size before the picture is there: nothing jumps. */
function drawFiles(article, element, attachments) {
  const key = attachments.map(({ id }) => id).join();
  if (element.dataset.files === key) return;
  element.dataset.files = key;
  element.hidden = !attachments.length;
  const count = attachments.filter(({ thumbnail }) => thumbnail).length;
  element.classList.toggle("message__files--many", count > 1);
  element.replaceChildren(...attachments.map((each) => drawFile(each, article.tabIndex)));
}

function drawFile(attachment, tabIndex) {
  const { name, size, url, thumbnail } = attachment;
  const element = cloneTemplate(thumbnail ? "picture" : "file");
  element.tabIndex = tabIndex;
  if (thumbnail) {
    const shown = fitted(attachment, PICTURE_WIDTH, PICTURE_HEIGHT);
    Object.assign(element.querySelector("img"), { ...shown, alt: name, src: thumbnail });
    element.dataset.id = attachment.id;
    return element;
  }
  element.href = url;
  element.download = name;
  element.querySelector(".file__name").textContent = name;
  element.querySelector(".file__size").textContent = sizeOf(size, readersLocale());
  return element;
}

function drawTime(element, date, dates) {
  element.dateTime = date.toISOString();
  write(element, dates.time(date));
  element.title = dates.full(date);
}

function drawEdited(element, { edited, deleted }, dates) {
  element.hidden = !edited || deleted;
  element.title = edited ? dates.full(new Date(edited)) : "";
}

/** Others' messages are without: there are many of them, and each part of each takes its time. */
function drawState(article, state) {
  const there = article.querySelector(".message__state");
  if (state === null) return there?.remove();
  const element = there ?? article.querySelector(".message__meta").appendChild(cloneTemplate("message-state"));
  element.dataset.state = state;
  element.title = STATE_WORDS[state]();
  element.querySelector(".message__state-word").textContent = element.title;
}

/** The chips that are there stay: one of them may have the focus. */
function drawReactions(article, list, { reactions }, look) {
  list.hidden = !reactions.length;
  const chips = new Map([...list.children].map((chip) => [chip.dataset.emoji, chip]));
  for (const reaction of reactions) {
    const chip = chips.get(reaction.emoji) ?? cloneTemplate("reaction");
    chips.delete(reaction.emoji);
    drawReaction(chip, reaction, look);
    chip.firstElementChild.tabIndex = article.tabIndex;
    list.append(...(chip.isConnected ? [] : [chip]));
  }
  for (const chip of chips.values()) chip.remove();
}

function drawReaction(chip, { emoji, usernames, mine }, look) {
  const button = chip.firstElementChild;
  const others = usernames.filter((username) => username !== look.username).map(look.nameOf);
  const names = look.list.format(mine ? [gettext("You"), ...others] : others);
  chip.dataset.emoji = emoji;
  button.setAttribute("aria-pressed", mine);
  button.setAttribute("aria-label", `${emoji} ${written(usernames.length)}: ${names}`);
  button.title = names;
  button.querySelector(".reaction__emoji").textContent = emoji;
  button.querySelector(".reaction__count").textContent = written(usernames.length);
}

function drawFailure(article, { state, detail }) {
  const there = article.querySelector(".message__failure");
  if (state !== "failed") return there?.remove();
  const content = article.querySelector(".message__content");
  const failure = there ?? content.appendChild(cloneTemplate("message-failure"));
  const text = gettext("Failed. %(detail)s", { detail: detail ?? "" }).trim();
  write(failure.querySelector(".message__failure-text"), text);
}
