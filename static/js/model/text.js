// What may be sent, and what is compared. Lengths count code points, as the server does.

const NUL = /\0/g;
const VISIBLE = /[^\p{Z}\p{Cc}\p{Cf}\p{Cs}]/u;

/** What the server would store: no NUL, no half characters, no white space around it. */
export function cleaned(text) {
  return wellFormed(text.replace(NUL, "")).trim();
}

function wellFormed(text) {
  return text.toWellFormed ? text.toWellFormed() : text.replace(/\p{Surrogate}/gu, "\ufffd");
}

/** Whether anything of it is seen, as the server sees it (chat/texts.py). */
export const hasWords = (text) => VISIBLE.test(text);

export function lengthOf(text) {
  let length = 0;
  for (const _ of text) length += 1;
  return length;
}

/** Without a scheme only these are taken for addresses (chat/markdown.py). */
export const DOMAINS = "com|org|net|edu|gov|info|io|dev|app";
const SIGN = new RegExp(`[*_\`@]|~~|\\]\\(|://|www\\.|\\.(?:${DOMAINS})(?![\\p{L}\\p{N}_])`, "u");
const LINE_SIGN = /^ {0,3}(?:[-+] +\S|>+ *\S|#{1,6} +\S|\d{1,9}[.)] +\S)/m;

/** Whether it may have signs of formatting in it, as the server sees it (chat/markup.py). */
export const mayBeFormatted = (text) => SIGN.test(text) || LINE_SIGN.test(text);

const EMOJI = /^(?:\p{Regional_Indicator}{2}|[#*\d]\ufe0f?\u20e3|(?!\p{Regional_Indicator})\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f)/u;
const EMOJI_BEGIN = /^\s*[\p{Regional_Indicator}\p{Extended_Pictographic}#*\d]/u;
const FEW_EMOJI = 3;
const EMOJI_LENGTH = 32;
const segmenter = globalThis.Intl?.Segmenter && new Intl.Segmenter();

/** Whether a text is one to three emoji and nothing else: they are shown large. */
export function isFewEmoji(text) {
  if (text.length > FEW_EMOJI * EMOJI_LENGTH || !EMOJI_BEGIN.test(text) || !segmenter) return false;
  const parts = [...segmenter.segment(text.replace(/\s/gu, ""))];
  return parts.length > 0 && parts.length <= FEW_EMOJI && parts.every(({ segment }) => EMOJI.test(segment));
}

/**
 * How many characters are left; null while that is no concern.
 * @param {number} limit in code points
 */
export function charactersLeft(text, limit) {
  const nearLimit = limit * 0.9;
  if (text.length <= nearLimit) return null;
  const length = lengthOf(text.trim());
  return length > nearLimit ? limit - length : null;
}

const BETWEEN_BLOCKS = /<(?:br|\/p|\/li|\/pre|\/blockquote)>/gu;
const TAG = /<[^>]*>/gu;
const ESCAPED = /&(amp|lt|gt|quot|#39|nbsp);/gu;
const SIGNS = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", nbsp: "\u00a0" };

/**
 * What a message says without its signs of formatting, for places that show one line of it.
 * @param {{ message: string, html?: string }} message html as the server makes it (chat/markup.py)
 */
export function spoken({ message, html }) {
  if (!html) return message;
  const words = html.replace(BETWEEN_BLOCKS, " ").replace(TAG, "");
  return words.replace(ESCAPED, (_, name) => SIGNS[name]).trim();
}

/** What was typed without the Enter that was to send it; a sentence may go on behind a space. */
export const withoutEnd = (typed) => (typed.trim() ? typed.replace(/\n+$/u, "") : "");

const BETWEEN_WORDS = /[\s\-_.,;:+@/()'\u2019]+/u;

/** Of a name, as the server finds them (chat/people.py). */
export const wordsIn = (text) => plain(text).split(BETWEEN_WORDS).filter(Boolean);

/** Letters that Unicode does not take apart, as in accounts/names.py. */
const STROKES = { ø: "o", ł: "l", đ: "d", ð: "d", ħ: "h", ŧ: "t", ı: "i", æ: "ae", œ: "oe", þ: "th" };
const STROKED = /[øłđðħŧıæœþ]/gu;

/** Without case, accents, strokes and other marks. Upper case first: it makes "ss" of "ß". */
export function plain(text) {
  const folded = text.toUpperCase().toLowerCase().replaceAll("ς", "σ");
  const bare = folded.normalize("NFKD").replace(/(?=\p{Diacritic})\p{M}/gu, "");
  return bare.replace(STROKED, (letter) => STROKES[letter]);
}

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"];

/** Of a file, for people: "3.4 MB". */
export function sizeOf(bytes, locale) {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const unit = { style: "unit", unit: UNITS[power], maximumFractionDigits: power > 1 ? 1 : 0 };
  // The short form of a byte knows no plural.
  const unitDisplay = power ? "short" : "long";
  return new Intl.NumberFormat(locale, { ...unit, unitDisplay }).format(bytes / 1024 ** power);
}

/** Within these bounds, in its own proportions; never larger than it is. */
export function fitted({ width, height }, mostWidth, mostHeight) {
  const scale = Math.min(1, mostWidth / width, mostHeight / height);
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}
