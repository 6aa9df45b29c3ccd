// How somebody is shown: by their picture, and without one by initials on a colour.

/** Where a picture lies (docs/protocol.md). */
export const pictureAddress = (username, picture) =>
  `/people/${encodeURIComponent(username)}/picture/${encodeURIComponent(picture)}/`;

/** One or two letters, of any script; an emoji counts as one. */
export function initials(name) {
  const words = name.trim().split(/[\s._-]+/u).filter(Boolean);
  if (!words.length) return "?";
  const chosen = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return chosen.map(firstGrapheme).join("").toLocaleUpperCase();
}

/**
 * Who stands for a conversation: of several people the initials of the first two.
 * @returns {{username: string, name: string, picture?: string}}
 */
export function faceOf({ room, name, people = [] }) {
  const [first, second] = people;
  if (!first) return { username: room, name };
  if (!second) return first;
  const firstWord = (person) => person.name.trim().split(/\s+/u)[0];
  return { username: first.username, name: `${firstWord(first)} ${firstWord(second)}` };
}

const segmenter = globalThis.Intl?.Segmenter && new Intl.Segmenter();

function firstGrapheme(word) {
  if (!segmenter) return [...word][0];
  return segmenter.segment(word)[Symbol.iterator]().next().value.segment;
}

/**
 * The same for a username whatever its case: one of twelve hues, which are as many as are told
 * apart, in one of two tones. @returns {{hue: number, isDeep: boolean}}
 */
export function colour(username) {
  const place = hash(username.toLowerCase()) % 24;
  return { hue: (place % 12) * 30 + 10, isDeep: place >= 12 };
}

function hash(text) {
  let sum = 2166136261;
  for (const letter of text) {
    sum = Math.imul(sum ^ letter.codePointAt(0), 16777619);
  }
  return (sum ^ (sum >>> 16)) >>> 0;
}
