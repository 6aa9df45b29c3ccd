// What may be sent. Lengths count code points, as the server does.

const NUL = /\0/g;

/** What the server would store: no NUL, no half characters, no white space around it. */
export function cleaned(text) {
  return wellFormed(text.replace(NUL, "")).trim();
}

function wellFormed(text) {
  return text.toWellFormed ? text.toWellFormed() : text.replace(/\p{Surrogate}/gu, "\ufffd");
}

export function lengthOf(text) {
  let length = 0;
  for (const _ of text) length += 1;
  return length;
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
