// Markup lives in the templates, or was cleaned by the server; this brings it into the page, and what
// else comes into it later: styles and modules.

import { gettext } from "../model/words.js";

/** Found once: to look through a page of hundreds of messages takes longer than to copy one. */
const templates = new Map();

/** @param {string} name of `<template data-name="…">` @returns {HTMLElement} a copy of it */
export function cloneTemplate(name) {
  let template = templates.get(name);
  if (!template?.isConnected) {
    template = document.querySelector(`template[data-name="${name}"]`);
    templates.set(name, template);
  }
  return document.importNode(template.content.firstElementChild, true);
}

/**
 * The only door for markup that did not come with the page.
 * @param {string} html cleaned by the server (chat/markup.py); never anything else
 */
export function setSanitisedHtml(element, html) {
  element.innerHTML = html;
}

/** What stands in an element, as the server would write it. */
export const markupIn = (element) => element.innerHTML;

/** @param {import("../model/markdown-tree.js").Node} node @returns {string | HTMLElement} */
export function drawNode(node) {
  if (typeof node === "string") return node;
  const element = document.createElement(node.tag);
  for (const [name, value] of Object.entries(node.attributes)) element.setAttribute(name, value);
  element.append(...node.children.map(drawNode));
  return element;
}

/** @param {string} name of a file in css/components that the page began without */
export function bringStyles(name) {
  const href = new URL(`../../css/components/${name}.css`, import.meta.url).href;
  if (document.querySelector(`link[href="${href}"]`)) return Promise.resolve();
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = href;
  return new Promise((resolve, reject) => {
    link.onload = resolve;
    link.onerror = () => {
      link.remove();
      reject(new Error(`no styles: ${name}`));
    };
    document.head.append(link);
  });
}

// --- Parts that come on use

/** Somebody waits. */
const PATIENCE_MS = 10_000;

const arrived = new Set();

/**
 * Modules that the page began without. They are fetched before they are imported, which then takes
 * them out of the browser's cache: a fetch that failed can be tried again, whereas to browsers from
 * before the autumn of 2026 a module that did not come once never does (whatwg/html#6768).
 * @param {ImportMeta} meta of the module that asks @param {...string} paths as seen from there
 * @returns {Promise<object[]>} what each of them exports
 */
export async function bring({ url }, ...paths) {
  const addresses = paths.map((path) => new URL(path, url).href);
  await Promise.all(addresses.map(arrive));
  return Promise.all(addresses.map((address) => import(address)));
}

async function arrive(address) {
  if (arrived.has(address)) return;
  const response = await fetch(address, { signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!response.ok) throw new Error(`${response.status} ${address}`);
  await response.blob();
  arrived.add(address);
}

/**
 * Does what may need a part that is not there yet. Where it does not come, or, after an update of
 * the server, does not fit this page any more, it says so; the next time it is tried again.
 * @template T
 * @param {() => T | Promise<T>} act
 * @param {(words: string) => void} say where the page tells of trouble; with no words, of none
 * @returns {Promise<T | null>} null where it failed
 */
export async function attempt(act, say) {
  say("");
  try {
    return await act();
  } catch (error) {
    console.warn(error);
    say(gettext("This part of the page could not be loaded. Check your connection and try again, or reload the page."));
    return null;
  }
}

/** Another part of the page may have been first. */
export const define = (name, kind) => customElements.get(name) || customElements.define(name, kind);

/**
 * @template T
 * @param {() => Promise<T>} load
 * @returns {() => Promise<T>} what it brings, asked for once; a failure is forgotten, so that the
 *   next one asks again
 */
export function once(load) {
  let coming = null;
  return () => {
    coming ??= load().catch((error) => {
      coming = null;
      throw error;
    });
    return coming;
  };
}

/** Only what changed: a live region speaks what is written, even if it was the same. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** What goes with everything that changes something, against requests from other sites. */
export const csrfToken = () => document.querySelector("[name=csrfmiddlewaretoken]").value;

/** @param {{text: string, isName: boolean}} part of a sentence @returns {string | HTMLElement} */
export function drawPart({ text, isName }) {
  if (!isName) return text;
  const name = document.createElement("bdi");
  name.textContent = text;
  return name;
}
