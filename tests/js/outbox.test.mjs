import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";

import { MemoryOutboxStorage } from "../../static/js/model/outbox-storage.js";
import { Outbox } from "../../static/js/model/outbox.js";
import { LeaseTurns, ownTurns } from "../../static/js/model/turns.js";
import { below, FakeBrowser, FakeClock, pick, quiet, withSeeds } from "./fakes.mjs";

let clock, sent, isUp, outbox, made;

function makeOutbox(storage = new MemoryOutboxStorage(), turns = ownTurns, more = {}) {
  clock = new FakeClock();
  sent = [];
  isUp = true;
  made = 0;
  return new Outbox({
    name: "outbox:ada:lobby",
    storage,
    turns,
    ...more,
    clock,
    newId: () => `id-${(made += 1)}`,
    post: (entry) => isUp && Boolean(sent.push(entry)),
    onChange: () => {},
  });
}

async function says(...texts) {
  for (const text of texts) outbox.add(text);
  await quiet();
}

const sentTexts = () => sent.map(({ text }) => text);
const states = () => outbox.entries.map(({ text, state }) => `${text} ${state}`);
const rateLimited = (seconds) => ({ code: "rate_limited", detail: "Slowly.", retry_after: seconds });
const forbidden = { code: "forbidden", detail: "You may not post here." };

beforeEach(() => {
  outbox = makeOutbox();
});

describe("an outbox", () => {
  it("keeps what is written while the line is down and sends it in order once it is up", async () => {
    for (const text of ["one", "two", "three"]) outbox.add(text);
    assert.deepEqual(sentTexts(), []);
    outbox.open();
    await quiet();
    for (const { clientId } of [...outbox.entries]) {
      await quiet();
      outbox.confirm(clientId);
    }
    assert.deepEqual(sentTexts(), ["one", "two", "three"]);
    assert.deepEqual(outbox.entries, []);
  });

  it("has one message on its way at a time", async () => {
    outbox.open();
    await quiet();
    await says("one", "two");
    assert.deepEqual(sentTexts(), ["one"]);
    outbox.confirm("id-1");
    await quiet();
    assert.deepEqual(sentTexts(), ["one", "two"]);
  });

  it("repeats what was not acknowledged under the same client id", async () => {
    outbox.open();
    await quiet();
    await says("one");
    outbox.close();
    await quiet();
    outbox.open();
    await quiet();
    assert.deepEqual(sent.map(({ clientId }) => clientId), ["id-1", "id-1"]);
  });

  it("sends again when no answer comes at all", async () => {
    outbox.open();
    await quiet();
    await says("one");
    clock.pass(16_000);
    await quiet();
    assert.deepEqual(sentTexts(), ["one", "one"]);
  });

  it("waits as long as it was told to, keeping the order", async () => {
    outbox.open();
    await quiet();
    await says("one", "two");
    outbox.refuse("id-1", rateLimited(3));
    await quiet();
    clock.pass(2_900);
    await quiet();
    assert.deepEqual(sentTexts(), ["one"]);
    assert.deepEqual(states(), ["one waiting", "two waiting"]);
    clock.pass(200);
    await quiet();
    assert.deepEqual(sentTexts(), ["one", "one"]);
  });

  it("fails a message that was refused for good, and goes on with the next", async () => {
    outbox.open();
    await quiet();
    await says("one", "two");
    outbox.refuse("id-1", forbidden);
    await quiet();
    assert.deepEqual(states(), ["one failed", "two waiting"]);
    assert.equal(outbox.get("id-1").detail, "You may not post here.");
    assert.deepEqual(sentTexts(), ["one", "two"]);
  });

  it("retries a failed message, under a new id only where the old one was taken", async () => {
    outbox.open();
    await quiet();
    await says("one");
    outbox.refuse("id-1", forbidden);
    await quiet();
    outbox.retry("id-1");
    await quiet();
    assert.equal(sent.at(-1).clientId, "id-1");
    outbox.refuse("id-1", { code: "conflict", detail: "Used before." });
    await quiet();
    outbox.retry("id-1");
    await quiet();
    assert.equal(sent.at(-1).clientId, "id-2");
  });

  it("forgets a discarded message, and ignores what is said about it later", async () => {
    outbox.open();
    await quiet();
    await says("one");
    outbox.discard("id-1");
    await quiet();
    outbox.confirm("id-1");
    await quiet();
    outbox.refuse("id-1", forbidden);
    await quiet();
    assert.deepEqual(outbox.entries, []);
    assert.equal(clock.pending, 0);
  });

  it("retries everything that failed, in order", async () => {
    outbox.open();
    await quiet();
    await says("one", "two");
    outbox.refuse("id-1", forbidden);
    await quiet();
    outbox.refuse("id-2", forbidden);
    await quiet();
    sent.length = 0;
    outbox.retryAll();
    await quiet();
    outbox.confirm("id-1");
    await quiet();
    assert.deepEqual(sentTexts(), ["one", "two"]);
  });

  it("gives a failed message another text, under an id that never had another one", async () => {
    outbox.open();
    await quiet();
    await says("one");
    assert.equal(outbox.rewrite("id-1", "too early"), false);
    outbox.refuse("id-1", forbidden);
    await quiet();
    assert.ok(outbox.rewrite("id-1", "uno"));
    await quiet();
    assert.deepEqual([sent.at(-1).clientId, sent.at(-1).text], ["id-2", "uno"]);
    assert.equal(outbox.entries.length, 1);
  });

  it("stores every message once and in order, through cuts, lost acks and refusals", async () => {
    await withSeeds(150, async (random) => {
      outbox = makeOutbox();
      const server = new Server(random);
      let written = 0;
      for (let step = 0; step < 30; step += 1) {
        if (random() < 0.6) outbox.add(`${(written += 1)}`);
        if (random() < 0.5) outbox.open();
        await server.serve([outbox], sent);
        clock.pass(below(random, 4_000));
        await server.serve([outbox], sent);
      }
      for (let round = 0; outbox.entries.length; round += 1) {
        assert.ok(round < 1000, "it never ends");
        outbox.open();
        await server.serve([outbox], sent);
        clock.pass(1_000);
      }
      assert.deepEqual(server.texts, Array.from({ length: written }, (_, n) => `${n + 1}`));
    });
  });
});

