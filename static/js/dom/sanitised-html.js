// The only door for markup that did not come with the page.

/** @param {string} html cleaned by the server (chat/markup.py); never anything else */
export function setSanitisedHtml(element, html) {
  element.innerHTML = html;
}
