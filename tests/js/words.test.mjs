import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { gettext, ngettext, speak } from "../../static/js/model/words.js";

const english = (count) => Number(count !== 1);

afterEach(() => speak({}, english));

test("what nobody translated is said in English, with its gaps filled", () => {
  assert.equal(gettext("Message %(name)s", { name: "Lobby" }), "Message Lobby");
  assert.equal(ngettext("%(count)s message", "%(count)s messages", 1), "1 message");
  assert.equal(ngettext("%(count)s message", "%(count)s messages", 0), "0 messages");
});

test("a language has as many forms for numbers as it needs", () => {
  const forms = ["%(count)s wiadomość", "%(count)s wiadomości", "%(count)s wiadomości."];
  speak({ "%(count)s message": forms }, (count) => (count === 1 ? 0 : count < 5 ? 1 : 2));
  const said = [1, 3, 7].map((count) => ngettext("%(count)s message", "%(count)s messages", count));
  assert.deepEqual(said, ["1 wiadomość", "3 wiadomości", "7 wiadomości."]);
});

test("a value that looks like a gap is left alone", () => {
  assert.equal(gettext("%(a)s", { a: "%(b)s", b: "no" }), "%(b)s");
});
