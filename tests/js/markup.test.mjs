// What is loaded on use: once, and again where that failed.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { once } from "../../static/js/dom/markup.js";

describe("what is brought on use", () => {
  it("is asked for once, also by those who ask while it is on its way", async () => {
    let asked = 0;
    const bring = once(async () => (asked += 1));
    assert.deepEqual(await Promise.all([bring(), bring()]), [1, 1]);
    assert.equal(await bring(), 1);
  });

  it("is asked for again where it did not come, and everybody who waits is told", async () => {
    let asked = 0;
    const bring = once(async () => {
      asked += 1;
      if (asked === 1) throw new Error("the line is away");
      return asked;
    });
    const both = await Promise.allSettled([bring(), bring()]);
    assert.deepEqual(both.map(({ status }) => status), ["rejected", "rejected"]);
    assert.equal(await bring(), 2);
  });
});
