import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";

import { EmojiBook, groupName } from "../../static/js/model/emoji.js";
import { EmojiMemory } from "../../static/js/model/kept.js";

const file = readFileSync(new URL("../../static/data/emoji.json", import.meta.url));
const book = new EmojiBook(JSON.parse(file));
const first = (query) => book.search(query)[0]?.character;

class FakeStorage extends Map {
  getItem = (key) => this.get(key) ?? null;
  setItem = (key, value) => this.set(key, value);
}

describe("the book of emoji", () => {
  it("is small, and every group has a name", () => {
    assert.ok(gzipSync(file, { level: 9 }).length < 60 * 1024);
    for (const { key, emoji } of book.groups) assert.ok(emoji.length > 50 && groupName(key) !== key, key);
  });

  it("spells every emoji as Unicode recommends it, so that one reaction is not two", () => {
    const spelling = new RegExp("^\\p{RGI_Emoji}$", "v");
    for (const { emoji } of book.groups) for (const { character } of emoji) assert.match(character, spelling);
  });

  it("finds by name, by words and by several of them", () => {
    assert.equal(first("tada"), "🎉");
    assert.equal(first("birthday cake"), "🎂");
    assert.equal(first("+1"), "👍");
    assert.equal(first("flag germany"), "🇩🇪");
    assert.equal(first("HEART"), "❤️");
    assert.equal(first("nosuchthing"), undefined);
    assert.deepEqual(book.search("  "), []);
  });

  it("gives skin tones to those who have skin", () => {
    const toned = (name) => book.toned(book.named(name), 5);
    assert.deepEqual(["+1", "tada", "woman_technologist"].map(toned), ["👍🏿", "🎉", "👩🏿‍💻"]);
    assert.equal(book.toned(book.of("☝️"), 1), "☝🏻");
    assert.equal(book.toned(book.of("👭"), 2), "👭🏼");
    assert.equal(book.toned(book.named("+1"), 0), "👍");
  });

  it("knows an emoji whatever its tone", () => {
    assert.equal(book.of("👍🏿").character, "👍");
    assert.equal(book.of("☝🏻").character, "☝️");
    assert.equal(book.of("x"), undefined);
  });
});

describe("the memory of emoji", () => {
  it("keeps the last ones of each account, the newest first and once", () => {
    const storage = new FakeStorage();
    const memory = new EmojiMemory(storage, "ada");
    for (const each of ["👍", "🎉", "👍"]) memory.use(each);
    assert.deepEqual(new EmojiMemory(storage, "ada").recent, ["👍", "🎉"]);
    assert.deepEqual(new EmojiMemory(storage, "bob").recent, []);
    for (let count = 0; count < 40; count += 1) memory.use(`${count}`);
    assert.equal(memory.recent.length, 24);
  });

  it("keeps the tone, and takes nothing that is none", () => {
    const storage = new FakeStorage();
    const memory = new EmojiMemory(storage, "ada");
    memory.tone = 4;
    memory.use("👍");
    assert.equal(new EmojiMemory(storage, "ada").tone, 4);
    storage.set("emoji:ada", '{"tone": 9, "recent": 3}');
    assert.deepEqual([memory.tone, memory.recent], [0, []]);
    storage.set("emoji:ada", "{");
    assert.equal(memory.tone, 0);
  });

  it("does without a storage", () => {
    const memory = new EmojiMemory(null, "ada");
    memory.use("👍");
    memory.tone = 2;
    assert.deepEqual([memory.tone, memory.recent], [0, []]);
  });
});
