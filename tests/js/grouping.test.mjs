import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { placeBelow } from "../../static/js/model/items.js";

const utcDay = (date) => date.toISOString().slice(0, 10);
const said = (username, time) => ({ username, timestamp: `2026-11-20T${time}Z` });

describe("a message below another", () => {
  it("continues the bubble of the same author for less than five minutes", () => {
    const above = said("ada", "12:00:00");
    assert.ok(placeBelow(said("ada", "12:04:59"), above, utcDay).continues);
    assert.ok(!placeBelow(said("ada", "12:05:00"), above, utcDay).continues);
    assert.ok(!placeBelow(said("ben", "12:00:01"), above, utcDay).continues);
  });

  it("starts a day when the day changed in the reader's time zone", () => {
    const [late, early] = [said("ada", "22:59:00"), said("ada", "23:01:00")];
    assert.ok(!placeBelow(early, late, utcDay).startsDay);
    const berlinDay = (date) => utcDay(new Date(date.getTime() + 3_600_000));
    assert.deepEqual(placeBelow(early, late, berlinDay), { startsDay: true, continues: false });
  });

  it("starts a day where nothing is above", () => {
    assert.deepEqual(placeBelow(said("ada", "12:00:00"), null, utcDay), { startsDay: true, continues: false });
  });

  it("is not continued over a line that is nobody's", () => {
    const line = { ...said("ada", "12:00:00"), username: null };
    assert.deepEqual(placeBelow(said("ada", "12:00:01"), line, utcDay), { startsDay: false, continues: false });
  });
});
