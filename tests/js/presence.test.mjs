import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";

import { Presence } from "../../static/js/model/presence.js";
import { below, FakeClock, pick, withSeeds } from "./fakes.mjs";

const person = (username, state = "online") => ({ username, name: username.toUpperCase(), state });
const names = (people) => people.map(({ username }) => username);
let clock, presence;

function subscribed(usernames, revision = 1) {
  const here = usernames.map((username) => person(username));
  presence.snapshot({ here, count: here.length, revision });
}

beforeEach(() => {
  clock = new FakeClock();
  presence = new Presence("ada", clock);
  subscribed(["ada", "ben"]);
});

describe("presence", () => {
  it("tells who came and who left", () => {
    const joined = [person("cleo")];
    assert.deepEqual(names(presence.apply({ joined, count: 3, revision: 2 }).joined), ["cleo"]);
    const { left } = presence.apply({ left: ["ben"], count: 2, revision: 3 });
    assert.deepEqual(left, [person("ben")]);
    assert.deepEqual(names(presence.people), ["ada", "cleo"]);
    assert.equal(presence.count, 2);
  });

  it("is told of somebody's going away without a word in the timeline", () => {
    const updated = [{ username: "ben", state: "away" }];
    assert.deepEqual(presence.apply({ updated, count: 2, revision: 2 }), { joined: [], left: [] });
    assert.equal(presence.people.find(({ username }) => username === "ben").state, "away");
  });

  it("is told of another name and picture, of those who are here", () => {
    const faces = ["ben", "cleo"].map((username) => ({ ...person(username), name: "Another", picture: "1c" }));
    assert.deepEqual(presence.apply({ faces, count: 2, revision: 2 }), { joined: [], left: [] });
    assert.deepEqual(presence.people, [person("ada"), faces[0]]);
    presence.apply({ faces: [person("ben")], count: 2, revision: 3 });
    assert.equal(presence.people.at(-1).picture, undefined);
  });

  it("says nothing about the reader", () => {
    presence.apply({ left: ["ada"], count: 1, revision: 2 });
    const movement = presence.apply({ joined: [person("ada")], count: 2, revision: 3 });
    assert.deepEqual(movement, { joined: [], left: [] });
  });

  it("notices a gap and changes nothing, and drops what is old", () => {
    assert.equal(presence.apply({ left: ["ben"], count: 1, revision: 3 }), "gap");
    assert.equal(presence.apply({ left: ["ben"], count: 1, revision: 1 }), "old");
    assert.deepEqual(names(presence.people), ["ada", "ben"]);
  });

  it("believes nothing before the first snapshot", () => {
    const fresh = new Presence("ada", clock);
    assert.equal(fresh.apply({ joined: [person("ben")], count: 1, revision: 7 }), "old");
  });

  it("does not tell of a return within 15 s of a reconnect", () => {
    clock.pass(60_000);
    subscribed(["ada"], 10);
    clock.pass(14_000);
    const back = presence.apply({ joined: [person("ben"), person("new")], count: 3, revision: 11 });
    assert.deepEqual(names(back.joined), ["new"]);
    presence.apply({ left: ["ben"], count: 2, revision: 12 });
    clock.pass(2_000);
    const later = presence.apply({ joined: [person("ben")], count: 3, revision: 13 });
    assert.deepEqual(names(later.joined), ["ben"]);
  });

  it("remembers who was here through a line that is cut twice", () => {
    clock.pass(60_000);
    subscribed(["ada"], 10);
    clock.pass(5_000);
    subscribed(["ada"], 20);
    const back = presence.apply({ joined: [person("ben"), person("new")], count: 3, revision: 21 });
    assert.deepEqual(names(back.joined), ["new"]);
  });

  it("knows whether it holds all who are here", () => {
    assert.equal(new Presence("ada", clock).isKnown, false);
    assert.deepEqual([presence.isKnown, presence.isWhole], [true, true]);
    presence.apply({ count: 201, revision: 2 });
    assert.deepEqual([presence.count, presence.isWhole], [201, false]);
  });

  it("tells of nobody in a crowd, where a place that is left is taken by who was there", () => {
    presence.snapshot({ here: [person("ada"), person("ben")], count: 250, revision: 5 });
    clock.pass(60_000);
    const change = { joined: [person("cleo")], left: ["ben"], count: 249, revision: 6 };
    assert.deepEqual(presence.apply(change), { joined: [], left: [] });
    assert.deepEqual(names(presence.people), ["ada", "cleo"]);
  });

  it("takes anybody who comes after a reconnect for one of the crowd that was here", () => {
    presence.snapshot({ here: [person("ada"), person("ben")], count: 250, revision: 5 });
    clock.pass(60_000);
    subscribed(["ada"], 1);
    const back = { joined: [person("dora")], count: 2, revision: 2 };
    assert.deepEqual(presence.apply(back).joined, []);
    clock.pass(15_000);
    const later = { joined: [person("emil")], count: 3, revision: 3 };
    assert.deepEqual(names(presence.apply(later).joined), ["emil"]);
  });

  it("ends with the server's list, whatever differences led there", async () => {
    await withSeeds(200, (random) => {
      presence = new Presence("ada", clock);
      const everybody = "abcdefghij".split("");
      const here = new Map();
      let revision = 0;
      subscribed([], 0);
      for (let step = 0; step < 50; step += 1) {
        const username = pick(random, everybody);
        const change = { joined: [], left: [], updated: [] };
        if (!here.has(username)) change.joined.push(person(username));
        else if (random() < 0.5) change.left.push(username);
        else change.updated.push({ username, state: pick(random, ["online", "away"]) });
        for (const { username: who } of change.joined) here.set(who, "online");
        for (const who of change.left) here.delete(who);
        for (const { username: who, state } of change.updated) here.set(who, state);
        const event = { ...change, count: here.size, revision: (revision += 1) };
        for (let times = 0; times <= below(random, 2); times += 1) presence.apply(event);
      }
      const got = new Map(presence.people.map(({ username, state }) => [username, state]));
      assert.deepEqual([...got].sort(), [...here].sort());
      assert.equal(presence.count, here.size);
    });
  });
});
