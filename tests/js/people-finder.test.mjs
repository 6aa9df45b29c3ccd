// Whom to write to: the search behind the field, and who was chosen.

import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";

import { PeopleFinder } from "../../static/js/model/people-finder.js";
import { faceOf, initials, pictureAddress } from "../../static/js/model/avatar.js";
import { FakeClock } from "./fakes.mjs";

const BOB = { username: "bob", name: "Bob" };
const ADA = { username: "ada", name: "Ada" };
const ALAN = { username: "turing", name: "Alan" };
const CAROL = { username: "carol", name: "Carol" };

let asked, clock, finder;

beforeEach(() => {
  asked = [];
  clock = new FakeClock();
  finder = new PeopleFinder({
    clock,
    ask: (query) => new Promise((answer, fail) => asked.push({ query, answer, fail })),
    onChange: () => {},
  });
});

async function finds(...people) {
  asked.at(-1).answer({ people, more: false });
  await new Promise(setImmediate);
}

describe("who looks for people", () => {
  it("asks once when the typing rests, and can take the first one", async () => {
    for (const text of ["c", "ca", "car"]) finder.search(text);
    assert.equal(asked.length, 0);
    clock.pass(1_000);
    assert.deepEqual(asked.map(({ query }) => query), ["car"]);
    await finds(CAROL);
    assert.deepEqual(finder.found[finder.active], CAROL);
  });

  it("is not told what an earlier question found", async () => {
    finder.search("b");
    clock.pass(1_000);
    finder.search("c");
    clock.pass(1_000);
    asked[1].answer({ people: [CAROL], more: false });
    asked[0].answer({ people: [BOB], more: false });
    await new Promise(setImmediate);
    assert.deepEqual(finder.found, [CAROL]);
  });

  it("chooses each once, and takes them back", async () => {
    finder.toggle(BOB);
    finder.toggle(CAROL);
    await finds(BOB, CAROL);
    assert.deepEqual(finder.chosen, [BOB, CAROL]);
    assert.equal(finder.active, -1, "nothing was typed: Enter starts");
    finder.toggle({ ...BOB });
    finder.remove(CAROL);
    assert.deepEqual(finder.chosen, []);
  });

  it("is never given who was found for less than was typed", async () => {
    finder.search("a");
    clock.pass(1_000);
    await finds(ADA, ALAN);
    finder.search("al");
    assert.deepEqual(finder.found, [ALAN], "what cannot be meant any more is gone at once");
    const [choice, again] = [finder.choice(), finder.choice()];
    assert.equal(asked.at(-1).query, "al", "and the server is asked without a pause");
    await finds(ALAN);
    assert.deepEqual([await choice, await again], [ALAN, null], "once, however often it is asked for");
    finder.search("ala");
    const tooEarly = finder.choice();
    finder.search("alad");
    await finds(ALAN);
    assert.equal(await tooEarly, null, "who types on has not chosen");
  });

  it("keeps the mark on whom the arrows chose before the answer", async () => {
    finder.search("a");
    clock.pass(1_000);
    await finds(ADA, ALAN);
    finder.search("A");
    finder.move(-1);
    clock.pass(1_000);
    await finds(ADA, BOB, ALAN);
    assert.deepEqual(await finder.choice(), ALAN);
  });

  it("goes round the list with the arrows", async () => {
    finder.look();
    await finds(BOB, CAROL);
    finder.move(-1);
    assert.equal(finder.active, 1);
    finder.move(1);
    assert.equal(finder.active, 0);
  });

  it("says that it failed, and can be asked again", async () => {
    finder.search("b");
    clock.pass(1_000);
    asked[0].fail(new Error("away"));
    await new Promise(setImmediate);
    assert.equal(finder.state, "failed");
    finder.search("b");
    clock.pass(1_000);
    await finds(BOB);
    assert.equal(finder.state, "idle");
  });
});

describe("the face of a conversation", () => {
  it("is the other's, of several the first two, and alone one's own", () => {
    const several = faceOf({ room: "x", name: "", people: [{ username: "a", name: "Ada Lovelace" }, BOB] });
    assert.deepEqual([several.username, initials(several.name)], ["a", "AB"]);
    assert.deepEqual(faceOf({ room: "x", name: "Bob", people: [BOB] }), BOB);
    const shown = { ...ADA, picture: "1c" };
    assert.equal(faceOf({ room: "x", name: "Ada", people: [shown] }).picture, "1c");
    assert.equal(faceOf({ room: "x", name: "", people: [shown, BOB] }).picture, undefined);
    assert.deepEqual(faceOf({ room: "x", name: "Ada", people: [] }), { username: "x", name: "Ada" });
  });
});

describe("a picture of somebody", () => {
  it("has an address for every username", () => {
    assert.equal(pictureAddress("ada", "1c"), "/people/ada/picture/1c/");
    assert.equal(pictureAddress("größe+1", "1c"), "/people/gr%C3%B6%C3%9Fe%2B1/picture/1c/");
  });
});
