import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Timeline } from "../../static/js/model/timeline.js";
import { below, pick, shuffled, withSeeds } from "./fakes.mjs";
import { FakeServer } from "./server.mjs";

const LIMIT = 5;
const texts = (timeline) => timeline.messages.map(({ message }) => message);

function opened(server) {
  const timeline = new Timeline();
  timeline.load(server.page({ limit: LIMIT }), LIMIT);
  return timeline;
}

describe("a timeline", () => {
  it("holds the page it was loaded with, and knows whether that is all", () => {
    const server = new FakeServer();
    for (const text of ["a", "b"]) server.post("ada", text);
    assert.ok(opened(server).isComplete);
    for (const text of ["c", "d", "e"]) server.post("ada", text);
    const timeline = opened(server);
    assert.deepEqual(texts(timeline), ["a", "b", "c", "d", "e"]);
    assert.ok(!timeline.isComplete);
    timeline.mergeOlder([], LIMIT);
    assert.ok(timeline.isComplete);
  });

  it("takes an event that follows, drops one it has, and takes nothing after a hole", () => {
    const server = new FakeServer();
    const timeline = opened(server);
    const [first, second, third] = ["a", "b", "c"].map((text) => server.post("ada", text));
    assert.equal(timeline.apply(first), "applied");
    assert.equal(timeline.apply(first), "old");
    assert.equal(timeline.apply(third), "hole");
    assert.deepEqual(texts(timeline), ["a"]);
    assert.equal(timeline.apply(second), "applied");
    assert.equal(timeline.apply(third), "applied");
    assert.deepEqual(texts(timeline), ["a", "b", "c"]);
  });

  it("keeps a deletion although an older copy arrives with late history", () => {
    const server = new FakeServer();
    const posted = server.post("ada", "secret");
    const late = server.page({ limit: LIMIT }).messages;
    const timeline = opened(server);
    timeline.apply(server.delete(posted.id));
    timeline.mergeOlder(late, LIMIT);
    assert.equal(timeline.get(posted.id).message, "");
  });

  it("keeps a change that came while the page with that message was on its way", () => {
    const server = new FakeServer();
    const first = server.post("ada", "first");
    for (let n = 0; n < LIMIT; n += 1) server.post("ada", `${n}`);
    const timeline = opened(server);
    const late = server.page({ before: timeline.floor, limit: LIMIT }).messages;
    timeline.apply(server.delete(first.id));
    timeline.mergeOlder(late, LIMIT);
    assert.equal(timeline.get(first.id).message, "");
  });

  it("takes in a passage of the past once it reaches up to what is held, and not before", () => {
    const server = new FakeServer();
    for (let n = 0; n < 20; n += 1) server.post("ada", `${n}`);
    const timeline = opened(server);
    const passage = timeline.passage(server.messages.slice(3, 8), 4, 8);
    assert.ok(!timeline.join(passage));
    passage.mergeNewer(server.messages.slice(8, 15), 15);
    assert.ok(timeline.join(passage));
    assert.deepEqual(texts(timeline), server.messages.slice(3).map(({ message }) => message));
    assert.equal(timeline.floor, 4);
  });

  it("keeps a passage as fresh as itself", () => {
    const server = new FakeServer();
    for (let n = 0; n < 20; n += 1) server.post("ada", `${n}`);
    const timeline = opened(server);
    const stale = server.messages.slice(3, 8);
    timeline.apply(server.delete(stale[0].id));
    const passage = timeline.passage(stale, 4, 8);
    assert.equal(passage.get(stale[0].id).message, "");
    const change = server.delete(stale[1].id);
    timeline.apply(change);
    passage.touch(change.changed);
    assert.equal(passage.get(stale[1].id).message, "");
    passage.touch(server.messages[12]);
    assert.equal(passage.messages.length, 5);
  });

  it("does not insert a changed message from before the stretch that it holds", () => {
    const server = new FakeServer();
    const first = server.post("ada", "first");
    for (let n = 0; n < LIMIT; n += 1) server.post("ada", `${n}`);
    const timeline = opened(server);
    assert.equal(timeline.apply(server.delete(first.id)), "applied");
    assert.equal(timeline.get(first.id), undefined);
  });

  it("advances over a kind of change that it does not know", () => {
    const server = new FakeServer();
    const timeline = opened(server);
    assert.equal(timeline.apply({ type: "message.pinned", seq: 1, prev: 0 }), "applied");
    assert.equal(timeline.tick, 1);
  });

  it("lets the real message replace the one made from its ack, never the reverse", () => {
    const server = new FakeServer();
    const timeline = opened(server);
    const event = server.post("ada", "hi");
    const { type: _, prev: __, ...message } = event;
    timeline.acknowledge({ ...message });
    assert.ok(timeline.get(event.id).provisional);
    assert.equal(timeline.tick, 0);
    timeline.apply(event);
    timeline.acknowledge({ ...message });
    assert.ok(!timeline.get(event.id).provisional);
    assert.equal(timeline.messages.length, 1);
  });

  it("is the same whatever is doubled, late, lost, replayed or loaded in between", async () => {
    await withSeeds(400, (random) => {
      const server = new FakeServer();
      for (let n = 0; n < below(random, 20); n += 1) server.post("ada", `old ${n}`);
      const timeline = opened(server);
      const wire = [];
      for (let step = 0; step < 60; step += 1) {
        change(server, random, wire);
        deliver(timeline, server, random, wire);
      }
      for (const event of server.replay(timeline.tick)) assert.equal(timeline.apply(event), "applied");
      while (!timeline.isComplete) loadOlder(timeline, server);
      assert.deepEqual(timeline.messages, server.messages);
      assert.equal(timeline.tick, server.tick);
    });
  });
});

function change(server, random, wire) {
  const alive = server.messages.filter(({ deleted }) => !deleted);
  const isDeletion = random() < 0.25 && alive.length > 0;
  wire.push(isDeletion ? server.delete(pick(random, alive).id) : server.post("ben", `${server.tick}`));
}

function deliver(timeline, server, random, wire) {
  const dice = random();
  if (dice < 0.5) wire.splice(0).forEach((event) => timeline.apply(event));
  else if (dice < 0.6) shuffled(random, wire).forEach((event) => timeline.apply(event));
  else if (dice < 0.7) wire.splice(0);
  else if (dice < 0.8) server.replay(timeline.tick).forEach((event) => timeline.apply(event));
  else if (dice < 0.9 && !timeline.isComplete) loadOlder(timeline, server);
  else server.replay(Math.max(0, timeline.tick - 3)).forEach((event) => timeline.apply(event));
}

function loadOlder(timeline, server) {
  const { messages } = server.page({ before: timeline.floor, limit: LIMIT });
  timeline.mergeOlder(messages, LIMIT);
}