describe("an outbox that the browser keeps", () => {
  let browser;
  const openTab = (more) => makeOutbox(browser.storage(), browser.turns, more);

  beforeEach(() => {
    browser = new FakeBrowser();
  });

  it("takes up what an earlier visit left, before what is written now", async () => {
    openTab().add("kept");
    await quiet();
    outbox = openTab();
    made = 10;
    outbox.add("new");
    await outbox.restore();
    outbox.open();
    await quiet();
    outbox.confirm("id-1");
    await quiet();
    outbox.confirm("id-11");
    await quiet();
    assert.deepEqual(sentTexts(), ["kept", "new"]);
    assert.equal(browser.kept.size, 0);
  });

  it("remembers that a message failed, and why", async () => {
    outbox = openTab();
    outbox.open();
    await says("one");
    outbox.refuse("id-1", forbidden);
    await quiet();
    outbox = openTab();
    await outbox.restore();
    assert.deepEqual(states(), ["one failed"]);
    assert.equal(outbox.get("id-1").detail, forbidden.detail);
  });

  it("does not send what the room shows to be stored", async () => {
    openTab().add("kept");
    await quiet();
    const stored = { client_id: "id-1", id: 7, seq: 3, timestamp: "" };
    outbox = openTab({ isStored: (clientId) => (clientId === "id-1" ? stored : null) });
    outbox.open();
    await outbox.restore();
    await quiet();
    assert.deepEqual([sent, outbox.entries, browser.kept.size], [[], [], 0]);
  });

  it("shows the entries in every tab, and sends them from one", async () => {
    const [one, two] = [openTab(), openTab()];
    one.add("hello");
    await quiet();
    assert.deepEqual(two.entries.map(({ text }) => text), ["hello"]);
    const posts = [];
    two.open();
    one.open();
    await quiet();
    posts.push(...sent);
    assert.equal(posts.length, 1);
  });

  it("tells the other tabs what was stored, so that nothing disappears in between", async () => {
    const told = [];
    const one = openTab();
    const two = openTab({ onStored: (stored, { text }) => told.push([stored.id, text]) });
    one.add("hello");
    await quiet();
    one.confirm("id-1", { client_id: "id-1", id: 7, seq: 3, timestamp: "" });
    await quiet();
    assert.deepEqual(told, [[7, "hello"]]);
    assert.deepEqual(two.entries, []);
  });

  it("goes on in memory, and says so, where nothing can be written any more", async () => {
    outbox = openTab();
    outbox.open();
    assert.ok(outbox.isLasting);
    browser.isBroken = true;
    await says("one", "two");
    assert.equal(outbox.isLasting, false);
    outbox.confirm("id-1");
    await quiet();
    assert.deepEqual(sentTexts(), ["one", "two"]);
  });

  it("sends everything once and in each tab's order, whatever tabs come, go and crash", async () => {
    await withSeeds(60, async (random) => {
      browser = new FakeBrowser();
      const server = new Server(random);
      const ids = { next: 0 };
      const inFlight = new Set();
      const start = () => {
        const parts = { storage: browser.storage(), turns: browser.turns };
        const tab = { sent: [] };
        tab.outbox = new Outbox({
          ...parts,
          name: "outbox:ada:lobby",
          clock,
          newId: () => `id-${(ids.next += 1)}`,
          post: (entry) => {
            assert.ok(!inFlight.has(entry.clientId), "two tabs sent it at the same time");
            return Boolean(tab.sent.push(entry));
          },
        });
        return tab;
      };
      const tabs = [start(), start(), start()];
      let written = 0;
      for (let step = 0; step < 40; step += 1) {
        const tab = pick(random, tabs);
        const dice = random();
        if (dice < 0.5) tab.outbox.add(`${(written += 1)}`);
        else if (dice < 0.7) tab.outbox.open();
        else if (dice < 0.8) tab.outbox.close();
        await quiet();
        for (const each of tabs) await server.serve([each.outbox], each.sent);
        if (random() < 0.3) clock.pass(below(random, 20_000));
      }
      for (let round = 0; browser.kept.size; round += 1) {
        assert.ok(round < 500, "it never ends");
        for (const each of tabs) {
          each.outbox.open();
          await server.serve([each.outbox], each.sent);
        }
        clock.pass(5_000);
      }
      await quiet();
      assert.deepEqual(server.texts, Array.from({ length: written }, (_, n) => `${n + 1}`));
      for (const each of tabs) assert.deepEqual(each.outbox.entries, []);
    });
  });
});

