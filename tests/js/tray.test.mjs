import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";

import { fitted, sizeOf } from "../../static/js/model/text.js";
import { Tray } from "../../static/js/model/tray.js";
import { FakeClock } from "./fakes.mjs";

const MEGABYTE = 1024 * 1024;
const file = (name, size = 10) => ({ name, size, type: "image/png" });
const settled = () => new Promise((resolve) => setImmediate(resolve));
const refusal = (status, message = "", retryAfter) => Object.assign(new Error(message), { status, retryAfter });

let clock, tray, underWay, taken;

beforeEach(() => {
  clock = new FakeClock();
  underWay = [];
  taken = [];
  tray = new Tray({
    limits: { upload_bytes: MEGABYTE, attachments: 3 },
    clock,
    onChange: () => {},
    takeBack: ({ id }) => taken.push(id),
    upload: (each, onProgress, signal) =>
      new Promise((resolve, reject) => {
        underWay.push({ name: each.name, onProgress, resolve, reject, signal });
        signal.addEventListener("abort", () => reject(refusal(0)));
      }),
  });
});

const states = () => tray.entries.map(({ state }) => state);
const finish = async (index, id) => {
  underWay[index].resolve({ id, name: underWay[index].name });
  await settled();
};
const refuse = async (index, ...why) => {
  underWay[index].reject(refusal(...why));
  await settled();
};

describe("the tray", () => {
  it("sends two files at a time, in order, and tells how far they are", async () => {
    tray.add(["a", "b", "c"].map((name) => file(name)));
    assert.deepEqual(states(), ["uploading", "uploading", "queued"]);
    underWay[0].onProgress(0.5);
    assert.equal(tray.entries[0].progress, 0.5);
    await finish(1, 2);
    assert.deepEqual(states(), ["uploading", "done", "uploading"]);
    await finish(0, 1);
    await finish(2, 3);
    assert.ok(!tray.isBusy && !tray.isAtRisk);
    assert.deepEqual(tray.take().map(({ id }) => id), [1, 2, 3]);
    assert.ok(tray.isEmpty);
    assert.deepEqual(taken, []);
  });

  it("says so when there are too many", () => {
    assert.equal(tray.add(["a", "b"].map((name) => file(name))), "");
    assert.equal(tray.add(["c", "d"].map((name) => file(name))), "A message has at most 3 files: 1 was left out.");
    assert.equal(tray.entries.length, 3);
  });

  it("has the whole place for those that can be sent", () => {
    const bad = ["x", "y"].map((name) => file(name, 0));
    assert.equal(tray.add([...bad, ...["a", "b", "c"].map((name) => file(name))]), "");
    assert.deepEqual(states(), ["failed", "failed", "uploading", "uploading", "queued"]);
  });

  it("keeps a place for one that can be tried again", async () => {
    tray.add(["a", "b", "c"].map((name) => file(name)));
    await refuse(0, 500);
    assert.match(tray.add([file("d")]), /1 was left out/);
  });

  it("follows another tab that has the same draft", async () => {
    tray.add([file("a"), file("b")]);
    await finish(0, 1);
    await finish(1, 2);
    const [first, second] = tray.records;
    const third = { ...first, id: 3, name: "c" };
    tray.follow([second, third]);
    assert.deepEqual(tray.records.map(({ id }) => id), [2, 3]);
    tray.follow([]);
    assert.ok(tray.isEmpty);
    assert.deepEqual(taken, []);
  });

  it("refuses by itself what the server would", () => {
    tray.add([file("empty", 0), file("large", MEGABYTE + 1)]);
    assert.deepEqual(tray.entries.map(({ trouble }) => trouble), ["This file is empty.", "Too large: at most 1 MB."]);
    assert.deepEqual([underWay.length, tray.hasFailed, tray.entries[0].canRetry], [0, true, false]);
  });

  it("waits for the line, and goes on when it is back", async () => {
    tray.add([file("a")]);
    await refuse(0, 0);
    assert.deepEqual([states(), tray.isBusy, tray.isAtRisk], [["waiting"], true, true]);
    tray.resume();
    assert.deepEqual(states(), ["uploading"]);
    await finish(1, 7);
    assert.deepEqual(tray.records.map(({ id }) => id), [7]);
  });

  it("tries again by itself after what passes, and not before it may", async () => {
    tray.add([file("a")]);
    await refuse(0, 429, "Slowly.", 9);
    assert.deepEqual([states(), tray.entries[0].trouble], [["waiting"], "Slowly."]);
    clock.pass(8_999);
    assert.deepEqual(states(), ["waiting"]);
    clock.pass(1);
    assert.deepEqual(states(), ["uploading"]);
  });

  it("leaves other refusals to the writer, who may try again", async () => {
    tray.add([file("a")]);
    await refuse(0, 403, "You may not.");
    assert.deepEqual([states(), tray.entries[0].trouble, tray.entries[0].canRetry], [["failed"], "You may not.", true]);
    tray.retry(tray.entries[0].number);
    assert.deepEqual(states(), ["uploading"]);
  });

  it("stops what is removed on its way, and takes back what had arrived", async () => {
    tray.add([file("a"), file("b")]);
    tray.remove(tray.entries[0].number);
    assert.ok(underWay[0].signal.aborted);
    await finish(1, 5);
    tray.remove(tray.entries[0].number);
    await settled();
    assert.deepEqual([tray.entries, taken], [[], [5]]);
  });

  it("takes back what arrived in the very moment in which it was removed", async () => {
    tray.add([file("a")]);
    underWay[0].resolve({ id: 4 });
    tray.remove(tray.entries[0].number);
    await settled();
    assert.deepEqual([tray.entries, taken], [[], [4]]);
  });

  it("knows files of an earlier visit for as long as the server does", () => {
    const record = (id, age) => ({ id, name: "x", size: 1, content_type: "image/png", uploadedAt: clock.now() - age });
    tray.restore([record(1, 1000), record(2, 21 * 3600 * 1000)]);
    assert.deepEqual(tray.records.map(({ id }) => id), [1]);
    assert.ok(!tray.isAtRisk);
  });
});

describe("a file's size", () => {
  for (const [bytes, words] of [[0, "0 bytes"], [1, "1 byte"], [999, "999 bytes"], [1536, "2 kB"], [3.44 * MEGABYTE, "3.4 MB"], [5e9, "4.7 GB"]]) {
    it(`is ${words}`, () => assert.equal(sizeOf(bytes, "en"), words));
  }

  it("of a picture fits its box, and is never larger than it is", () => {
    assert.deepEqual(fitted({ width: 1600, height: 800 }, 400, 300), { width: 400, height: 200 });
    assert.deepEqual(fitted({ width: 100, height: 3000 }, 400, 300), { width: 10, height: 300 });
    assert.deepEqual(fitted({ width: 20, height: 10 }, 400, 300), { width: 20, height: 10 });
  });
});
