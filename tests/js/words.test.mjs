import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { apart, gettext, ngettext, speak } from "../../static/js/model/words.js";

afterEach(() => speak({}, "en"));

test("what nobody translated is said in English, with its gaps filled", () => {
  assert.equal(gettext("Message %(name)s", { name: "Lobby" }), "Message Lobby");
  assert.equal(ngettext("%(count)s message", "%(count)s messages", 1), "1 message");
  assert.equal(ngettext("%(count)s message", "%(count)s messages", 0), "0 messages");
});

test("a language has as many forms for numbers as it needs", () => {
  const said = (language, forms, counts) => {
    speak({ "%(count)s message": forms.map((form) => `%(count)s ${form}`) }, language);
    return counts.map((count) => ngettext("%(count)s message", "%(count)s messages", count));
  };
  const polish = ["wiadomość", "wiadomości", "wiadomości."];
  assert.deepEqual(said("pl", polish, [1, 3, 7]), ["1 wiadomość", "3 wiadomości", "7 wiadomości."]);
  // A million is a form of its own in Spanish, which no catalogue has.
  assert.deepEqual(said("es", ["mensaje", "mensajes"], [1, 1e6]), ["1 mensaje", "1.000.000 mensajes"]);
});

test("numbers are written as the language does", () => {
  const counted = () => ngettext("%(count)s of %(most)s", "%(count)s of %(most)s", 1234, { most: 10_000 });
  assert.equal(counted(), "1,234 of 10,000");
  speak({}, "de");
  assert.equal(counted(), "1.234 of 10.000");
});

test("a value that looks like a gap is left alone", () => {
  assert.equal(gettext("%(a)s", { a: "%(b)s", b: "no" }), "%(b)s");
});

test("names come apart from the words around them, wherever a language puts them", () => {
  speak({ "%(name)s is typing…": "Es schreibt %(name)s." }, "de");
  const said = apart(gettext("%(name)s is typing…"), { name: [{ text: "Ada", isName: true }] });
  assert.deepEqual(said.map(({ text, isName }) => [text, isName]), [["Es schreibt ", false], ["Ada", true], [".", false]]);
});
