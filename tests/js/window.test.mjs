import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Timeline } from "../../static/js/model/timeline.js";
import { HistoryWindow } from "../../static/js/model/window.js";
import { withSeeds } from "./fakes.mjs";
import { FakeServer } from "./server.mjs";

const CAP = 30;
const STEP = 10;

function scene(count) {
  const server = new FakeServer();
  for (let n = 0; n < count; n += 1) server.post("ada", `${n}`);
  const timeline = new Timeline();
  timeline.load(server.page({ limit: count + 1 }), count + 1);
  return { server, timeline, view: new HistoryWindow({ cap: CAP, step: STEP }) };
}

const size = (view, timeline) => view.range(timeline)[1] - view.range(timeline)[0];

describe("the window on a long timeline", () => {
  it("shows the newest messages, never more than its cap", () => {
    const { timeline, view } = scene(100);
    view.followEnd(timeline);
    assert.deepEqual(view.range(timeline), [70, 100]);
  });

  it("follows new messages at the end and lets go of the oldest", () => {
    const { server, timeline, view } = scene(30);
    view.followEnd(timeline);
    timeline.apply(server.post("ben", "new"));
    view.followEnd(timeline);
    assert.deepEqual(view.range(timeline), [1, 31]);
  });

  it("holds still while somebody reads above, and brings the newer ones back", () => {
    const { server, timeline, view } = scene(100);
    view.followEnd(timeline);
    while (view.moveUp(timeline));
    assert.deepEqual(view.range(timeline), [0, 30]);
    timeline.apply(server.post("ben", "new"));
    view.holdStill(timeline);
    assert.deepEqual(view.range(timeline), [0, 30]);
    assert.ok(!view.isAtEnd);
    while (view.moveDown(timeline));
    assert.deepEqual(view.range(timeline), [71, 101]);
    assert.ok(view.isAtEnd);
  });

  it("shows an older page once it is loaded, not before it is asked to", () => {
    const server = new FakeServer();
    for (let n = 0; n < 40; n += 1) server.post("ada", `${n}`);
    const timeline = new Timeline();
    timeline.load(server.page({ limit: 20 }), 20);
    const view = new HistoryWindow({ cap: CAP, step: STEP });
    view.followEnd(timeline);
    timeline.mergeOlder(server.page({ before: timeline.floor, limit: 20 }).messages, 20);
    view.holdStill(timeline);
    assert.deepEqual(view.range(timeline), [20, 40]);
    assert.ok(view.moveUp(timeline));
    assert.deepEqual(view.range(timeline), [10, 40]);
  });

  it("can be put around any message, and then goes on from there both ways", () => {
    const { timeline, view } = scene(100);
    view.showAround(timeline, 50);
    assert.deepEqual(view.range(timeline), [35, 65]);
    assert.equal(view.isAtEnd, false);
    view.moveDown(timeline);
    assert.deepEqual(view.range(timeline), [45, 75]);
    view.showAround(timeline, 95);
    assert.deepEqual([view.range(timeline), view.isAtEnd], [[80, 100], true]);
  });

  it("never exceeds its cap wherever one scrolls while messages come", async () => {
    await withSeeds(100, (random) => {
      const { server, timeline, view } = scene(50);
      view.followEnd(timeline);
      for (let step = 0; step < 100; step += 1) {
        const dice = random();
        if (dice < 0.4) timeline.apply(server.post("ben", "new"));
        if (dice < 0.55) view.moveUp(timeline);
        else if (dice < 0.75) view.moveDown(timeline);
        if (random() < 0.2) view.followEnd(timeline);
        else view.holdStill(timeline);
        assert.ok(size(view, timeline) <= CAP);
        assert.ok(size(view, timeline) >= Math.min(STEP, timeline.messages.length));
      }
    });
  });
});
