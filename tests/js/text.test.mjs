import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { colour, initials } from "../../static/js/model/avatar.js";
import { Drafts } from "../../static/js/model/kept.js";
import { charactersLeft, cleaned, hasWords, isFewEmoji, lengthOf, spoken } from "../../static/js/model/text.js";
import { newClientId } from "../../static/js/net/protocol.js";

const UUID4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe("one line of a message", () => {
  it("has the words without the signs of formatting", () => {
    const html = "<p><strong>a</strong> &lt;b&gt; &amp;amp; \"q\"</p><ul><li>one</li><li>two</li></ul>";
    assert.equal(spoken({ message: "**a** …", html }), 'a <b> &amp; "q" one two');
    assert.equal(spoken({ message: "a", html: '<p>see <a href="x">y&nbsp;z</a></p>' }), "see y\u00a0z");
  });

  it("is what was typed where nothing is formatted", () => {
    assert.equal(spoken({ message: "1 < 2 & <b>" }), "1 < 2 & <b>");
  });
});

describe("a text to be sent", () => {
  it("loses the white space around it, NUL, and halves of characters", () => {
    assert.equal(cleaned(" \n a\0b \t"), "ab");
    assert.equal(cleaned("x\ud83d"), "x\ufffd");
    assert.equal(cleaned("🦊"), "🦊");
    assert.equal(cleaned(" \n\t "), "");
  });

  it("is counted in code points, as the server counts", () => {
    assert.equal(lengthOf("🦊é"), 2);
    assert.equal(charactersLeft("a".repeat(8_000), 10_000), null);
    assert.equal(charactersLeft("🦊".repeat(8_000), 10_000), null);
    assert.equal(charactersLeft("a".repeat(9_500), 10_000), 500);
    assert.equal(charactersLeft("🦊".repeat(10_001), 10_000), -1);
  });
});

describe("a client id", () => {
  it("is a random UUID, with or without a secure context", () => {
    const insecure = { getRandomValues: (bytes) => globalThis.crypto.getRandomValues(bytes) };
    assert.match(newClientId(), UUID4);
    assert.match(newClientId(insecure), UUID4);
    assert.equal(new Set(Array.from({ length: 1_000 }, () => newClientId(insecure))).size, 1_000);
  });
});

describe("an avatar", () => {
  it("shows one or two letters of any script", () => {
    const of = { "Ada Lovelace": "AL", ben: "B", "山田 由紀": "山由", "a b c": "AC", "👨‍👩‍👧 x": "👨‍👩‍👧X", "": "?", "..": "?" };
    for (const [name, letters] of Object.entries(of)) assert.equal(initials(name), letters);
  });

  it("has a colour that belongs to the username, whatever its case", () => {
    assert.deepEqual(colour("Ada"), colour("ada"));
    const all = Array.from({ length: 200 }, (_, n) => colour(`user${n}`));
    const hues = new Set(all.map(({ hue }) => hue));
    assert.equal(hues.size, 12);
    for (const each of hues) assert.ok(each >= 0 && each < 360);
    assert.equal(new Set(all.map(({ hue, isDeep }) => `${hue} ${isDeep}`)).size, 24);
  });
});

describe("a draft", () => {
  function fakeStorage() {
    const kept = new Map();
    return {
      kept,
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => kept.set(key, value),
      removeItem: (key) => kept.delete(key),
    };
  }

  it("goes on with what was typed elsewhere for the room", () => {
    const drafts = new Drafts(fakeStorage(), "ada");
    drafts.append("lobby", "Pears");
    drafts.write("lobby", { ...drafts.read("lobby"), replyTo: 3 });
    drafts.append("lobby", " and plums");
    assert.deepEqual(drafts.read("lobby"), { text: "Pears and plums", replyTo: 3 });
  });

  it("is kept for a room and an account, and gone when it is empty", () => {
    const storage = fakeStorage();
    const drafts = new Drafts(storage, "ada");
    drafts.write("lobby", { text: "hello", replyTo: 7 });
    assert.deepEqual(drafts.read("lobby"), { text: "hello", replyTo: 7 });
    assert.deepEqual(drafts.read("garden"), {});
    assert.deepEqual(new Drafts(storage, "ben").read("lobby"), {});
    assert.deepEqual([drafts.has("lobby"), drafts.has("garden")], [true, false]);
    drafts.write("lobby", { text: "" });
    assert.ok(!drafts.has("lobby"));
    assert.equal(storage.kept.size, 0);
  });

  it("is not worth an error where storage is full or forbidden", () => {
    const full = { getItem: () => null, setItem: () => { throw new Error("quota"); } };
    new Drafts(full, "ada").write("lobby", { text: "hello" });
    new Drafts(null, "ada").write("lobby", { text: "hello" });
    assert.deepEqual(new Drafts(null, "ada").read("lobby"), {});
    assert.ok(!new Drafts(null, "ada").has("lobby"));
  });
});

describe("a message of emoji alone", () => {
  it("has one to three of them, however they are composed", () => {
    for (const text of ["👍", "👍🏽 ❤️", "👩‍👩‍👧 🏳️‍🌈 🇩🇪", "1️⃣", "🎉🎉🎉"]) assert.ok(isFewEmoji(text), text);
  });

  it("has nothing else in it", () => {
    for (const text of ["", "a", "👍 ok", "👍👍👍👍", "1", "#", "©", "12", "🇩", "a".repeat(1000)]) {
      assert.ok(!isFewEmoji(text), text);
    }
  });
});

describe("what is sent", () => {
  it("has something that is seen", () => {
    for (const text of ["a", "👍", ".", "e\u0301", "\u200da"]) assert.ok(hasWords(text), text);
    for (const text of ["", " ", "\n", "\u200b\u200b", "\u00ad", "\u2066\u2069"]) assert.ok(!hasWords(text));
  });
});
