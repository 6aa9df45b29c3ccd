import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";

import { Questions } from "../../static/js/model/questions.js";
import { Reading } from "../../static/js/model/reading.js";
import { RoomList } from "../../static/js/model/room-list.js";
import { TypingTeller, Typists, typingSentence } from "../../static/js/model/typing.js";
import { FakeClock } from "./fakes.mjs";

let clock, sent, isUp;

const send = (command) => isUp && Boolean(sent.push(command));
const positions = () => sent.map(({ seq }) => seq);

beforeEach(() => {
  clock = new FakeClock();
  sent = [];
  isUp = true;
});

describe("a reading", () => {
  const begin = (read, unread) => new Reading({ read, unread, send, clock });

  it("tells what was seen at once, and then not too often, but always the last of it", () => {
    const reading = begin(1, 0);
    for (let seq = 2; seq <= 9; seq += 1) reading.see(seq);
    assert.deepEqual(positions(), [2]);
    clock.pass(2_000);
    assert.deepEqual(positions(), [2, 9]);
    reading.see(4);
    clock.pass(2_000);
    assert.deepEqual(positions(), [2, 9]);
  });

  it("tells later what could not be told", () => {
    const reading = begin(1, 0);
    isUp = false;
    reading.see(5);
    isUp = true;
    reading.opened();
    assert.deepEqual(positions(), [5]);
  });

  it("has New where the reader stopped, and keeps it there while they read on", () => {
    const reading = begin(3, 2);
    reading.see(5);
    reading.miss();
    assert.equal(reading.divider, 3);
  });

  it("has a new New for what comes while the reader is away", () => {
    const reading = begin(3, 0);
    assert.equal(reading.divider, null);
    reading.miss();
    assert.equal(reading.divider, 3);
    reading.see(6);
    reading.away();
    reading.miss();
    assert.equal(reading.divider, 6);
  });

  it("stays unread from where it was marked, until the reader takes part", () => {
    const reading = begin(8, 0);
    reading.markUnread(5);
    assert.deepEqual(sent, [{ type: "room.read", seq: 4, unread: true }]);
    reading.see(9);
    clock.pass(5_000);
    assert.deepEqual([sent.length, reading.divider], [1, 4]);
    reading.resume();
    reading.see(9);
    assert.equal(sent.length, 2);
  });

  it("follows the same account elsewhere, forwards and back", () => {
    const reading = begin(3, 2);
    reading.hear(5);
    reading.see(5);
    assert.deepEqual([reading.position, sent], [5, []]);
    reading.hear(2);
    reading.see(5);
    assert.deepEqual([reading.position, reading.divider, sent], [2, 2, []]);
  });

  it("does not take an older position that crosses with its own for the wish to go back", () => {
    const reading = begin(1, 0);
    reading.see(8);
    reading.hear(5);
    assert.equal(reading.position, 8);
  });
});

describe("typing", () => {
  const began = (username) => ({ username });

  it("is told every three seconds while it goes on, and when it ends", () => {
    const told = [];
    const teller = new TypingTeller({ send: (type) => told.push(type), clock });
    for (let second = 0; second < 7; second += 1) {
      teller.typed();
      clock.pass(1_000);
    }
    teller.stopped();
    teller.stopped();
    assert.deepEqual(told, ["typing.start", "typing.start", "typing.start", "typing.stop"]);
  });

  it("is forgotten by itself, and is never one's own", () => {
    let changes = 0;
    const typists = new Typists({ clock, username: "ada", onChange: () => (changes += 1) });
    for (const { username } of ["ada", "ben", "ben", "cleo"].map(began)) typists.started(username);
    assert.deepEqual([typists.usernames, changes], [["ben", "cleo"], 2]);
    clock.pass(3_000);
    typists.started("ben");
    clock.pass(3_500);
    assert.deepEqual(typists.usernames, ["ben"]);
    clock.pass(3_000);
    assert.deepEqual(typists.usernames, []);
  });

  it("is said of one, two, or several people", () => {
    const said = (names) => typingSentence(names).map(({ text }) => text).join("");
    assert.equal(said([]), "");
    assert.equal(said(["Ada"]), "Ada is typing…");
    assert.equal(said(["Ada", "Ben"]), "Ada and Ben are typing…");
    assert.equal(said(["Ada", "Ben", "Cleo"]), "Several people are typing…");
  });
});

