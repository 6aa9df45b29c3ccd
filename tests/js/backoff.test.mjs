import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { reconnectDelay } from "../../static/js/net/socket.js";
import { below, pick, withSeeds } from "./fakes.mjs";

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
