import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { marked, MessageSearch } from "../../static/js/model/message-search.js";

const message = (id) => ({ id, room: "lobby", message: `message ${id}` });

/** A server that answers when told to. */
function server() {
  const asked = [];
  const fetch = (query, signal) =>
    new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(new Error("aborted")));
      asked.push({ query, resolve, reject });
    });
  return { asked, fetch };
}

const answer = (ids, next = null) => ({ messages: ids.map(message), rooms: { lobby: "Lobby" }, next });
const ids = (search) => search.found.map(({ id }) => id);
const settled = () => new Promise((done) => setImmediate(done));

describe("a search for messages", () => {
  it("asks for words in a room, or in all rooms", async () => {
    const { asked, fetch } = server();
    const search = new MessageSearch({ fetch, onChange: () => {} });
    search.search("  tea time ", "lobby");
    search.search("tea", "");
    assert.deepEqual(asked.map(({ query }) => query), [{ q: "tea time", room: "lobby" }, { q: "tea" }]);
  });

  it("shows what the last question found, however late another answer comes", async () => {
    const { asked, fetch } = server();
    const search = new MessageSearch({ fetch, onChange: () => {} });
    search.search("te", "");
    search.search("tea", "");
    asked[1].resolve(answer([2]));
    await settled();
    asked[0].resolve(answer([1]));
    await settled();
    assert.deepEqual([ids(search), search.state], [[2], "found"]);
  });

  it("goes on below with what is older", async () => {
    const { asked, fetch } = server();
    const search = new MessageSearch({ fetch, onChange: () => {} });
    search.search("tea", "");
    asked[0].resolve(answer([9, 8], 8));
    await settled();
    search.goOn();
    search.goOn();
    assert.deepEqual(asked.at(-1).query, { q: "tea", before: 8 });
    asked[1].resolve(answer([7]));
    await settled();
    assert.deepEqual([ids(search), search.next, asked.length], [[9, 8, 7], null, 2]);
  });

  it("keeps what is there when older ones cannot be had, and asks for them again", async () => {
    const { asked, fetch } = server();
    const search = new MessageSearch({ fetch, onChange: () => {} });
    search.search("tea", "");
    asked[0].resolve(answer([9], 9));
    await settled();
    search.goOn();
    asked[1].reject(new Error("offline"));
    await settled();
    assert.deepEqual([ids(search), search.state], [[9], "failed"]);
    search.retry();
    asked[2].resolve(answer([3]));
    await settled();
    assert.deepEqual([ids(search), search.state], [[9, 3], "found"]);
  });

  it("asks nothing for a single letter, but for a single character of Chinese", () => {
    const { asked, fetch } = server();
    const search = new MessageSearch({ fetch, onChange: () => {} });
    for (const wanted of ["", "  ", "a", "a b", "…"]) search.search(wanted, "");
    assert.deepEqual([asked.length, search.state], [0, "idle"]);
    search.search("京", "");
    search.search("a tea", "");
    assert.equal(asked.length, 2);
  });
});

describe("what is shown of a message", () => {
  const shown = (text, wanted) =>
    marked(text, wanted).map(({ text, isWanted }) => (isWanted ? `[${text}]` : text)).join("");

  it("has the words marked that begin so, whatever their case and accents", () => {
    assert.equal(shown("Cafés und ein CAFÉ, kein Decafé", "cafe ein"), "[Cafés] und [ein] [CAFÉ], kein Decafé");
    assert.equal(shown("Straße", "STRASSE"), "[Straße]");
  });

  it("is the neighbourhood of the first of them", () => {
    const text = `${"before ".repeat(40)}needle ${"after ".repeat(60)}`.trim();
    const snippet = shown(text, "needle");
    assert.match(snippet, /^…before before .*\[needle\] after .*…$/u);
    assert.ok(snippet.length < 200);
  });

  it("has parts of what is written without spaces marked", () => {
    assert.equal(shown("東京都です", "京都"), "東[京都]です");
  });

  it("is the beginning where nothing in it begins so", () => {
    assert.equal(shown("plain", "other"), "plain");
  });
});
