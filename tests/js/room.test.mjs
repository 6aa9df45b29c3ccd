import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";

import { MemoryOutboxStorage } from "../../static/js/model/outbox-storage.js";
import { Room } from "../../static/js/model/room.js";
import { ownTurns } from "../../static/js/model/turns.js";
import { below, FakeBrowser, FakeClock, pick, quiet, withSeeds } from "./fakes.mjs";
import { FakeServer } from "./server.mjs";

let clock, server, room, sent, asked, made;

/** A room of Ada's, opened on a server that has said this much. */
function enter(texts = [], { storage = new MemoryOutboxStorage(), turns = ownTurns } = {}) {
  clock = new FakeClock();
  server = new FakeServer();
  for (const text of texts) server.post("ben", text);
  sent = [];
  asked = [];
  made = 0;
  room = new Room({
    page: {
      user: { username: "ada", name: "Ada" },
      room: { room: "lobby", role: "member", read: server.tick, unread: 0 },
      history: server.page({ limit: 50 }),
    },
    clock,
    newId: () => `ada-${(made += 1)}`,
    storage,
    turns,
    send: (command) => Boolean(sent.push(command)),
    fetchHistory: async (range) => {
      asked.push(range);
      return server.page(range);
    },
  });
}

const subscribed = (more = {}) => ({
  type: "room.subscribed", room: "lobby", seq: server.tick, role: "member",
  count: 1, here: [{ username: "ada", name: "Ada", state: "online" }], revision: 1, ...more,
});
const shown = () => room.items(0, room.timeline.messages.length);
const texts = () => shown().filter(({ kind }) => kind === "message").map(({ text }) => text);
const ofType = (type) => sent.filter((command) => command.type === type);
const ackOf = ({ id, seq, timestamp, client_id }) => ({ type: "ack", room: "lobby", id, seq, timestamp, client_id, duplicate: false });

function connect() {
  room.opened();
  for (const event of server.replay(ofType("room.subscribe").at(-1).after)) room.receive(event);
  room.receive(subscribed());
}

beforeEach(() => enter(["hello"]));

describe("who has another name or picture", () => {
  it("has it in what they said before, and where they are quoted; nothing else is drawn anew", () => {
    server.post("cleo", "you?", "c-9", server.messages[0].id);
    connect();
    const said = () => shown().filter(({ kind }) => kind === "message");
    const before = said();
    assert.equal(said()[0], before[0]);
    const faces = [{ username: "ben", name: "Benedict", picture: "1c", state: "online" }];
    room.receive({ type: "presence.changed", room: "lobby", count: 1, revision: 2, joined: [], left: [], updated: [], faces });
    const [first, answer] = said();
    assert.deepEqual([first.name, first.picture, answer.quote.name], ["Benedict", "1c", "Benedict"]);
    room.receive({ ...server.post("ben", "still me"), name: "Benedict", picture: "1c" });
    assert.deepEqual(said().slice(0, 2), [first, answer]);
    assert.equal(said()[0], first);
  });
});

describe("who is named", () => {
  it("is known where they are here, wrote what is loaded, or were found; however the name is written", () => {
    connect();
    room.meet([{ username: "carol", name: "Carol" }]);
    assert.deepEqual(["Ada", "ben", "CAROL", "dan"].map((name) => room.usernameOf(name)), ["ada", "ben", "carol", null]);
  });
});

describe("what one said oneself", () => {
  it("is edited from below: what failed stands under what was sent", async () => {
    server.post("ada", "sent", "sent-before");
    connect();
    assert.equal(room.lastOwn().text, "sent");
    room.post("refused");
    await quiet();
    room.receive({ type: "error", client_id: "ada-1", code: "muted", detail: "Not now." });
    const { text, clientId, state } = room.lastOwn();
    assert.deepEqual([text, clientId, state], ["refused", "ada-1", "failed"]);
  });

  it("is marked as unread from there where others said something after it", () => {
    server.post("ada", "mine", "sent-before");
    connect();
    const mine = () => room.itemOf(room.timeline.messages[1]);
    assert.ok(!room.mayMarkUnread(mine()));
    room.receive(server.post("ben", "an answer"));
    assert.ok(room.mayMarkUnread(mine()));
    room.markUnread(mine());
    assert.deepEqual([room.unread, room.firstUnread().message], [1, "an answer"]);
  });
});

