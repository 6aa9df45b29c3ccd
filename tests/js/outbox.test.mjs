import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";

import { MemoryOutboxStorage } from "../../static/js/model/outbox-storage.js";
import { Outbox } from "../../static/js/model/outbox.js";
import { below, FakeClock, withSeeds } from "./fakes.mjs";

let clock, sent, isUp, outbox, made;

function makeOutbox(storage = new MemoryOutboxStorage()) {
  clock = new FakeClock();
  sent = [];
  isUp = true;
  made = 0;
  return new Outbox({
    storage,
    clock,
    newId: () => `id-${(made += 1)}`,
    post: (entry) => isUp && Boolean(sent.push(entry)),
    onChange: () => {},
  });
}

const sentTexts = () => sent.map(({ text }) => text);
const states = () => outbox.entries.map(({ text, state }) => `${text} ${state}`);
const rateLimited = (seconds) => ({ code: "rate_limited", detail: "Slowly.", retry_after: seconds });
const forbidden = { code: "forbidden", detail: "You may not post here." };

beforeEach(() => {
  outbox = makeOutbox();
});

describe("an outbox", () => {
  it("keeps what is written while the line is down and sends it in order once it is up", () => {
    for (const text of ["one", "two", "three"]) outbox.add(text);
    assert.deepEqual(sentTexts(), []);
    outbox.open();
    for (const { clientId } of [...outbox.entries]) outbox.confirm(clientId);
    assert.deepEqual(sentTexts(), ["one", "two", "three"]);
    assert.deepEqual(outbox.entries, []);
  });

  it("has one message on its way at a time", () => {
    outbox.open();
    outbox.add("one");
    outbox.add("two");
    assert.deepEqual(sentTexts(), ["one"]);
    outbox.confirm("id-1");
    assert.deepEqual(sentTexts(), ["one", "two"]);
  });

  it("repeats what was not acknowledged under the same client id", () => {
    outbox.open();
    outbox.add("one");
    outbox.close();
    outbox.open();
    assert.deepEqual(sent.map(({ clientId }) => clientId), ["id-1", "id-1"]);
  });

  it("sends again when no answer comes at all", () => {
    outbox.open();
    outbox.add("one");
    clock.pass(16_000);
    assert.deepEqual(sentTexts(), ["one", "one"]);
  });

  it("waits as long as it was told to, keeping the order", () => {
    outbox.open();
    outbox.add("one");
    outbox.add("two");
    outbox.refuse("id-1", rateLimited(3));
    clock.pass(2_900);
    assert.deepEqual(sentTexts(), ["one"]);
    assert.deepEqual(states(), ["one waiting", "two waiting"]);
    clock.pass(200);
    assert.deepEqual(sentTexts(), ["one", "one"]);
  });

  it("fails a message that was refused for good, and goes on with the next", () => {
    outbox.open();
    outbox.add("one");
    outbox.add("two");
    outbox.refuse("id-1", forbidden);
    assert.deepEqual(states(), ["one failed", "two waiting"]);
    assert.equal(outbox.get("id-1").detail, "You may not post here.");
    assert.deepEqual(sentTexts(), ["one", "two"]);
  });

  it("retries a failed message, under a new id only where the old one was taken", () => {
    outbox.open();
    outbox.add("one");
    outbox.refuse("id-1", forbidden);
    outbox.retry("id-1");
    assert.equal(sent.at(-1).clientId, "id-1");
    outbox.refuse("id-1", { code: "conflict", detail: "Used before." });
    outbox.retry("id-1");
    assert.equal(sent.at(-1).clientId, "id-2");
  });

  it("forgets a discarded message, and ignores what is said about it later", () => {
    outbox.open();
    outbox.add("one");
    outbox.discard("id-1");
    outbox.confirm("id-1");
    outbox.refuse("id-1", forbidden);
    assert.deepEqual(outbox.entries, []);
    assert.equal(clock.pending, 0);
  });

  it("takes up what its storage kept, before what is written now", async () => {
    const kept = new Map([["k", { clientId: "k", text: "kept", createdAt: "", state: "waiting" }]]);
    const storage = {
      load: async () => [...kept.values()],
      put: (entry) => kept.set(entry.clientId, entry),
      remove: (clientId) => kept.delete(clientId),
    };
    outbox = makeOutbox(storage);
    outbox.add("new");
    await outbox.restore();
    outbox.open();
    outbox.confirm("k");
    outbox.confirm("id-1");
    assert.deepEqual(sentTexts(), ["kept", "new"]);
    assert.equal(kept.size, 0);
  });

  it("stores every message once and in order, through cuts, lost acks and refusals", () => {
    withSeeds(300, (random) => {
      outbox = makeOutbox();
      const stored = new Map();
      let written = 0;
      let heard = 0;
      const serve = () => {
        while (heard < sent.length) {
          const { clientId, text } = sent[heard++];
          const dice = random();
          if (dice < 0.15) outbox.refuse(clientId, rateLimited(below(random, 3)));
          else if (dice < 0.3) outbox.close();
          else if (dice < 0.45) {
            stored.set(clientId, text);
            outbox.close();
          } else {
            stored.set(clientId, text);
            outbox.confirm(clientId);
          }
        }
      };
      for (let step = 0; step < 40; step += 1) {
        if (random() < 0.6) outbox.add(`${(written += 1)}`);
        if (random() < 0.5) outbox.open();
        serve();
        clock.pass(below(random, 4_000));
        serve();
      }
      for (let round = 0; outbox.entries.length; round += 1) {
        assert.ok(round < 1000, "it never ends");
        outbox.open();
        serve();
        clock.pass(1_000);
      }
      assert.deepEqual([...stored.values()], Array.from({ length: written }, (_, n) => `${n + 1}`));
    });
  });
});
