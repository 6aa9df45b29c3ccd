import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";

import { ChatSocket, reconnectDelay } from "../../static/js/net/socket.js";
import { below, FakeClock, fakeWebSocket, pick, withSeeds } from "./fakes.mjs";

const WELCOME = { type: "welcome", protocol: 1, heartbeat: 20 };
let clock, WebSocket, socket, states, events;

beforeEach(() => {
  clock = new FakeClock();
  WebSocket = fakeWebSocket();
  states = [];
  events = [];
  socket = new ChatSocket({
    address: "ws://chat.test/ws/chat/?batch=1",
    WebSocket,
    clock,
    random: () => 0.5,
    onEvents: (batch) => events.push(batch),
    onState: (state) => states.push(state),
  });
  socket.start();
});

const phase = () => states.at(-1).phase;
const pings = (line) => line.sent.filter(({ type }) => type === "ping").length;

function open() {
  WebSocket.last.hears(WELCOME);
  return WebSocket.last;
}

describe("a socket", () => {
  it("is open from the welcome on, and hands a frame's events over together", () => {
    assert.equal(phase(), "connecting");
    assert.equal(socket.send({ type: "ping" }), false);
    const line = open();
    assert.equal(phase(), "open");
    line.hears({ type: "a" }, { type: "b" });
    assert.deepEqual(events.at(-1), [{ type: "a" }, { type: "b" }]);
    assert.equal(socket.send({ type: "message.post" }), true);
  });

  it("survives frames that are no events", () => {
    const line = open();
    for (const data of ["", "not json", "null", "[1,null]", '{"no":"type"}']) line.onmessage({ data });
    assert.equal(phase(), "open");
    assert.deepEqual(events.slice(1).flat(), []);
  });

  it("pings after the heartbeat's silence, and only then", () => {
    const line = open();
    clock.pass(15_000);
    line.hears({ type: "a" });
    clock.pass(19_000);
    assert.equal(pings(line), 0);
    clock.pass(1_001);
    assert.equal(pings(line), 1);
  });

  it("takes any frame for an answer", () => {
    const line = open();
    clock.pass(20_000);
    line.hears({ type: "message.posted" });
    clock.pass(15_000);
    assert.equal(phase(), "open");
  });

  it("is dead when nothing follows a ping within ten seconds", () => {
    const line = open();
    clock.pass(29_900);
    assert.equal(phase(), "open");
    clock.pass(200);
    assert.equal(phase(), "waiting");
    assert.ok(line.isClosed);
  });

  it("does not hear a connection that it has given up", () => {
    const line = open();
    clock.pass(31_000);
    const before = events.length;
    line.hears({ type: "late" });
    line.ends(1006);
    assert.equal(events.length, before);
  });

  it("gives frames that waited behind a sleep a moment before it judges", () => {
    const line = open();
    clock.pass(20_000);
    clock.sleep(3_600_000);
    clock.pass(0);
    assert.equal(phase(), "open");
    line.hears({ type: "pong" });
    clock.pass(2_000);
    assert.equal(phase(), "open");
  });

  it("finds out after a sleep that the line is dead", () => {
    open();
    clock.pass(20_000);
    clock.sleep(3_600_000);
    clock.pass(1_500);
    assert.equal(WebSocket.made.length, 2);
    assert.ok(WebSocket.made[0].isClosed);
  });

  it("still pings where every timer comes late, as in a hidden tab", () => {
    const line = open();
    for (let minute = 0; minute < 3; minute += 1) {
      clock.sleep(60_000);
      clock.pass(0);
    }
    assert.ok(pings(line) >= 1);
  });

  it("comes back by itself, with longer pauses while it fails", () => {
    WebSocket.last.ends(1006);
    assert.deepEqual([phase(), states.at(-1).retryAt - clock.now()], ["waiting", 250]);
    clock.pass(250);
    WebSocket.last.ends(1006);
    assert.equal(states.at(-1).retryAt - clock.now(), 500);
    clock.pass(500);
    assert.equal(WebSocket.made.length, 3);
  });

  it("begins with short pauses again once a connection held", () => {
    for (let n = 0; n < 5; n += 1) {
      WebSocket.last.ends(1006);
      clock.pass(10_000);
    }
    open();
    clock.pass(6_000);
    WebSocket.last.ends(1006);
    assert.equal(states.at(-1).retryAt - clock.now(), 250);
  });

  it("does not take a server for well that welcomes and closes at once", () => {
    for (let n = 0; n < 8; n += 1) {
      open().ends(4503);
      clock.pass(10_000);
    }
    open().ends(4503);
    assert.equal(states.at(-1).retryAt - clock.now(), 5_000);
  });

  it("gives up a handshake that never ends", () => {
    clock.pass(15_001);
    assert.equal(phase(), "waiting");
    assert.ok(WebSocket.made[0].isClosed);
  });

  it("tries at once when it is woken", () => {
    for (let n = 0; n < 6; n += 1) {
      WebSocket.last.ends(1006);
      if (n < 5) clock.pass(10_000);
    }
    const made = WebSocket.made.length;
    socket.wake();
    assert.equal(WebSocket.made.length, made + 1);
    assert.equal(clock.pending, 1);
  });

  it("asks at once when it is woken while open, and waits only a little for the answer", () => {
    const line = open();
    socket.wake();
    assert.equal(pings(line), 1);
    clock.pass(3_001);
    assert.equal(phase(), "waiting");
  });

  for (const code of [4400, 4401, 4403, 4404]) {
    it(`never tries again after ${code}`, () => {
      open().ends(code);
      assert.deepEqual(states.at(-1), { phase: "stopped", code });
      socket.wake();
      socket.start();
      clock.pass(120_000);
      assert.equal(WebSocket.made.length, 1);
      assert.equal(clock.pending, 0);
    });
  }

  for (const code of [1000, 1008, 1011, 1013, 4409, 4999]) {
    it(`comes back after ${code} as after a line that was lost`, () => {
      open().ends(code);
      assert.deepEqual([phase(), states.at(-1).retryAt - clock.now()], ["waiting", 250]);
      clock.pass(250);
      open();
      assert.equal(phase(), "open");
    });
  }

  for (const code of [1001, 1012, 4503]) {
    it(`is back within two seconds of ${code}, also after a few that came close together`, () => {
      for (let times = 0; times < 3; times += 1) {
        open().ends(code);
        clock.pass(2_000);
        assert.equal(WebSocket.made.length, times + 2);
      }
    });
  }

  it("rests while the page is put aside, and starts when it is taken out again", () => {
    const line = open();
    socket.pause();
    assert.ok(line.isClosed);
    assert.equal(clock.pending, 0);
    socket.start();
    assert.equal(WebSocket.made.length, 2);
  });
});

