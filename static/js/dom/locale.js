import { chooseLocale, Dates } from "../model/dates.js";

let dates = null;

export const readersLocale = () => chooseLocale(document.documentElement.lang, navigator.languages);

/** Times as this reader has them; the formatters are made once. */
export const readersDates = () => (dates ??= new Dates(readersLocale()));
