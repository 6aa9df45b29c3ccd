import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { isAnother, versionOf } from "../../static/js/net/protocol.js";

const OLD = "0123456789ab";
const NEW = "ba9876543210";

describe("the version of a page", () => {
  it("stands in the address of its modules, and nowhere while debugging", () => {
    assert.equal(versionOf(`https://chat.example/static/${OLD}/js/elements/guide.js`), OLD);
    assert.equal(versionOf("https://chat.example/static/js/elements/guide.js"), "");
    assert.equal(versionOf(`https://${OLD}/js.example/static/js/main.js?${OLD}`), "");
  });

  it("is an old one where the server tells of another", () => {
    assert.equal(isAnother(NEW, OLD), true);
    assert.equal(isAnother(OLD, OLD), false);
  });

  it("is as good as any where one of the two is not known", () => {
    for (const [served, own] of [["", OLD], [NEW, ""], ["", ""]]) assert.equal(isAnother(served, own), false);
  });
});
