// Markup lives in the templates; this fetches a copy of a piece of it.

/** @param {string} name of `<template data-name="…">` @returns {HTMLElement} */
export function cloneTemplate(name) {
  const template = document.querySelector(`template[data-name="${name}"]`);
  return document.importNode(template.content, true).firstElementChild;
}
