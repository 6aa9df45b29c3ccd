import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { rank, Switching } from "../../static/js/model/switcher.js";
import { FakeClock, quiet } from "./fakes.mjs";

const room = (name, more = {}) => ({ room: name.toLowerCase(), name, isOwn: true, isCurrent: false, ...more });
const names = (choices) => choices.map(({ name }) => name);

describe("the rooms that somebody may mean", () => {
  it("are, before a letter is typed, those with news on top and the one on screen at the end", () => {
    const own = [
      room("Attic", { isCurrent: true, unread: 3 }),
      room("Balcony"),
      room("Cellar", { unread: 9 }),
      room("Den", { unread: 1, calls: 1 }),
    ];
    assert.deepEqual(names(rank(own, [], "")), ["Den", "Cellar", "Balcony", "Attic"]);
  });

  it("are found by the beginning, a word, a part, or scattered letters, in this order", () => {
    const own = ["K-pop in transit", "Skitour", "Big kitchen", "Kite", "Garden"].map((name) => room(name));
    assert.deepEqual(names(rank(own, [], "kit")), ["Kite", "Big kitchen", "Skitour", "K-pop in transit"]);
  });

  it("are found without accents, case and width", () => {
    assert.deepEqual(names(rank([room("Größe"), room("ＣＡＦÉ")], [], "cafe")), ["ＣＡＦÉ"]);
    assert.deepEqual(names(rank([room("Größe")], [], "GRO")), ["Größe"]);
  });

  it("are one's own first, and each of them once", () => {
    const own = [room("My kitchen")];
    const found = [room("Kitchen", { isOwn: false }), room("My kitchen", { isOwn: true })];
    assert.deepEqual(names(rank(own, found, "kitchen")), ["My kitchen", "Kitchen"]);
  });
});

const BOB = { username: "bob", name: "Robert" };
const BEA = { username: "bea", name: "Bea" };
const ADA = { username: "ada", name: "Ada" };

/** Ada's switcher, before a server whose answers the test gives. */
function opened(own) {
  const clock = new FakeClock();
  const asked = [];
  const drawn = [];
  const ask = (kind) => (q, signal) => new Promise((answer, fail) => asked.push({ kind, q, signal, answer, fail }));
  const switching = new Switching({
    own,
    username: "ada",
    findRooms: ask("rooms"),
    findPeople: ask("people"),
    clock,
    onChange: (added) => drawn.push(added && names(added)),
  });
  const type = (text) => {
    switching.search(text);
    clock.pass(1_000);
  };
  const answer = async (kind, found) => {
    asked.findLast((each) => each.kind === kind).answer({ [kind]: found });
    await quiet();
  };
  return { switching, asked, drawn, type, answer };
}

describe("who is found beside one's rooms", () => {
  it("comes below them, in the order of the answers' kinds and not of their coming", async () => {
    const { switching, asked, drawn, type, answer } = opened([room("Beach")]);
    type("be");
    assert.deepEqual(names(switching.shown), ["Beach"], "one's own are there at once");
    assert.deepEqual(asked.map(({ kind, q }) => [kind, q]), [["rooms", "be"], ["people", "be"]]);
    await answer("people", [BEA]);
    assert.deepEqual(names(switching.shown), ["Beach"]);
    await answer("rooms", [room("Bees"), room("Beach")]);
    assert.deepEqual(names(switching.shown), ["Beach", "Bees", "Bea"]);
    assert.deepEqual(drawn, [null, ["Bees"], ["Bea"]], "what stood there was not drawn again");
    assert.equal(switching.state, "idle");
  });

  it("never takes the place of what is marked", async () => {
    const { switching, type, answer } = opened([room("Beach"), room("Belfry")]);
    type("be");
    switching.marked = 1;
    await answer("rooms", [room("Bees")]);
    assert.equal(switching.choice.name, "Belfry");
    await answer("people", [BEA]);
    assert.equal(switching.choice.name, "Belfry");
    type("bea");
    assert.deepEqual(names(switching.shown), ["Beach", "Bea"], "who may still be meant stays meanwhile");
    assert.equal(switching.choice.name, "Beach", "typed on, it is the likeliest again");
  });

  it("is whoever the server finds, but for those with whom one talks already", async () => {
    const talk = (name, people) => room(name, { kind: "direct", people });
    const { switching, type, answer } = opened([talk("Robert", [BOB]), talk("Bea, Robert", [BEA, BOB])]);
    type("@b");
    await answer("rooms", []);
    await answer("people", [BEA, BOB]);
    assert.deepEqual(switching.shown.map(({ name, kind }) => [name, kind]), [["Robert", "direct"], ["Bea", "person"]]);
    type("");
    assert.ok(!switching.shown.some(({ kind }) => kind === "person"), "nobody is offered unasked");
  });

  it("may be oneself, for notes, as long as there are none", async () => {
    const alone = opened([]);
    alone.type("ada");
    await alone.answer("rooms", []);
    await alone.answer("people", [ADA]);
    assert.deepEqual(alone.switching.shown.map(({ isSelf }) => isSelf), [true]);
    const { switching, type, answer } = opened([room("Ada", { kind: "direct", people: [] })]);
    type("ada");
    await answer("rooms", []);
    await answer("people", [ADA]);
    assert.deepEqual(switching.shown.map(({ kind }) => kind), ["direct"]);
  });

  it("is not what was found for other letters", async () => {
    const { switching, asked, type, answer } = opened([]);
    type("b");
    type("ada");
    assert.ok(asked[0].signal.aborted);
    asked[0].answer({ rooms: [room("Bees")] });
    asked[1].answer({ people: [BEA] });
    await answer("rooms", []);
    await answer("people", [ADA]);
    assert.deepEqual(names(switching.shown), ["Ada"]);
  });

  it("is not known where the server fails: what it said stays, and it is said so", async () => {
    const { switching, asked, type, answer } = opened([room("Beach")]);
    type("be");
    await answer("rooms", [room("Bees")]);
    asked.at(-1).fail(Object.assign(new Error("away"), { status: 503 }));
    await quiet();
    assert.deepEqual(names(switching.shown), ["Beach", "Bees"]);
    assert.deepEqual([switching.state, switching.status], ["failed", 503]);
    type("bea");
    await answer("rooms", []);
    await answer("people", [BEA]);
    assert.deepEqual([names(switching.shown), switching.state], [["Beach", "Bea"], "idle"]);
  });
});