describe("a lease", () => {
  const leases = new Map();
  const store = {
    claim: async (name, owner, now, until) => {
      const held = leases.get(name);
      const isFree = !held || held.owner === owner || held.until <= now;
      if (isFree) leases.set(name, { owner, until });
      return isFree;
    },
    yield: async (name, owner) => leases.get(name)?.owner === owner && leases.delete(name),
  };
  const tab = (owner) => new LeaseTurns({ store, clock, owner });

  beforeEach(() => leases.clear());

  async function passes(ms) {
    for (let rest = ms; rest > 0; rest -= 250) {
      clock.pass(Math.min(250, rest));
      await quiet();
    }
  }

  it("belongs to one at a time, as long as that one lives, and then to the next", async () => {
    const began = [];
    const one = tab("one").request("box", () => began.push("one"));
    const two = tab("two").request("box", () => began.push("two"));
    await passes(30_000);
    assert.deepEqual([began, one.isMine, two.isMine], [["one"], true, false]);
    one.release();
    await passes(1_000);
    assert.deepEqual([began, one.isMine, two.isMine], [["one", "two"], false, true]);
    two.release();
  });

  it("runs out when its tab is gone or asleep", async () => {
    const one = tab("one").request("box", () => {});
    await quiet();
    clock.sleep(7_000);
    assert.equal(one.isMine, false);
    let isMine = false;
    const two = tab("two").request("box", () => (isMine = true));
    await quiet();
    assert.ok(isMine);
    two.release();
    one.release();
  });
});

/** Answers as a server does: sometimes later, sometimes not at all, and each text once. */
class Server {
  #stored = new Map();

  constructor(random) {
    this.random = random;
  }

  get texts() {
    return [...this.#stored.values()];
  }

  async serve([outbox], posts) {
    await quiet();
    while (posts.length) {
      const { clientId, text } = posts.shift();
      const dice = this.random();
      const isStored = dice >= 0.3;
      if (isStored && !this.#stored.has(clientId)) this.#stored.set(clientId, text);
      if (dice < 0.15) outbox.refuse(clientId, rateLimited(below(this.random, 3)));
      else if (dice < 0.45) outbox.close();
      else outbox.confirm(clientId, { client_id: clientId, id: 1, seq: 1, timestamp: "" });
      await quiet();
    }
  }
}