const longest = (attempt, code) => reconnectDelay({ attempt, code }, () => 0.999_999);

describe("the pause before another attempt", () => {
  it("has a longest length that doubles from half a second to ten", () => {
    const seconds = [0, 1, 2, 3, 4, 5, 50].map((attempt) => Math.round(longest(attempt, 1006)) / 1000);
    assert.deepEqual(seconds, [0.5, 1, 2, 4, 8, 10, 10]);
  });

  it("is spread over its whole length", () => {
    assert.equal(reconnectDelay({ attempt: 9, code: 1006 }, () => 0), 0);
    assert.equal(reconnectDelay({ attempt: 9, code: 1006 }, () => 0.5), 5_000);
  });

  it("is at most two seconds after a server that said it would be back", () => {
    for (const code of [1001, 1012, 4503]) assert.ok(longest(0, code) <= 2_000);
    assert.ok(longest(6, 4503) > 2_000);
  });

  it("is a random moment of those two seconds, so that not everybody comes at once", () => {
    for (const code of [1001, 1012, 4503]) {
      const moments = [0, 0.25, 0.75].map((dice) => reconnectDelay({ attempt: 0, code }, () => dice));
      assert.deepEqual(moments, [0, 500, 1_500]);
    }
  });

  it("is long where there are too many connections", () => {
    assert.ok(longest(0, 4429) > 9_000);
    assert.ok(longest(9, 4429) <= 60_000);
  });

  it("is never negative nor above a minute, whatever happened", async () => {
    await withSeeds(500, (random) => {
      const code = pick(random, [1000, 1001, 1006, 1011, 1012, 4408, 4429, 4503]);
      const delay = reconnectDelay({ attempt: below(random, 5_000), code }, random);
      assert.ok(delay >= 0 && delay <= 60_000, `${delay}`);
      if (code !== 4429) assert.ok(delay <= 10_000);
    });
  });
});
