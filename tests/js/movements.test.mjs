import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";

import { Movements, sentence } from "../../static/js/model/movements.js";

const list = new Intl.ListFormat("en-GB", { type: "conjunction" });
const person = (name) => ({ username: name.toLowerCase(), name });
const people = (...names) => names.map(person);
const said = (movements) =>
  movements.lines.map((line) => sentence(line, list).map(({ text }) => text).join(""));
let movements;

beforeEach(() => {
  movements = new Movements();
});

describe("the quiet lines", () => {
  it("say who joined and who left", () => {
    movements.add({ joined: people("Ada"), left: [] }, 1);
    movements.add({ joined: [], left: people("Ben", "Cleo") }, 2);
    assert.deepEqual(said(movements), ["Ada joined", "Ben and Cleo left"]);
  });

  it("are one line between two messages", () => {
    movements.add({ joined: people("Ada"), left: [] }, 1);
    movements.add({ joined: people("Ben"), left: people("Dan") }, 1);
    assert.deepEqual(said(movements), ["Ada and Ben joined · Dan left"]);
  });

  it("are not spent on somebody who only looked in", () => {
    movements.add({ joined: people("Ada"), left: [] }, 1);
    movements.add({ joined: [], left: people("Ada") }, 1);
    assert.deepEqual(said(movements), []);
    movements.add({ joined: [], left: people("Ben") }, 1);
    movements.add({ joined: people("Ben"), left: [] }, 1);
    assert.deepEqual(said(movements), []);
  });

  it("name three of a crowd", () => {
    movements.add({ joined: people("Ada", "Ben", "Cleo", "Dan"), left: [] }, 1);
    movements.add({ joined: people("Ada", "Ben", "Cleo", "Dan", "Eve"), left: [] }, 2);
    assert.deepEqual(said(movements), [
      "Ada, Ben, Cleo and Dan joined",
      "Ada, Ben, Cleo and 2 others joined",
    ]);
  });

  it("mark the names, and nothing else, as somebody's own words", () => {
    movements.add({ joined: people("Ada", "Ben", "Cleo", "Dan", "Eve"), left: people("Zoe") }, 1);
    const names = sentence(movements.lines[0], list).filter(({ isName }) => isName);
    assert.deepEqual(names.map(({ text }) => text), ["Ada", "Ben", "Cleo", "Zoe"]);
  });

  it("become a new object when they change, under the same key", () => {
    movements.add({ joined: people("Ada"), left: [] }, 1);
    const [before] = movements.lines;
    movements.add({ joined: people("Ben"), left: [] }, 1);
    assert.notEqual(movements.lines[0], before);
    assert.equal(movements.lines[0].key, before.key);
  });

  it("do not pile up for ever", () => {
    for (let seq = 0; seq < 500; seq += 1) movements.add({ joined: people("Ada"), left: [] }, seq);
    assert.equal(movements.lines.length, 50);
  });
});
