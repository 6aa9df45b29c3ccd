import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";

import { PeopleSearch, wordsFor } from "../../static/js/model/people-search.js";
import { Presence } from "../../static/js/model/presence.js";
import { FakeClock, quiet } from "./fakes.mjs";

const person = (username, name = username, state = "online") => ({ username, name, state });
const crowd = Array.from({ length: 260 }, (_, n) => person(`guest${n}`, `Guest ${String(n).padStart(3, "0")}`));
let clock, presence, search, asked, everybody, failure, changes;

/** As the server does: names that hold the text, in pages. */
function page({ q, after = "", limit }) {
  const fits = everybody.filter(({ name }) => name.toLowerCase().includes(q.toLowerCase()));
  const from = after ? fits.findIndex(({ username }) => username === after) + 1 : 0;
  const people = fits.slice(from, from + limit);
  const next = from + limit < fits.length ? people.at(-1).username : null;
  return { room: "lobby", count: everybody.length, people, next };
}

function enter(held, all = held) {
  clock = new FakeClock();
  everybody = all;
  presence = new Presence("ada", clock);
  presence.snapshot({ here: held, count: all.length, revision: 1 });
  asked = [];
  failure = null;
  changes = 0;
  search = new PeopleSearch({
    presence,
    clock,
    fetchPage: async (query) => {
      asked.push(query);
      await Promise.resolve();
      if (failure) throw Object.assign(new Error("no"), { status: failure.status });
      return page(query);
    },
    onChange: () => (changes += 1),
  });
}

const names = () => search.people.map(({ name }) => name);
const words = () => wordsFor(search, search.people.length);

async function types(text) {
  search.search(text);
  clock.pass(250);
  await quiet();
}

describe("a search where all people are held", () => {
  beforeEach(() =>
    enter([
      person("a", "Anna Maria Løve"),
      person("b", "Zoë Ännaberg"),
      person("c", "Straße", "away"),
      person("d", "Σίσυφος"),
      person("j.smith", "Ångström"),
      person("e", "🎉 Party"),
    ]),
  );

  for (const [wanted, found] of [
    ["anna", ["Anna Maria Løve", "Zoë Ännaberg"]],
    ["MARIA ann", ["Anna Maria Løve"]],
    ["zoe", ["Zoë Ännaberg"]],
    ["berg", []],
    ["smith", ["Ångström"]],
    ["j.smi", ["Ångström"]],
    ["strasse", ["Straße"]],
    ["ΣΊΣΥΦΟΣ", ["Σίσυφος"]],
    ["🎉", ["🎉 Party"]],
    ["@j", ["Ångström"]],
  ]) {
    it(`finds ${found.length} for “${wanted}”, at once and without the server`, async () => {
      search.search(wanted);
      assert.deepEqual(names().sort(), [...found].sort());
      await types(wanted);
      assert.deepEqual(asked, []);
    });
  }

  it("says how many it found, and whom it did not find", () => {
    assert.equal(words(), "");
    search.search("anna");
    assert.equal(words(), "2 people found");
    search.search("zoe");
    assert.equal(words(), "1 person found");
    search.search("nobody");
    assert.equal(words(), "Nobody here is called “nobody”.");
  });

  it("shows all again, those at their screens on top, when the field is emptied", () => {
    search.search("zoe");
    search.search("  ");
    assert.equal(names().length, 6);
    assert.equal(names().at(-1), "Straße");
  });

  it("follows those who come and go", () => {
    search.search("anna");
    presence.apply({ left: ["a"], joined: [person("f", "Hannah Annable")], count: 6, revision: 2 });
    search.refresh(["a"]);
    assert.deepEqual(names(), ["Hannah Annable", "Zoë Ännaberg"]);
  });
});

describe("a search in a crowd", () => {
  beforeEach(() => enter(crowd.slice(0, 200), crowd));

  it("shows at once whom the page holds, and asks for the others when the typing rests", async () => {
    search.search("guest 1");
    search.search("guest 19");
    clock.pass(249);
    assert.deepEqual(asked, []);
    search.search("guest 20");
    assert.equal(words(), "Searching…");
    clock.pass(250);
    await quiet();
    assert.deepEqual(asked, [{ q: "guest 20", limit: 100 }]);
    assert.equal(names().length, 10);
    assert.equal(words(), "10 people found");
  });

  it("does not wait for who presses Enter", async () => {
    search.search("guest 25");
    search.hurry();
    await quiet();
    assert.equal(asked.length, 1);
    clock.pass(1_000);
    search.hurry();
    assert.equal(asked.length, 1);
  });

  it("puts those of the server below, so that nothing moves", async () => {
    search.search("guest");
    const before = names();
    await types("guest");
    assert.deepEqual(names().slice(0, before.length), before);
  });

  it("goes on page by page until nobody is left, each person once", async () => {
    await types("");
    assert.equal(search.hasMore, true);
    search.more();
    await quiet();
    assert.equal(names().length, 260);
    assert.equal(search.hasMore, false);
    assert.equal(new Set(names()).size, 260);
    assert.deepEqual(asked.map(({ after }) => after), [undefined, "guest99", "guest199"]);
  });

  it("believes the answer to the last question alone", async () => {
    search.search("guest 20");
    search.hurry();
    search.search("guest 25");
    search.hurry();
    await quiet();
    assert.deepEqual(names().at(0), "Guest 250");
    assert.equal(names().length, 10);
  });

  it("says what failed, and asks the same again", async () => {
    failure = { status: 503 };
    await types("guest 25");
    assert.match(words(), /cannot say right now/);
    failure = null;
    search.more();
    await quiet();
    assert.equal(names().length, 10);
    assert.deepEqual(asked[0], asked[1]);
  });

  it("asks by itself when the line is back", async () => {
    failure = { status: 0 };
    await types("guest 25");
    assert.match(words(), /no connection/);
    failure = null;
    search.retry();
    await quiet();
    assert.equal(words(), "10 people found");
  });

  it("has words for who may not ask", async () => {
    for (const [status, said] of [[401, /signed out/], [403, /may not see/], [404, /may not see/], [429, /too much/], [500, /cannot say/]]) {
      failure = { status };
      await types(`guest ${status}`);
      assert.match(words(), said);
    }
  });

  it("begins again where the person after whom a page began is gone", async () => {
    everybody = Array.from({ length: 500 }, (_, n) => person(`x${n}`, `Guest x${n}`));
    await types("x");
    failure = { status: 404 };
    search.more();
    await Promise.resolve();
    failure = null;
    await quiet();
    assert.equal(search.state, "idle");
    assert.deepEqual(asked.slice(0, 3).map(({ after }) => after), [undefined, "x99", undefined]);
  });

  it("forgets who leaves, and asks again when what it found is old", async () => {
    await types("guest 25");
    everybody = crowd.slice(0, 255);
    search.refresh(["guest259"]);
    assert.equal(names().length, 9);
    assert.equal(asked.length, 1);
    clock.pass(10_000);
    search.refresh([]);
    await quiet();
    assert.equal(asked.length, 2);
    assert.equal(names().length, 5);
  });

  it("asks nobody any more once the page holds all", async () => {
    presence.snapshot({ here: crowd.slice(0, 30), count: 30, revision: 9 });
    search.refresh([]);
    await types("guest 01");
    assert.deepEqual(asked, []);
    assert.equal(words(), "10 people found");
  });
});
