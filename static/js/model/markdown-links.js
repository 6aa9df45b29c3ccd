// Addresses and links, as chat/markdown.py and its linkifier find them: those that people mostly
// write. For any other sign in or behind them there is doubt.

import { doubt, element, matchAt } from "./markdown-tree.js";
import { DOMAINS } from "./text.js";

const LINK_CHARS = 2_000;
const MOST_ADDRESSES = 100;

const LABEL = "(?!xn--)[a-z\\d](?:[a-z\\d-]{0,61}[a-z\\d])?";
const HOST = `(?:(?:${LABEL}\\.)+[a-z]{2,63}|localhost)`;
const PORT = "(?::(?:[1-5]\\d{4}|[1-9]\\d{1,3}))?";
// What may stand in a path; and the signs that do so unless a sentence ends behind them.
// At no place two of these fit: a text that does not end well is not looked through again and again.
const ALWAYS = "[\\w/#&=+~:@$*-]|%[\\da-fA-F]{2}|\\([\\w/#&=+~:@$*.,-]*\\)|\\.{2,}[\\w/&]";
const MOSTLY = "\\.(?![\\s.]|$)|[,;](?!\\s|$)|!+(?![\\s!]|$)|\\?(?![\\s?]|$)";
const PATH = `(?:[/?#](?:${ALWAYS}|${MOSTLY})+|/)?`;
// Of the same sentence; nothing in it could belong to the address.
const ENDS = /[*.,;:!?)\]}]*(?:["'][*.,;:!?)\]}]*)?(?=\s|$)/uy;

const SCHEME = /(?<![\p{L}\p{N}_+.-])https?$/u;
const ADDRESS = new RegExp(`https?://${HOST}${PORT}${PATH}`, "y");
const LINK = new RegExp(
  `\\[([^[\\]\`\\\\<>\\n]+)\\]\\((https?://${HOST}${PORT}(?:[/?#](?:[\\w/#&=+~:@$*.,?!-]|%[\\da-fA-F]{2})*)?)\\)`,
  "y",
);

const BARE_HOST = `(?:${LABEL}\\.)+(?:${DOMAINS})`;
const DOMAIN = new RegExp(`\\.(?:${DOMAINS})(?![\\p{L}\\p{N}])|\\.xn--`, "iu");
const MAIL = new RegExp(`[\\w.+-]{1,64}@${BARE_HOST}`, "y");
const BARE = new RegExp(`${BARE_HOST}${PORT}${PATH}`, "y");
// What could be an address to the linkifier, and what keeps it from looking.
const DOUBTFUL = new RegExp(`mailto:|@\\d{1,3}\\.|\\.(?:${DOMAINS})[~\`<$^+=|]`, "i");

const ADDRESSES = new RegExp(`@|://|\\]\\(|www\\.|\\.(?:${DOMAINS})`, "gi");

// Words that could name an address, have no shape, or turn the direction.
const CLAIMS = /https?:|www\.|\.[^\s\d]/i;
const UNSEEN = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069]/u;

/** @param {string} text of a whole message */
export function hasDoubtfulAddress(text) {
  if (DOUBTFUL.test(text) || (text.includes("\\") && DOMAIN.test(text))) return true;
  return (text.match(ADDRESSES)?.length ?? 0) > MOST_ADDRESSES;
}

/** @param {number} colon where `://` stands @returns {{scheme: string, address: string}} */
export function addressAt(text, colon) {
  const [scheme] = SCHEME.exec(text.slice(Math.max(0, colon - 7), colon)) ?? doubt();
  const start = colon - scheme.length;
  const [found] = matchAt(ADDRESS, text, start) ?? doubt();
  const address = found.replace(/\*+$/, "");
  return matchAt(ENDS, text, start + address.length) ? { scheme, address } : doubt();
}

/** @returns {{length: number, from: number, to: number, address: string} | null} where its words stand */
export function linkAt(text, at) {
  const found = matchAt(LINK, text, at);
  if (!found) return null;
  const [whole, words, address] = found;
  if (CLAIMS.test(words) || UNSEEN.test(words) || !/[\p{L}\p{N}]/u.test(words)) doubt();
  return { length: whole.length, from: at + 1, to: at + 1 + words.length, address };
}

/** What leads somewhere without a scheme: example.com, somebody@example.com. */
export function linked(text) {
  if (!DOMAIN.test(text)) return [text];
  return text.split(/(\s+)/u).flatMap((word) => (DOMAIN.test(word) ? linkedWord(word) : word));
}

function linkedWord(word) {
  const [before] = word.match(/^[("']*/);
  const mail = matchAt(MAIL, word, before.length);
  const [found] = mail ?? matchAt(BARE, word, before.length) ?? doubt();
  const end = before.length + found.length;
  if (!matchAt(ENDS, word, end) || (mail && before.includes("'"))) doubt();
  return [before, link(mail ? `mailto:${found}` : `https://${found}`, found), word.slice(end)];
}

/** @param {string} words as they were typed */
export const link = (address, words) => anchor(address, {}, [words]);

/** Words of one's own tell where they lead. */
export const titledLink = (address, children) => anchor(address, { title: address }, children);

function anchor(address, title, children) {
  if (address.length > LINK_CHARS) doubt();
  const outside = { target: "_blank", rel: "noopener noreferrer nofollow" };
  return element("a", { href: address, ...title, ...outside }, children);
}
