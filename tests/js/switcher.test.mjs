import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { rank } from "../../static/js/model/switcher.js";

const room = (name, more = {}) => ({ room: name.toLowerCase(), name, isOwn: true, isCurrent: false, ...more });
const names = (choices) => choices.map(({ name }) => name);

describe("the rooms that somebody may mean", () => {
  it("are, before a letter is typed, those with news on top and the one on screen at the end", () => {
    const own = [
      room("Attic", { isCurrent: true, unread: 3 }),
      room("Balcony"),
      room("Cellar", { unread: 9 }),
      room("Den", { unread: 1, calls: 1 }),
    ];
    assert.deepEqual(names(rank(own, [], "")), ["Den", "Cellar", "Balcony", "Attic"]);
  });

  it("are found by the beginning, a word, a part, or scattered letters, in this order", () => {
    const own = ["K-pop in transit", "Skitour", "Big kitchen", "Kite", "Garden"].map((name) => room(name));
    assert.deepEqual(names(rank(own, [], "kit")), ["Kite", "Big kitchen", "Skitour", "K-pop in transit"]);
  });

  it("are found without accents, case and width", () => {
    assert.deepEqual(names(rank([room("Größe"), room("ＣＡＦÉ")], [], "cafe")), ["ＣＡＦÉ"]);
    assert.deepEqual(names(rank([room("Größe")], [], "GRO")), ["Größe"]);
  });

  it("are one's own first, and each of them once", () => {
    const own = [room("My kitchen")];
    const found = [room("Kitchen", { isOwn: false }), room("My kitchen", { isOwn: true })];
    assert.deepEqual(names(rank(own, found, "kitchen")), ["My kitchen", "Kitchen"]);
  });
});
