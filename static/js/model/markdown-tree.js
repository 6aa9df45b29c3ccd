// What Markdown is read into: strings and elements, from which the page builds nodes.

/**
 * @typedef {object} Element
 * @property {string} tag
 * @property {Object<string, string>} attributes in the order in which the server writes them
 * @property {Node[]} children
 *
 * @typedef {string | Element} Node
 * @typedef {string | {literal: string} | Element | {opens: string} | {closes: true}} Token of a line; in
 *   what is literal there are no addresses
 */

export const element = (tag, attributes = {}, children = []) => ({ tag, attributes, children });

/** The server may read it in another way: the whole message is shown as it was typed. */
export class Doubt extends Error {}

export function doubt() {
  throw new Doubt();
}

/** @param {RegExp} pattern sticky */
export function matchAt(pattern, text, at) {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/**
 * @param {Token[]} tokens
 * @param {(text: string) => Node[]} linked finds the addresses in what is plain
 * @returns {Node[]}
 */
export function treeOf(tokens, linked) {
  const open = [element("")];
  let text = "";
  const add = (...nodes) => open.at(-1).children.push(...nodes);
  const settle = () => {
    add(...linked(text));
    text = "";
  };
  for (const token of tokens) {
    if (typeof token === "string") text += token;
    else settle();
    if (token.literal) add(token.literal);
    else if (token.tag) add(token);
    else if (token.opens) open.push(element(token.opens));
    else if (token.closes) add(finished(open.pop()));
  }
  settle();
  return finished(open[0]).children;
}

const finished = ({ children, ...rest }) => ({ ...rest, children: joined(children) });

/** @returns {Node[]} without empty strings, and no string beside another */
function joined(nodes) {
  const found = [];
  for (const node of nodes) {
    const isText = typeof node === "string";
    if (isText && typeof found.at(-1) === "string") found.push(found.pop() + node);
    else if (node !== "") found.push(node);
  }
  return found;
}
