import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  beginningAt,
  Choice,
  insertionFor,
  suggestEmoji,
  suggestMentions,
  suggestPeople,
  together,
} from "../../static/js/model/completion.js";
import { EmojiBook } from "../../static/js/model/emoji.js";

const at = (text) => {
  const caret = text.indexOf("|");
  const found = beginningAt(text.replace("|", ""), caret);
  return found && [found.kind, found.query, found.from, found.to, found.isClosed];
};

const person = (username, name = username) => ({ username, name });
const keys = (suggestions) => suggestions.map(({ key }) => key);

describe("what is being typed", () => {
  for (const [text, expected] of [
    ["@|", ["person", "", 0, 1, false]],
    ["Hi @ad|a", ["person", "ad", 3, 6, false]],
    ["(@Zoë.L|", ["person", "Zoë.L", 1, 7, false]],
    ["me@example|", null],
    ["@ada |", null],
    ["@Søren Ø|", ["person", "Søren Ø", 0, 8, false]],
    ["@ada is here|", null],
    ["@@|", null],
    [":t|", null],
    [":ta|", ["emoji", "ta", 0, 3, false]],
    ["so :+1|", ["emoji", "+1", 3, 6, false]],
    [":tada:|", ["emoji", "tada", 0, 6, true]],
    ["10:30|", null],
    ["http://x|", null],
    ["note:well|", null],
    [":)|", null],
    ["a :smi|le", ["emoji", "smi", 2, 6, false]],
  ]) {
    it(`is ${expected ? `${expected[0]} "${expected[1]}"` : "nothing"} in ${text}`, () => {
      assert.deepEqual(at(text), expected);
    });
  }

  it("is looked for near the caret alone, however long the text", () => {
    assert.deepEqual(at(`${"@a ".repeat(4000)}@bo|`), ["person", "bo", 12000, 12003, false]);
    assert.equal(at(`@${"a".repeat(9000)}|`), null);
  });
});

describe("people", () => {
  const everybody = [person("zoe", "Ada Zoë"), person("ada", "Ada L."), person("bob", "Robert"), person("Ärger", "Max")];

  it("are found by the beginnings of their names, those of that username first", () => {
    assert.deepEqual(keys(suggestPeople(everybody, "AD", "x")), ["@ada", "@zoe"]);
    assert.deepEqual(keys(suggestPeople(everybody, "rob", "x")), ["@bob"]);
    assert.deepEqual(keys(suggestPeople(everybody, "arg", "x")), ["@Ärger"]);
    for (const nobody of ["ob", "-", ".", "_"]) {
      assert.deepEqual(keys(suggestPeople(everybody, nobody, "x")), []);
    }
    const danes = [person("oester", "Søren Østergård"), person("grace", "Grace Hopper"), person("gh", "Grace Hall")];
    for (const typed of ["Søren Ø", "soren os", "ostergard s"]) {
      assert.deepEqual(keys(suggestPeople(danes, typed, "x")), ["@oester"]);
    }
    assert.deepEqual(keys(suggestPeople(danes.slice(2), "grace h", "x")), ["@gh"]);
  });

  it("are not looked for behind a name that is whole", () => {
    const people = [person("grace", "Grace Hopper"), person("gh", "Grace Hall")];
    assert.deepEqual(keys(suggestPeople(people, "grace h", "x")), []);
  });

  it("are in the order in which they came while nothing is typed, without oneself, eight at most", () => {
    assert.deepEqual(keys(suggestPeople(everybody, "", "ada")), ["@zoe", "@bob", "@Ärger"]);
    const crowd = Array.from({ length: 30 }, (_, number) => person(`p${number}`));
    assert.equal(suggestPeople(crowd, "p", "x").length, 8);
  });

  it("are there once, those who are held before those who were found", () => {
    const held = { ...person("ada"), state: "online" };
    assert.deepEqual(together([held], [person("ada"), person("eve")]), [held, person("eve")]);
  });

  it("are followed by one space", () => {
    const [ada] = suggestPeople(everybody, "ada", "x");
    assert.equal(insertionFor(beginningAt("@ad", 3), ada, "@ad"), "@ada ");
    assert.equal(insertionFor(beginningAt("@ad hi", 3), ada, "@ad hi"), "@ada");
  });
});

