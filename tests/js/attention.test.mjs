import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";

import { Attention } from "../../static/js/model/attention.js";
import { FakeClock } from "./fakes.mjs";

const MINUTE = 60_000;
let clock, told, attention;

function sit(isVisible = true) {
  clock = new FakeClock();
  told = [];
  attention = new Attention({ clock, isVisible, onChange: (isIdle) => told.push(isIdle) });
}

beforeEach(() => sit());

describe("attention", () => {
  it("is gone after five minutes without input, and back with the first", () => {
    clock.pass(4 * MINUTE);
    attention.noticeInput();
    clock.pass(4.9 * MINUTE);
    assert.deepEqual(told, []);
    clock.pass(0.2 * MINUTE);
    assert.deepEqual(told, [true]);
    attention.noticeInput();
    assert.deepEqual(told, [true, false]);
  });

  it("is gone at once when the tab is hidden, and back when it is seen", () => {
    attention.noticeVisibility(false);
    clock.pass(60 * MINUTE);
    attention.noticeVisibility(true);
    assert.deepEqual(told, [true, false]);
  });

  it("is not there in a tab that was opened behind another", () => {
    sit(false);
    assert.ok(attention.isIdle);
  });

  it("costs no timer for each key", () => {
    for (let n = 0; n < 100; n += 1) attention.noticeInput();
    assert.equal(clock.pending, 1);
  });
});
