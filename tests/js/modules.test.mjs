// The shape of the browser's code: what is preloaded, and which way the arrows point.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const js = join(root, "static/js");
const read = (path) => readFileSync(path, "utf8");

const importsOf = (path) =>
  [...read(path).matchAll(/^(?:import|export)[^"]*?from "(\.[^"]+)"/gms)].map(([, to]) =>
    normalize(join(dirname(path), to)),
  );

/** What is brought in when it is needed. */
const laterOf = (path) =>
  [...read(path).matchAll(/\bbring\(\s*import\.meta,([^)]+)\)/g)]
    .flatMap(([, paths]) => [...paths.matchAll(/"(\.[^"]+)"/g)])
    .map(([, to]) => normalize(join(dirname(path), to)));

function reachableFrom(path, seen = new Set()) {
  for (const each of importsOf(path)) {
    if (seen.has(each)) continue;
    seen.add(each);
    reachableFrom(each, seen);
  }
  return seen;
}

const inFolder = (folder) =>
  readdirSync(join(js, folder)).filter((name) => name.endsWith(".js")).map((name) => join(js, folder, name));

// Pages share their lists.
const withParts = (template) =>
  read(join(root, "templates/chat", template)).replace(/\{% include "chat\/(_\w+\.html)" %\}/g, (_, part) =>
    withParts(part),
  );

const preloadedBy = (template) =>
  [...withParts(template).matchAll(/modulepreload" href="\{% static '([^']+)'/g)]
    .map(([, path]) => path)
    .sort();

// What stands in a page's template beside the list that it shares.
const preloadedBeside = (template) => {
  const shared = new Set(preloadedBy("_rooms_modules.html"));
  return preloadedBy(template).filter((path) => !shared.has(path));
};

const PAGES = [
  ["main.js", "_modules.html"],
  ["rooms.js", "members.html"],
  ["rooms.js", "room_settings.html"],
  ["rooms.js", "_rooms_modules.html"],
];

const PAGES_WITH_MORE = [
  ["people.js", "people.html"],
  ["lobby.js", "rooms.html"],
  ["account.js", "../registration/profile.html"],
];

const ALLOWED = {
  net: ["net"],
  model: ["model", "net"],
  dom: ["dom", "model", "net"],
  elements: ["elements", "dom", "model", "net"],
};

describe("the modules", () => {
  for (const [entry, template] of PAGES) {
    it(`behind ${entry} are all preloaded by ${template}, so that they come in one round trip`, () => {
      const needed = [...reachableFrom(join(js, entry))].map((path) => relative(join(root, "static"), path));
      assert.deepEqual(preloadedBy(template), needed.sort());
    });
  }

  for (const [entry, template] of PAGES_WITH_MORE) {
    it(`behind ${entry} are all preloaded by ${template}, beside those of rooms.js`, () => {
      const shared = reachableFrom(join(js, "rooms.js"));
      const needed = [...reachableFrom(join(js, entry))].filter((path) => !shared.has(path));
      assert.deepEqual(preloadedBeside(template), needed.map((path) => relative(join(root, "static"), path)).sort());
    });
  }

  it("that come later need nothing that is not there already, or is asked for with them", () => {
    const first = new Set(reachableFrom(join(js, "main.js")));
    for (const path of Object.keys(ALLOWED).flatMap(inFolder)) {
      for (const later of laterOf(path)) {
        assert.ok(!first.has(later), `${relative(js, later)} is loaded with the page`);
        const there = new Set([...first, ...laterOf(path)]);
        for (const each of importsOf(later)) assert.ok(there.has(each), relative(js, each));
      }
    }
  });

  it("that come later come by one way, which can be tried again", () => {
    const paths = Object.keys(ALLOWED).flatMap(inFolder);
    const importing = paths.filter((path) => /\bimport\((?!".*"\)\.\w)/.test(read(path)));
    assert.deepEqual(importing.map((path) => relative(js, path)), ["dom/markup.js"]);
    assert.ok(paths.flatMap(laterOf).length > 20);
  });

  it("can all be read", async () => {
    globalThis.HTMLElement ??= class {};
    for (const path of Object.keys(ALLOWED).flatMap(inFolder)) await import(path);
  });

  it("import only downwards", () => {
    for (const [folder, allowed] of Object.entries(ALLOWED)) {
      for (const path of inFolder(folder)) {
        for (const target of [...importsOf(path), ...laterOf(path)]) {
          const where = relative(js, target).split("/")[0];
          assert.ok(allowed.includes(where), `${relative(js, path)} imports ${relative(js, target)}`);
        }
      }
    }
  });

  it("of model and net never touch the page", () => {
    const page = /\b(document|window|localStorage|sessionStorage|navigator|querySelector)\b\s*[.(]/;
    for (const path of [...inFolder("model"), ...inFolder("net")]) {
      const code = read(path).replace(/\/\*\*[\s\S]*?\*\/|\/\/.*$/gm, "");
      assert.doesNotMatch(code, page, relative(js, path));
    }
  });

  it("put markup into the page through one door", () => {
    const paths = Object.keys(ALLOWED).flatMap(inFolder);
    const doors = paths.filter((path) => /\b(innerHTML|outerHTML|insertAdjacentHTML)\b/.test(read(path)));
    assert.deepEqual(doors.map((path) => relative(js, path)), ["dom/markup.js"]);
  });
});