describe("everybody", () => {
  const crowd = [person("alice"), person("alba")];
  const offered = (query, words = "Everybody in this room", people = crowd) =>
    keys(suggestMentions(people, words, query, "x"));

  it("comes after the people, and first where exactly that was typed", () => {
    assert.deepEqual(offered("al"), ["@alice", "@alba", "@all"]);
    assert.deepEqual(offered("ALL"), ["@all"]);
    assert.deepEqual(offered("all", "Everybody", [person("allison")]), ["@all", "@allison"]);
    assert.deepEqual(offered("every"), ["@everyone"]);
    assert.deepEqual(offered("ob"), []);
  });

  it("is found by its word in the reader's language, and written as every server reads it", () => {
    assert.deepEqual(offered("alle", "Alle im Raum"), ["@all"]);
  });

  it("is not offered where it calls nobody, nor where somebody is called so, nor before a letter", () => {
    assert.deepEqual(offered("al", ""), ["@alice", "@alba"]);
    assert.deepEqual(offered("all", "Everybody", [person("All")]), ["@All"]);
    assert.deepEqual(offered(""), ["@alice", "@alba"]);
  });

  it("has its place in the list, however many there are", () => {
    const many = Array.from({ length: 30 }, (_, number) => person(`al${number}`));
    assert.equal(offered("al", "Everybody", many).length, 8);
    assert.equal(offered("al", "Everybody", many).at(-1), "@all");
  });
});

describe("emoji", () => {
  const book = new EmojiBook({
    groups: ["people", "things"],
    emoji: [
      ["👍", "thumbs up", "+1 thumbsup", "yes", 0, 1],
      ["📅", "calendar", "date", "day", 1],
      ["🎉", "party popper", "tada", "date hooray", 1],
    ],
  });

  it("are found by what they are called, names before words", () => {
    assert.deepEqual(keys(suggestEmoji(book, { query: "da", isClosed: false }, 0)), ["📅", "🎉"]);
    assert.deepEqual(keys(suggestEmoji(book, { query: "TAD", isClosed: false }, 0)), ["🎉"]);
  });

  it("show the name that is being typed, and come in the reader's tone", () => {
    const [thumb] = suggestEmoji(book, { query: "thu", isClosed: false }, 3);
    assert.deepEqual([thumb.label, thumb.insert], [":thumbsup:", "👍🏽"]);
    assert.equal(insertionFor(beginningAt(":thu", 4), thumb, ":thu"), "👍🏽");
  });

  it("closed by a colon are meant as they stand", () => {
    assert.deepEqual(keys(suggestEmoji(book, { query: "tada", isClosed: true }, 0)), ["🎉"]);
    assert.deepEqual(keys(suggestEmoji(book, { query: "tad", isClosed: true }, 0)), []);
  });
});

describe("the choice", () => {
  const offered = ["a", "b", "c"].map((key) => ({ key }));

  it("goes round", () => {
    const choice = new Choice();
    choice.offer(offered, { isFresh: true });
    choice.move(-1);
    assert.equal(choice.chosen.key, "c");
    choice.move(1);
    assert.equal(choice.chosen.key, "a");
  });

  it("stays where it was while it is among what is offered", () => {
    const choice = new Choice();
    choice.offer(offered, { isFresh: true });
    choice.move(2);
    choice.offer([{ key: "x" }, { key: "c" }], { isFresh: false });
    assert.equal(choice.chosen.key, "c");
    choice.offer([{ key: "y" }], { isFresh: false });
    assert.equal(choice.chosen.key, "y");
    choice.offer([], { isFresh: false });
    choice.move(1);
    assert.equal(choice.chosen, null);
  });
});
