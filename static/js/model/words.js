// Words for people, in the reader's language. As in gettext, the English text is the key;
// makemessages finds it in calls of these functions.

let found = {};
let pluralOf = (count) => Number(count !== 1);

/**
 * @param {Object<string, string | string[]>} catalog by English text; several forms for a number
 * @param {(count: number) => number} plural which of the forms
 */
export function speak(catalog, plural) {
  found = catalog;
  pluralOf = plural;
}

/** @param {string} text @param {Object<string, unknown>} values for each `%(name)s` in it */
export function gettext(text, values = {}) {
  const translated = found[text];
  return filled(Array.isArray(translated) ? translated[0] : (translated ?? text), values);
}

/** @param {number} count stands in the text as `%(count)s` */
export function ngettext(one, many, count, values = {}) {
  const forms = found[one] ?? [one, many];
  return filled(forms[pluralOf(count)] ?? many, { count, ...values });
}

function filled(text, values) {
  return text.replace(/%\((\w+)\)s/g, (gap, name) => String(values[name] ?? gap));
}
