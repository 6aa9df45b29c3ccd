// One item of the timeline -> one element, and again when the item changed.

import { setSanitisedHtml } from "./sanitised-html.js";
import { cloneTemplate } from "./template.js";
import { sentence } from "../model/movements.js";

const STATE_WORDS = { sending: "Sending", sent: "Sent", failed: "Failed" };

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
 */
export function redrawItem(element, item, look) {
  if (item.kind === "message") return redrawMessage(element, item, look);
  element.replaceChildren(...sentence(item.line, look.list).map(drawPart));
}

function drawPart({ text, isName }) {
  if (!isName) return text;
  const name = document.createElement("bdi");
  name.textContent = text;
  return name;
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

function redrawMessage(article, item, look) {
  const part = (name) => article.querySelector(`.message__${name}`);
  const who = item.mine ? "You" : item.name;
  article.classList.toggle("message--mine", item.mine);
  article.classList.toggle("message--deleted", item.deleted);
  article.classList.toggle("message--failed", item.state === "failed");
  article.classList.toggle("message--sending", item.state === "sending");
  article.setAttribute("aria-label", `${who}, ${look.dates.time(new Date(item.timestamp))}`);
  part("author").textContent = who;
  part("author").title = item.mine ? "" : `@${item.username}`;
  drawAvatar(article, item);
  drawBody(part("body"), item);
  drawTime(part("time"), new Date(item.timestamp), look.dates);
  drawState(part("state"), item.state);
  drawFailure(article, item);
  part("menu").hidden = !look.hasMenu(item);
}

function drawAvatar(article, item) {
  const avatar = article.querySelector("user-avatar");
  if (item.mine) return avatar?.remove();
  avatar.show(item);
}

function drawBody(body, item) {
  body.classList.toggle("message__body--rich", Boolean(item.html) && !item.deleted);
  if (item.deleted) body.textContent = "This message was deleted";
  else if (item.html) setSanitisedHtml(body, item.html);
  else body.textContent = item.text;
}

function drawTime(element, date, dates) {
  element.dateTime = date.toISOString();
  element.textContent = dates.time(date);
  element.title = dates.full(date);
}

function drawState(element, state) {
  element.hidden = state === null;
  element.dataset.state = state ?? "";
  element.title = STATE_WORDS[state] ?? "";
  element.querySelector(".message__state-word").textContent = STATE_WORDS[state] ?? "";
}

function drawFailure(article, { state, detail }) {
  const failure = article.querySelector(".message__failure");
  failure.hidden = state !== "failed";
  article.querySelector(".message__failure-text").textContent =
    state === "failed" ? `Failed. ${detail ?? ""}`.trim() : "";
}
