import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { HELP } from "../../static/js/model/key-help.js";
import { askedBy, KEYS, keyCaps } from "../../static/js/model/keys.js";

const ELSEWHERE = { isMac: false, isWriting: false };
const press = (key, held = {}) => ({ key, code: "", ...held });
const ctrlK = press("k", { ctrlKey: true });

describe("a key", () => {
  it("asks for what the table says, also while somebody writes", () => {
    const down = press("ArrowDown", { altKey: true, shiftKey: true });
    for (const isWriting of [false, true]) {
      assert.equal(askedBy(ctrlK, { isMac: false, isWriting }), "switch");
      assert.equal(askedBy(down, { isMac: false, isWriting }), "nextUnread");
    }
    assert.equal(askedBy(press("ArrowUp", { altKey: true }), ELSEWHERE), "previous");
  });

  it("is Command on a Mac, where Control deletes to the end of the line", () => {
    assert.equal(askedBy(ctrlK, { isMac: true, isWriting: true }), null);
    assert.equal(askedBy(press("k", { metaKey: true }), { isMac: true, isWriting: true }), "switch");
  });

  it("is found by its place on a keyboard of another script", () => {
    assert.equal(askedBy(press("л", { ctrlKey: true, code: "KeyK" }), ELSEWHERE), "switch");
    assert.equal(askedBy(press("t", { ctrlKey: true, code: "KeyK" }), ELSEWHERE), null);
  });

  it("that is a sign is text while somebody writes, however the keyboard makes it", () => {
    const sign = press("?", { shiftKey: true });
    assert.equal(askedBy(sign, ELSEWHERE), "keys");
    assert.equal(askedBy(sign, { isMac: false, isWriting: true }), null);
  });

  it("with more held, or within an input method, is somebody else's", () => {
    assert.equal(askedBy({ ...ctrlK, shiftKey: true }, ELSEWHERE), null);
    assert.equal(askedBy({ ...ctrlK, isComposing: true }, ELSEWHERE), null);
    assert.equal(askedBy(press("Enter"), ELSEWHERE), null);
  });

  it("is shown as the keyboard has it", () => {
    assert.deepEqual(keyCaps("Mod+K", false), ["Ctrl", "K"]);
    assert.deepEqual(keyCaps("Alt+Shift+ArrowDown", true), ["⌥", "⇧", "↓"]);
  });

  it("has its words in the help", () => {
    const told = HELP.flatMap(({ keys }) => keys);
    for (const { words } of told) assert.ok(words());
    const does = told.map(({ does }) => does).filter(Boolean);
    assert.deepEqual(does.toSorted(), Object.keys(KEYS).toSorted());
  });
});
