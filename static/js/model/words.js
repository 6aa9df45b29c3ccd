// Words for people, in the reader's language. As in gettext, the English text is the key, and
// stands as it is in calls of these functions, where bin/words finds it.

// As a catalogue has its forms for numbers.
const CATEGORIES = ["zero", "one", "two", "few", "many", "other"];

let found = {};
let number = null;
let formOf = null;
let spoken = "en";

/**
 * @param {Object<string, string | string[]>} catalog by English text; several forms for a number
 * @param {string} language which of the forms, and how numbers are written
 */
export function speak(catalog, language) {
  found = catalog;
  spoken = language;
  number = null;
  formOf = null;
}

/** The language that is spoken: "en", "de". */
export const language = () => spoken;

/** @param {string} text @param {Object<string, unknown>} values for each `%(name)s` in it */
export function gettext(text, values = {}) {
  const translated = found[text];
  return filled(Array.isArray(translated) ? translated[0] : (translated ?? text), values);
}

/** @param {number} count stands in the text as `%(count)s` */
export function ngettext(one, many, count, values = {}) {
  const forms = found[one] ?? [one, many];
  return filled(forms[formFor(count)] ?? forms.at(-1), { count, ...values });
}

/**
 * A translated text with its gaps filled, in parts: names come apart from the words around them,
 * since they may be written in another direction.
 * @param {string} text @param {Object<string, Part[]>} values
 * @typedef {{text: string, isName: boolean}} Part
 * @returns {Part[]}
 */
export function apart(text, values) {
  return text
    .split(/%\((\w+)\)s/)
    .flatMap((piece, place) => (place % 2 ? values[piece] : piece ? [{ text: piece, isName: false }] : []));
}

/** A number as it is written in the language of the words. @param {number} value */
export function written(value) {
  return (number ??= new Intl.NumberFormat(spoken)).format(value);
}

function formFor(count) {
  formOf ??= formsOf(new Intl.PluralRules(spoken));
  return formOf(count);
}

/** The place of a count's form among those that the language has for whole numbers. */
function formsOf(rules) {
  const { pluralCategories } = rules.resolvedOptions();
  const taken = CATEGORIES.filter((category) => pluralCategories.includes(category));
  return (count) => taken.indexOf(rules.select(count));
}

function filled(text, values) {
  return text.replace(/%\((\w+)\)s/g, (gap, name) => {
    const value = values[name] ?? gap;
    return typeof value === "number" ? written(value) : String(value);
  });
}
