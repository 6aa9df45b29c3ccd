import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { NewsWatch, NoticeChoice, subjectOf } from "../../static/js/model/notifications.js";
import { RoomList } from "../../static/js/model/room-list.js";

const HERE = "lobby";
const summary = (room, kind, more = {}) => ({ room, name: room, kind, seq: 9, read: 9, unread: 0, mentions: 0, ...more });

function scene(levels = {}, current = HERE) {
  const rooms = new RoomList({ onChange() {}, levels });
  const told = [];
  const page = { isLive: true, position: 9 };
  const watch = new NewsWatch({
    username: "bob",
    current,
    rooms,
    isLive: () => page.isLive,
    position: () => page.position,
    onNews: (news) => told.push(news.map(({ room, count }) => `${room} ${count}`).join(", ")),
  });
  const hear = (event) => {
    watch.hear(event);
    rooms.hear(event);
  };
  const welcome = (more = {}) =>
    hear({
      type: "welcome",
      rooms: [summary(HERE, "public", more.here), summary("garden", "public", more.garden), summary("ada", "direct", more.ada)],
    });
  welcome();
  return { hear, welcome, told, page, rooms };
}

const said = (seq, more = {}) => ({ type: "message.posted", room: HERE, seq, username: "ada", kind: "text", mentions: [], ...more });
const activity = (room, unread, mentions = 0) => ({ type: "room.activity", room, seq: 10, unread, mentions });

describe("what is told", () => {
  const table = [
    // level, is it a mention, is it told
    ["everything", false, true],
    ["everything", true, true],
    ["mentions", false, false],
    ["mentions", true, true],
    ["nothing", false, false],
    ["nothing", true, false],
  ];
  for (const [level, isMention, isTold] of table) {
    it(`of ${isMention ? "a mention" : "a message"} at the level "${level}" is ${isTold ? "that" : "nothing"}`, () => {
      const { hear, told } = scene({ [HERE]: level, garden: level });
      hear(said(10, { mentions: isMention ? ["bob"] : [] }));
      hear(activity("garden", 1, isMention ? 1 : 0));
      assert.deepEqual(told, isTold ? ["lobby 1", "garden 1"] : []);
    });
  }

  it("where nothing was chosen is mentions, and everything in a conversation", () => {
    const { hear, told } = scene();
    hear(said(10));
    hear(activity("garden", 1));
    hear(activity("ada", 1));
    assert.deepEqual(told, ["ada 1"]);
  });

  it("never is one's own, nor what the room says of itself", () => {
    const { hear, told } = scene({ [HERE]: "everything" });
    hear(said(10, { username: "bob" }));
    hear(said(11, { kind: "system" }));
    assert.deepEqual(told, []);
  });

  it("is not what waits no longer, or waited before", () => {
    const { hear, told } = scene({ garden: "everything" });
    hear(activity("garden", 2));
    hear(activity("garden", 2));
    hear({ type: "room.read", room: "garden", seq: 10, unread: 0, mentions: 0 });
    hear(activity("garden", 1));
    assert.deepEqual(told, ["garden 2", "garden 1"]);
  });

  it("after a reconnect is what nobody read meanwhile, in one piece for each room", () => {
    const { hear, welcome, told, page } = scene({ [HERE]: "everything", garden: "everything" });
    page.isLive = false;
    welcome({ here: { read: 11 }, garden: { unread: 4 }, ada: { unread: 2 } });
    for (const seq of [10, 11, 12, 13]) hear(said(seq));
    assert.deepEqual(told, ["garden 4, ada 2"]);
    hear({ type: "room.subscribed", room: HERE, seq: 13 });
    assert.deepEqual(told.slice(1), ["lobby 2"]);
  });

  it("on the page of all rooms is of each of them", () => {
    const { hear, told } = scene({ [HERE]: "mentions" }, "");
    hear(activity(HERE, 2, 1));
    hear(activity("ada", 1));
    assert.deepEqual(told, ["lobby 1", "ada 1"]);
  });

  it("is nothing of what waited when the page was opened", () => {
    const { told } = scene();
    assert.deepEqual(told, []);
  });

  it("is about the newest message that called", () => {
    const messages = [
      { id: 1, username: "ada", mentions: ["bob"] },
      { id: 2, username: "ada", mentions: [] },
      { id: 3, username: "bob", mentions: [] },
    ];
    assert.equal(subjectOf({ onlyCalls: true }, messages, "bob").id, 1);
    assert.equal(subjectOf({ onlyCalls: false }, messages, "bob").id, 2);
    assert.equal(subjectOf({ onlyCalls: true }, messages, "eve"), null);
  });
});

describe("what waits", () => {
  it("is summed up without the room on screen and without those that are to be quiet", () => {
    const { hear, rooms } = scene({ garden: "nothing" });
    hear(activity(HERE, 5, 5));
    hear(activity("garden", 7, 7));
    hear(activity("ada", 2));
    assert.deepEqual(rooms.waitingBeside(HERE), { unread: 2, calls: 2 });
    rooms.choose("garden", "mentions");
    assert.deepEqual(rooms.waitingBeside(HERE), { unread: 9, calls: 9 });
  });

  it("is shown by the switcher, but for rooms that are to be quiet", () => {
    const { hear, rooms } = scene({ garden: "nothing" });
    hear(activity("garden", 7, 7));
    hear(activity("ada", 2));
    const shown = rooms.choices(HERE).map(({ room, unread, calls, isCurrent }) => [room, unread, calls, isCurrent]);
    assert.deepEqual(shown, [[HERE, 0, 0, true], ["garden", 0, 0, false], ["ada", 2, 2, false]]);
  });
});

describe("the choice for a browser", () => {
  const storage = () => {
    const kept = new Map();
    return {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => kept.set(key, value),
      removeItem: (key) => kept.delete(key),
      kept,
    };
  };

  it("is off, kept by account, and leaves nothing behind when it is off again", () => {
    const store = storage();
    const choice = new NoticeChoice(store, "bob");
    assert.deepEqual(choice.read(), { desktop: false, sound: false });
    choice.change({ sound: true });
    assert.deepEqual(choice.read(), { desktop: false, sound: true });
    assert.deepEqual(new NoticeChoice(store, "eve").read(), { desktop: false, sound: false });
    choice.change({ sound: false });
    assert.equal(store.kept.size, 0);
  });

  it("survives storage that is broken or forbidden", () => {
    const store = storage();
    store.setItem("notices:bob", "{");
    assert.deepEqual(new NoticeChoice(store, "bob").read(), { desktop: false, sound: false });
    assert.deepEqual(new NoticeChoice(null, "bob").change({ desktop: true }), { desktop: true, sound: false });
  });
});
