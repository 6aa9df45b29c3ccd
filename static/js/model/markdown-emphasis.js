// Which signs of emphasis belong together: as CommonMark says, and as markdown-it finds it in linear
// time.

const TAGS = { "*": "em", _: "em", "~~": "s" };

/**
 * Makes tags of the signs that belong together; two of a kind, side by side, are one strong one.
 * @param {import("./markdown-tree.js").Token[]} tokens which it changes
 * @param {object[]} delimiters {sign, length, opens, closes, token, end} in their order; `token` is
 *   where it stands, `end` becomes the index of what closes it
 */
export function emphasise(tokens, delimiters) {
  pair(delimiters);
  for (let index = delimiters.length - 1; index >= 0; index -= 1) {
    const { sign, end, token } = delimiters[index];
    if (end === null) continue;
    const [outer, outerEnd] = [delimiters[index - 1], delimiters[end + 1]];
    const isOne = outer?.end === end + 1 && outer.sign === sign && outer.token === token - 1;
    const isStrong = sign !== "~~" && isOne && outerEnd.token === delimiters[end].token + 1;
    tokens[token] = { opens: isStrong ? "strong" : TAGS[sign] };
    tokens[delimiters[end].token] = { closes: true };
    if (!isStrong) continue;
    tokens[outer.token] = "";
    tokens[outerEnd.token] = "";
    index -= 1;
  }
}

function pair(delimiters) {
  const bottoms = new Map();
  const jumps = [];
  let head = 0;
  let last = -2;
  delimiters.forEach((closer, index) => {
    jumps.push(0);
    if (delimiters[head].sign !== closer.sign || last !== closer.token - 1) head = index;
    last = closer.token;
    if (!closer.closes) return;
    const kind = `${closer.sign} ${closer.opens} ${closer.length % 3}`;
    const nearest = head - jumps[head] - 1;
    for (let at = nearest; at > (bottoms.get(kind) ?? -1); at -= jumps[at] + 1) {
      const opener = delimiters[at];
      if (!isPair(opener, closer)) continue;
      jumps[at] = at > 0 && !delimiters[at - 1].opens ? jumps[at - 1] + 1 : 0;
      jumps[index] = index - at + jumps[at];
      Object.assign(opener, { closes: false, end: index });
      closer.opens = false;
      last = -2;
      return;
    }
    bottoms.set(kind, nearest);
  });
}

function isPair(opener, closer) {
  if (opener.sign !== closer.sign || !opener.opens || opener.end !== null) return false;
  const isInside = opener.closes || closer.opens;
  const isThird = (opener.length + closer.length) % 3 === 0;
  return !isInside || !isThird || (opener.length % 3 === 0 && closer.length % 3 === 0);
}