describe("a room", () => {
  it("resumes from the tick of its page, and sends only when it has caught up", async () => {
    room.post("mine");
    room.opened();
    await quiet();
    assert.deepEqual(sent, [{ type: "room.subscribe", room: "lobby", after: 1, ref: "subscribe" }]);
    room.receive(subscribed());
    await quiet();
    assert.deepEqual(ofType("message.post"), [
      { type: "message.post", room: "lobby", message: "mine", client_id: "ada-1" },
    ]);
  });

  for (const order of ["ack first", "event first"]) {
    it(`turns the pending bubble into the stored one in place, ${order}`, () => {
      connect();
      room.post("mine");
      const pending = shown().at(-1);
      assert.equal(pending.state, "sending");
      const event = server.post("ada", "mine", "ada-1");
      const answers = order === "ack first" ? [ackOf(event), event] : [event, ackOf(event)];
      for (const answer of answers) {
        room.receive(answer);
        assert.deepEqual(texts(), ["hello", "mine"]);
        assert.equal(shown().at(-1).key, pending.key);
        assert.equal(shown().at(-1).state, "sent");
      }
      assert.equal(room.timeline.tick, server.tick);
    });
  }

  it("does not take another person's message with its client id for its own", () => {
    connect();
    room.post("mine");
    room.receive(server.post("mallory", "forged", "ada-1"));
    assert.deepEqual(texts(), ["hello", "forged", "mine"]);
    assert.equal(shown().at(-1).state, "sending");
    assert.notEqual(shown()[1].key, shown()[2].key);
  });

  it("does not send again what the replay shows to be stored", async () => {
    connect();
    room.post("mine");
    await quiet();
    server.post("ada", "mine", "ada-1");
    room.closed();
    connect();
    await quiet();
    assert.equal(ofType("message.post").length, 1);
    assert.deepEqual(texts(), ["hello", "mine"]);
  });

  it("sends nothing on a connection of another account", async () => {
    let strangers = 0;
    room.addEventListener("stranger", () => (strangers += 1));
    room.post("mine");
    room.receive({ type: "welcome", user: { username: "ada", name: "Ada" } });
    assert.equal(strangers, 0);
    room.receive({ type: "welcome", user: { username: "ben", name: "Ben" } });
    assert.equal(strangers, 1);
    await quiet();
    assert.deepEqual(ofType("message.post"), []);
  });

  it("is live from the end of the replay until the line is cut", () => {
    const told = [];
    room.addEventListener("live", () => told.push(room.isLive));
    room.opened();
    assert.equal(room.isLive, false);
    room.receive(subscribed());
    room.closed();
    assert.deepEqual(told, [true, false]);
  });

  it("resumes once when it sees a hole", () => {
    connect();
    server.post("ben", "lost");
    const seen = ["a", "b"].map((text) => server.post("ben", text));
    for (const event of seen) room.receive(event);
    assert.deepEqual(ofType("room.subscribe").map(({ after }) => after), [1, 1]);
    for (const event of server.replay(1)) room.receive(event);
    room.receive(subscribed());
    assert.deepEqual(texts(), ["hello", "lost", "a", "b"]);
  });

  it("resumes when the server stays ahead for five seconds, and not when it is caught up", () => {
    connect();
    const late = server.post("ben", "late");
    room.receive({ type: "pong", heads: { lobby: 2 } });
    clock.pass(4_000);
    room.receive(late);
    clock.pass(10_000);
    assert.equal(ofType("room.subscribe").length, 1);
    server.post("ben", "lost");
    room.receive({ type: "pong", heads: { lobby: 3 } });
    clock.pass(5_000);
    assert.equal(ofType("room.subscribe").length, 2);
  });

  it("drops everything on a reset and loads it again", async () => {
    connect();
    for (let n = 0; n < 70; n += 1) server.post("ben", `${n}`);
    room.receive(subscribed({ reset: true }));
    assert.deepEqual(texts(), []);
    room.receive(server.post("ben", "live"));
    await new Promise(setImmediate);
    assert.deepEqual(asked, [{ before: 72, limit: 50 }]);
    assert.deepEqual(texts(), server.messages.slice(-51).map(({ message }) => message));
  });

  it("loads older pages until there are none, each of them once", async () => {
    enter(Array.from({ length: 120 }, (_, n) => `${n}`));
    await Promise.all([room.history.loadOlder(), room.history.loadOlder()]);
    await room.history.loadOlder();
    await room.history.loadOlder();
    assert.deepEqual(asked.map(({ before }) => before), [71, 21]);
    assert.ok(room.timeline.isComplete);
    assert.equal(texts().length, 120);
  });

  it("says when history cannot be loaded, and tries again once it is connected", async () => {
    enter(Array.from({ length: 60 }, (_, n) => `${n}`));
    const page = server.page;
    server.page = () => { throw new Error("down"); };
    await room.history.loadOlder();
    assert.equal(room.history.state, "failed");
    server.page = page;
    connect();
    await new Promise(setImmediate);
    assert.equal(room.history.state, "idle");
    assert.equal(texts().length, 60);
  });

  it("subscribes again after a gap in who is here", () => {
    connect();
    room.receive({ type: "presence.changed", room: "lobby", count: 2, revision: 5, joined: [] });
    assert.equal(ofType("room.subscribe").length, 2);
  });

  it("shows who came between the messages where it happened", () => {
    connect();
    const joined = [{ username: "cleo", name: "Cleo", state: "online" }];
    room.receive({ type: "presence.changed", room: "lobby", count: 2, revision: 2, joined });
    room.receive(server.post("cleo", "hi"));
    assert.deepEqual(shown().map(({ kind }) => kind), ["message", "movement", "message"]);
  });

  it("tries to subscribe again where waiting helps, and leaves where it does not", () => {
    const gone = [];
    room.addEventListener("gone", ({ detail }) => gone.push(detail.code));
    room.opened();
    room.receive({ type: "error", ref: "subscribe", code: "unavailable", detail: "", retry_after: 2 });
    clock.pass(2_000);
    assert.equal(ofType("room.subscribe").length, 2);
    room.receive({ type: "error", ref: "subscribe", code: "no_such_room", detail: "" });
    assert.deepEqual(gone, ["no_such_room"]);
  });

  it("leaves what waits to its writer, who was put out and may be let in again", () => {
    connect();
    room.closed();
    const { clientId } = room.post("a bitter word");
    room.receive({ type: "room.removed", room: "lobby" });
    assert.equal(room.outbox.get(clientId).state, "failed");
    connect();
    assert.equal(ofType("message.post").length, 0);
    room.outbox.retry(clientId);
    assert.equal(room.outbox.get(clientId).state, "waiting");
  });

  it("lets people delete their own messages, and moderators everybody's", () => {
    connect();
    room.receive(server.post("ada", "mine", "x"));
    const [others, own] = shown();
    assert.deepEqual([room.mayDelete(others), room.mayDelete(own)], [false, true]);
    room.receive(subscribed({ role: "moderator" }));
    assert.equal(room.mayDelete(others), true);
  });

  it("tells how a question ended: done, refused in the server's words, or asked once more", async () => {
    connect();
    const answers = [room.edit(1001, "x"), room.delete(1001), room.edit(1001, "y")];
    const refs = sent.slice(-3).map(({ ref }) => ref);
    room.receive({ type: "ok", ref: refs[0] });
    room.receive({ type: "error", ref: refs[1], code: "forbidden", detail: "Not yours." });
    room.closed();
    const waiting = room.edit(1001, "z");
    connect();
    assert.deepEqual(ofType("message.edit").map(({ message }) => message), ["x", "y", "y", "z"]);
    for (const { ref } of sent.slice(-2)) room.receive({ type: "ok", ref });
    const [done, refused, cut] = await Promise.all(answers);
    assert.deepEqual([done, refused.detail, cut, await waiting], [null, "Not yours.", null, null]);
  });

  it("adds a reaction, and takes one's own back", () => {
    connect();
    room.react(shown()[0], "👍");
    assert.deepEqual(ofType("reaction.add").map(({ emoji }) => emoji), ["👍"]);
    room.receive(server.react(server.messages[0].id, "👍", ["ada", "ben"]));
    assert.deepEqual(shown()[0].reactions, [{ emoji: "👍", usernames: ["ada", "ben"], mine: true }]);
    room.react(shown()[0], "👍");
    assert.equal(ofType("reaction.remove").length, 1);
  });

  it("shows what a message answers, as it is now", () => {
    connect();
    const [original] = server.messages;
    room.receive(server.post("ben", "an answer", "b", original.id));
    assert.equal(shown()[1].quote.text, "hello");
    room.receive(server.edit(original.id, "goodbye"));
    assert.equal(shown()[1].quote.text, "goodbye");
    room.receive(server.delete(original.id));
    assert.deepEqual([shown()[1].quote.state, shown()[1].quote.text], ["deleted", undefined]);
  });

  it("fetches what is answered once, where it is older than what is loaded", async () => {
    enter(Array.from({ length: 120 }, (_, n) => `${n}`));
    connect();
    const { id } = server.messages[0];
    room.receive(server.post("ben", "an answer", "b", id));
    room.receive(server.post("ben", "another", "c", id));
    assert.equal(shown().at(-1).quote.state, "unknown");
    await quiet();
    assert.equal(shown().at(-1).quote.text, "0");
    assert.deepEqual(asked, [{ around: id, limit: 1 }]);
    room.receive(server.post("ben", "to nothing", "d", 5));
    shown();
    await quiet();
    assert.equal(shown().at(-1).quote.state, "missing");
  });

  it("goes to a message of the past and back on to the present, with nothing left out", async () => {
    enter(Array.from({ length: 300 }, (_, n) => `${n}`));
    connect();
    assert.equal(await room.history.goTo(server.messages[20].id), "shown");
    assert.deepEqual([room.history.isInPresent, texts()[0], texts().length], [false, "0", 50]);
    room.receive(server.post("ben", "news meanwhile"));
    room.receive(server.edit(server.messages[20].id, "edited"));
    assert.equal(room.history.get(server.messages[20].id).message, "edited");
    assert.ok(!texts().includes("news meanwhile"));
    for (let page = 0; !room.history.isInPresent; page += 1) {
      assert.ok(page < 10);
      await room.history.loadNewer();
    }
    await room.history.loadOlder();
    assert.deepEqual(texts(), server.messages.map(({ message }) => message));
    assert.equal(await room.history.goTo(5), "missing");
  });

  it("goes to the first unread message, however far back", async () => {
    enter(Array.from({ length: 300 }, (_, n) => `${n}`));
    room.reading.hear(100);
    room.reading.miss();
    connect();
    assert.equal(room.firstUnread(), null);
    assert.equal(await room.goToUnread(), "shown");
    assert.equal(room.firstUnread().message, "100");
    assert.equal(shown().find(({ kind }) => kind === "divider").kind, "divider");
  });

  it("puts New above the first message of others, and leaves it there", () => {
    enter(["old"]);
    connect();
    room.receive(server.post("ada", "mine", "x"));
    room.receive(server.post("ben", "new"));
    room.reading.miss();
    const kinds = () => shown().map(({ kind, text }) => text ?? kind);
    assert.deepEqual(kinds(), ["old", "mine", "divider", "new"]);
    room.reading.see(room.newest);
    room.receive(server.post("ben", "newer"));
    assert.deepEqual(kinds(), ["old", "mine", "divider", "new", "newer"]);
    assert.deepEqual(ofType("room.read").map(({ seq }) => seq), [3]);
  });

  it("knows who types until they say something or go", () => {
    connect();
    room.receive({ type: "typing.started", room: "lobby", username: "ben" });
    room.receive({ type: "typing.started", room: "lobby", username: "ada" });
    assert.deepEqual(room.typists.usernames, ["ben"]);
    room.receive(server.post("ben", "there"));
    assert.deepEqual(room.typists.usernames, []);
  });

  it("shows what another tab was told to be stored, in its place", async () => {
    const browser = new FakeBrowser();
    enter(["hello"], { storage: browser.storage(), turns: browser.turns });
    const other = browser.storage();
    room.post("mine");
    await quiet();
    const stored = { client_id: "ada-1", id: 1002, seq: 2, timestamp: "2026-11-20T12:00:00.000Z" };
    other.tell({ stored });
    assert.deepEqual(shown().map(({ text, state }) => [text, state]), [["hello", null], ["mine", "sent"]]);
  });

  it("subscribes again, once, when what it was told of the people has a gap", () => {
    connect();
    const asks = () => ofType("room.subscribe").length;
    const before = asks();
    const ben = { username: "ben", name: "Ben", state: "online" };
    const change = (revision) => ({ type: "presence.changed", room: "lobby", count: 2, revision, joined: [ben] });
    room.receive(change(3));
    room.receive(change(4));
    assert.equal(asks(), before + 1);
    assert.equal(room.presence.count, 1);
    room.receive(subscribed({ count: 2, here: [ben], revision: 4 }));
    room.receive(change(5));
    assert.equal(asks(), before + 1);
    assert.equal(room.presence.count, 2);
  });

  it("keeps the last list of people while the line is cut", () => {
    connect();
    room.closed();
    assert.deepEqual(room.presence.people.map(({ username }) => username), ["ada"]);
  });

  it("ignores other rooms and types it does not know", () => {
    connect();
    room.receive({ ...server.post("ben", "elsewhere"), room: "garden" });
    room.receive({ type: "brand.new" });
    assert.deepEqual(texts(), ["hello"]);
  });

  it("counts what others said since, deleted messages not", () => {
    connect();
    const from = room.newest;
    room.receive(server.post("ben", "one"));
    room.receive(server.post("ada", "mine", "x"));
    const two = server.post("ben", "two");
    room.receive(two);
    assert.equal(room.countNews(from), 2);
    room.receive(server.delete(two.id));
    assert.equal(room.countNews(from), 1);
  });

  it("ends with the server's log, everything sent once and in order, through any cuts", async () => {
    await withSeeds(150, async (random) => {
      enter();
      const line = new Line(random);
      for (let step = 0; step < 60; step += 1) await line.step();
      await line.settle();
      assert.deepEqual(texts(), server.messages.map(({ message }) => message));
      assert.deepEqual(room.outbox.entries, []);
      const mine = server.messages.filter(({ username }) => username === "ada").map(({ seq }) => seq);
      const wanted = Array.from({ length: line.written }, (_, n) => `ada ${n + 1}`);
      assert.equal(mine.length, wanted.length);
      assert.deepEqual(line.stored, wanted);
    });
  });

  it("knows why one cannot post: archived, or for moderators alone", () => {
    let told = 0;
    room.addEventListener("standing", () => (told += 1));
    const updated = { type: "room.updated", room: "lobby", archived: false, posting: "everybody" };
    room.receive(updated);
    assert.equal(room.whyClosed, "");
    room.receive({ ...updated, posting: "moderators" });
    assert.equal(room.whyClosed, "moderators");
    room.receive({ type: "room.membership", room: "lobby", role: "moderator", muted_until: null });
    assert.equal(room.whyClosed, "");
    room.receive({ ...updated, room: "elsewhere", archived: true });
    assert.equal(room.whyClosed, "");
    room.receive({ type: "welcome", user: { username: "ada" }, rooms: [{ room: "lobby", archived: true }] });
    assert.equal(room.whyClosed, "archived");
    const own = { kind: "message", id: 1, mine: true, deleted: false };
    assert.equal(room.mayTouch(own) || room.mayEdit(own), false);
    assert.equal(room.mayDelete(own), true);
    room.receive(updated);
    assert.equal(room.whyClosed, "");
    assert.equal(room.mayEdit(own), true);
    assert.ok(told >= 4);
  });

});