describe("the list of rooms", () => {
  it("follows what the socket tells", () => {
    const list = new RoomList({ onChange: () => {} });
    const lobby = { room: "lobby", name: "Lobby", kind: "public", unread: 1, mentions: 0 };
    list.hear({ type: "welcome", rooms: [lobby] });
    list.hear({ type: "room.activity", room: "lobby", seq: 9, unread: 4, mentions: 1 });
    assert.deepEqual([list.get("lobby").unread, list.get("lobby").mentions], [4, 1]);
    list.hear({ type: "room.read", room: "lobby", seq: 9, unread: 0, mentions: 0 });
    list.hear({ type: "room.updated", room: "lobby", name: "Hall", kind: "public", topic: "" });
    assert.deepEqual([list.get("lobby").unread, list.get("lobby").name], [0, "Hall"]);
    list.hear({ type: "room.added", room: "den", name: "Den", kind: "private", unread: 0 });
    list.hear({ type: "room.removed", room: "lobby" });
    list.hear({ type: "room.activity", room: "elsewhere", unread: 7 });
    assert.deepEqual(list.rooms.map(({ room }) => room), ["den"]);
  });
});

describe("a question", () => {
  it("that nobody answers ends by itself", async () => {
    const questions = new Questions({ send, clock });
    const answer = questions.ask({ type: "message.edit" });
    clock.pass(16_000);
    assert.equal((await answer).code, "lost");
  });

  it("waits for the line, for however long, and keeps its place", async () => {
    const asked = [];
    let isLive = false;
    const questions = new Questions({ send: (command) => isLive && asked.push(command.ref), clock });
    const answers = [questions.ask({ type: "message.edit" }), questions.ask({ type: "message.delete" })];
    clock.pass(3_600_000);
    isLive = true;
    questions.resume();
    assert.deepEqual(asked, ["q1", "q2"]);
    questions.resume();
    assert.equal(asked.length, 2);
    for (const ref of asked) questions.hear({ type: "ok", ref });
    assert.deepEqual(await Promise.all(answers), [null, null]);
  });

  it("under which the line was cut is asked once more, and not for ever", async () => {
    const asked = [];
    const questions = new Questions({ send: (command) => asked.push(command), clock });
    const answer = questions.ask({ type: "reaction.add", emoji: "🍅" });
    questions.pause();
    clock.pass(60_000);
    questions.resume();
    assert.deepEqual(asked[1], asked[0]);
    questions.pause();
    assert.equal((await answer).code, "lost");
    questions.resume();
    assert.equal(asked.length, 2);
  });

  it("that waits can be withdrawn; what was sent stays asked", async () => {
    const asked = [];
    let isLive = false;
    const questions = new Questions({ send: (command) => isLive && asked.push(command.ref), clock });
    const mind = new AbortController();
    const withdrawn = questions.ask({ type: "message.edit" }, mind.signal);
    mind.abort();
    isLive = true;
    questions.resume();
    assert.equal((await withdrawn).code, "withdrawn");
    assert.deepEqual(asked, []);
    const late = new AbortController();
    const answer = questions.ask({ type: "message.edit" }, late.signal);
    late.abort();
    questions.hear({ type: "ok", ref: asked[0] });
    assert.equal(await answer, null);
  });

  it("is withdrawn by who asks for the opposite before it was sent", async () => {
    const questions = new Questions({ send: () => false, clock });
    const answer = questions.ask({ type: "reaction.add", message_id: 1, emoji: "🍅" });
    const waiting = questions.waiting(({ emoji }) => emoji === "🍅");
    assert.deepEqual([questions.isWaiting, waiting.type], [true, "reaction.add"]);
    questions.withdraw(waiting);
    assert.deepEqual([questions.isWaiting, await answer], [false, null]);
  });

  it("is put off where it was too much at once, and not for ever", async () => {
    const asked = [];
    const questions = new Questions({ send: (command) => asked.push(command.ref), clock });
    const answer = questions.ask({ type: "message.delete" });
    const refusal = { type: "error", ref: "q1", code: "rate_limited", detail: "Slowly.", retry_after: 3 };
    questions.hear(refusal);
    clock.pass(2_900);
    assert.equal(asked.length, 1);
    clock.pass(200);
    assert.equal(asked.length, 2);
    for (let times = 0; times < 5; times += 1) {
      questions.hear(refusal);
      clock.pass(3_000);
    }
    assert.equal((await answer).detail, "Slowly.");
  });

  it("is over where no line will come any more", async () => {
    const questions = new Questions({ send: () => false, clock });
    const answer = questions.ask({ type: "message.edit" });
    questions.stop();
    assert.equal((await answer).code, "lost");
    assert.equal((await questions.ask({ type: "reaction.add" })).code, "lost");
    assert.equal(questions.isWaiting, false);
  });
});
