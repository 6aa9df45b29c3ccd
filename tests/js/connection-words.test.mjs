import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { describe as words } from "../../static/js/model/connection-words.js";

const calm = { now: 1_000, isOnline: true, isCaughtUp: true, unsent: 0 };
const waiting = (code, more = {}) => words({ phase: "waiting", code, retryAt: 6_200 }, { ...calm, ...more });

describe("what is said about the connection", () => {
  it("is nothing when all is well", () => {
    assert.equal(words({ phase: "open" }, calm), null);
    assert.equal(words({ phase: "idle" }, calm), null);
  });

  it("does not say that all is well before the room has told what was missed", () => {
    assert.match(words({ phase: "open" }, { ...calm, isCaughtUp: false }).cause, /Catching up/);
  });

  it("is a cause, a countdown and a way to hurry", () => {
    const said = waiting(1006);
    assert.equal(said.cause, "The connection is lost.");
    assert.equal(said.next, "Next try in 6 s");
    assert.deepEqual(said.action, { way: "now", label: "Try now" });
  });

  it("knows whose fault it is", () => {
    assert.match(waiting(1012).cause, /restarting/);
    assert.match(waiting(4503).cause, /can’t respond/);
    assert.match(waiting(4429).cause, /Too many/);
    assert.match(waiting(1006, { isOnline: false }).cause, /offline/);
  });

  it("calls any other end a lost connection, and goes on trying", () => {
    for (const code of [1000, 1006, 1008, 1011, 1013, 4409, 4999]) {
      assert.equal(waiting(code).cause, "The connection is lost.");
      assert.equal(waiting(code).action.way, "now");
    }
  });

  it("tells what waits to be sent", () => {
    assert.match(waiting(1006, { unsent: 1 }).cause, /1 message is waiting/);
    assert.match(waiting(1006, { unsent: 3 }).cause, /3 messages are waiting/);
  });

  it("never counts below one second", () => {
    assert.equal(words({ phase: "waiting", code: 1006, retryAt: 0 }, calm).next, "Next try in 1 s");
  });

  it("leads somewhere after an end that is final", () => {
    const way = (code) => words({ phase: "stopped", code }, calm).action.way;
    assert.deepEqual([4400, 4401, 4403, 4404].map(way), ["reload", "login", "rooms", "rooms"]);
    assert.equal(words({ phase: "stopped", code: 4401 }, calm).next, "");
  });
});