/** A connection that is cut at random, also between a commit and its ack. */
class Line {
  written = 0;
  stored = [];
  #isUp = false;
  #coming = [];
  #read = 0;

  constructor(random) {
    this.random = random;
  }

  async step() {
    const dice = this.random();
    if (!this.#isUp && dice < 0.4) this.#connect();
    else if (dice < 0.5) this.#cut();
    if (this.random() < 0.4) room.post(`ada ${(this.written += 1)}`);
    if (this.random() < 0.4) this.#happen(server.post("ben", `ben ${server.tick}`));
    if (this.random() < 0.2) this.#deleteSomething();
    await quiet();
    this.#serve(this.random() < 0.2);
    this.#deliver(below(this.random, 4));
    clock.pass(below(this.random, 3_000));
  }

  async settle() {
    this.random = () => 0.99;
    if (!this.#isUp) this.#connect();
    for (let round = 0; round < 200; round += 1) {
      await quiet();
      this.#serve(false);
      this.#deliver(10);
    }
    this.#cut();
    this.#connect();
    this.#deliver(1_000);
  }

  #connect() {
    this.#isUp = true;
    this.#read = sent.length;
    room.opened();
  }

  #cut() {
    this.#isUp = false;
    this.#coming = [];
    room.closed();
  }

  #deleteSomething() {
    const alive = server.messages.filter(({ username, deleted }) => username === "ben" && !deleted);
    if (alive.length) this.#happen(server.delete(pick(this.random, alive).id));
  }

  /** A broadcast is only a hint: some are lost. */
  #happen(event) {
    if (this.#isUp && this.random() < 0.9) this.#coming.push(event);
  }

  #serve(isCutAfterCommit) {
    while (this.#isUp && this.#read < sent.length) {
      const command = sent[this.#read++];
      if (command.type === "room.subscribe") this.#coming.push(...server.replay(command.after), subscribed());
      if (command.type === "message.post") this.#store(command);
      if (isCutAfterCommit && command.type === "message.post") this.#cut();
    }
  }

  #store({ message, client_id }) {
    const before = server.byClientId(client_id);
    const event = before ?? server.post("ada", message, client_id);
    if (!before) this.stored.push(message);
    const answers = before ? [ackOf(event)] : [ackOf(event), event];
    if (this.random() < 0.5) answers.reverse();
    this.#coming.push(...answers);
  }

  #deliver(count) {
    for (const event of this.#coming.splice(0, count)) room.receive(event);
  }
}
