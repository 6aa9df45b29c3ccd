import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { chooseLocale, Dates } from "../../static/js/model/dates.js";

const berlin = new Dates("en-GB", "Europe/Berlin");
const now = new Date("2026-11-20T22:30:00Z");

describe("dates as the reader has them", () => {
  it("are in the reader's time zone", () => {
    assert.equal(berlin.time(now), "23:30");
    assert.equal(berlin.dayKey(new Date("2026-11-20T23:30:00Z")), "2026-11-21");
    assert.match(berlin.full(now), /Friday.*20 November 2026.*23:30:00/);
  });

  it("call days today, yesterday, by weekday, and by year when that is long ago", () => {
    const name = (time) => berlin.dayName(new Date(time), now);
    assert.equal(name("2026-11-20T00:00:00Z"), "Today");
    assert.equal(name("2026-11-19T22:59:00Z"), "Yesterday");
    assert.match(name("2026-11-16T12:00:00Z"), /Monday.*16 November/);
    assert.match(name("2025-11-16T12:00:00Z"), /16 November 2025/);
  });

  it("count days by the calendar where clocks are put back", () => {
    const later = new Date("2026-10-26T08:00:00Z");
    assert.equal(berlin.dayName(new Date("2026-10-24T22:30:00Z"), later), "Yesterday");
  });

  it("tell how long ago something was", () => {
    const ago = (ms) => berlin.ago(new Date(now - ms), now);
    assert.equal(ago(20_000), "just now");
    assert.equal(ago(5 * 60_000), "5 minutes ago");
    assert.equal(ago(26 * 3_600_000), "yesterday");
    assert.equal(ago(60 * 24 * 3_600_000), "2 months ago");
  });

  it("are written in the reader's variant of the page's language", () => {
    assert.equal(chooseLocale("en", ["de-DE", "en-GB", "en-US"]), "en-GB");
    assert.equal(chooseLocale("en-us", ["de-DE"]), "en-us");
  });
});
