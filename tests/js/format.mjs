// What the page makes of texts, for tests/unit/test_local_markdown.py: JSON in, JSON out.

import { readFileSync } from "node:fs";

import { formatted } from "../../static/js/model/markdown.js";
import { mayBeFormatted } from "../../static/js/model/text.js";

const SIGNS = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "\u00a0": "&nbsp;", '"': "&quot;" };
const escaped = (text, pattern) => text.replace(pattern, (sign) => SIGNS[sign]);

/** As the server writes it. */
function html(node) {
  if (typeof node === "string") return escaped(node, /[&<>\u00a0]/gu);
  const { tag, attributes, children } = node;
  const written = Object.entries(attributes).map(([name, value]) => ` ${name}="${escaped(value, /[&<>\u00a0"]/gu)}"`);
  const start = `<${tag}${written.join("")}>`;
  return tag === "br" ? start : `${start}${children.map(html).join("")}</${tag}>`;
}

const { texts, usernames } = JSON.parse(readFileSync(0, "utf8"));
const usernameOf = (name) => usernames.find((username) => username === name.toLowerCase()) ?? null;

function made(text) {
  const began = performance.now();
  const nodes = mayBeFormatted(text) ? formatted(text, usernameOf) : null;
  return { html: (nodes ?? []).map(html).join(""), ms: performance.now() - began };
}

process.stdout.write(JSON.stringify(texts.map(made)));
