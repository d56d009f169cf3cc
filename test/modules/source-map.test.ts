import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { mapUrlOf, SourceMaps } from "../../src/modules/source-map.ts";
import { tempFolder } from "../support/temp-folder.ts";

// Line 1, column 11 was written in line 3, column 9.
const MAP = { version: 3, names: [], mappings: "UAEQ" };
const place = { file: "/site/dist/app.js", line: 1, column: 11 };
const base64 = (map: object): string =>
  `data:application/json;charset=utf-8;base64,${Buffer.from(JSON.stringify(map)).toString("base64")}`;

test("an inline map tells the place, with its sources beside the file", () => {
  const maps = new SourceMaps();
  const map = { ...MAP, sources: ["../src/app.ts"] };
  const written = { file: "/site/src/app.ts", line: 3, column: 9 };
  assert.deepEqual(maps.original(place, base64(map)), written);
  assert.deepEqual(maps.original(place, `data:application/json,${encodeURIComponent(JSON.stringify(map))}`), written);
  assert.deepEqual(maps.original(place, base64({ ...map, sourceRoot: "/repo/", sources: ["app.ts"] })), {
    ...written,
    file: "/repo/app.ts",
  });
  assert.deepEqual(maps.original(place, base64({ ...map, sources: ["file:///else/with%20space.ts"] })), {
    ...written,
    file: "/else/with space.ts",
  });
});

test("a map beside the file is read once, with its sources beside the map", (t) => {
  const folder = tempFolder(t, { "maps/app.js.map": JSON.stringify({ ...MAP, sources: ["../app.ts"] }) });
  const maps = new SourceMaps();
  const here = { ...place, file: join(folder, "app.js") };
  const written = { file: join(folder, "app.ts"), line: 3, column: 9 };
  assert.deepEqual(maps.original(here, "maps/app.js.map"), written);
  assert.deepEqual(maps.original({ ...here, column: 12 }, "maps/app.js.map"), written);
});

test("a place that no map tells stays what it is", (t) => {
  const folder = tempFolder(t, { "broken.map": "{", "empty.map": "{}" });
  const here = { ...place, file: join(folder, "app.js") };
  const maps = new SourceMaps();
  for (const url of [
    undefined,
    "",
    "none.map",
    "broken.map",
    "empty.map",
    "https://x/y.map",
    "data:text/plain,x",
    "::",
  ]) {
    assert.equal(maps.original(here, url), here, url);
  }
  // Before everything that the map knows.
  const first = { ...here, column: 1 };
  assert.equal(maps.original(first, base64({ ...MAP, sources: ["app.ts"] })), first);
});

test("two files of one text have maps of their own", () => {
  const maps = new SourceMaps();
  const one = base64({ ...MAP, sources: ["app.ts"] });
  assert.equal(maps.original(place, one).file, "/site/dist/app.ts");
  assert.equal(maps.original({ ...place, file: "/other/app.js" }, one).file, "/other/app.ts");
});

test("the last comment of a file names its map", () => {
  assert.equal(mapUrlOf('x("//# sourceMappingURL=no")\n//# sourceMappingURL=app.js.map\n'), "app.js.map");
  assert.equal(mapUrlOf("x\n"), undefined);
  assert.equal(mapUrlOf("//# sourceMappingURL="), undefined);
});

test("a stack is translated where the program's files have maps, and otherwise left alone", (t) => {
  const folder = tempFolder(t, {
    "with space.js": `f()\n//# sourceMappingURL=${base64({ ...MAP, sources: ["a.ts"] })}\n`,
    "none.js": "x\n",
  });
  const [mapped, none] = [join(folder, "with space.js"), join(folder, "none.js")];
  const stack = [
    "Error: at /x.js:1:2",
    `    at f (file://${mapped.replaceAll(" ", "%20")}:1:11)`,
    `    at async ${mapped}:1:11`,
    `    at g (${none}:1:1)`,
    "    at node:internal/x:1:1",
    "    at Array.map (<anonymous>)",
  ].join("\n");
  assert.equal(
    new SourceMaps(false).translate(stack),
    stack
      .replace(/file:.*:1:11/, `${join(folder, "a.ts")}:3:9`)
      .replace(`${mapped}:1:11`, `${join(folder, "a.ts")}:3:9`),
  );
  assert.equal(new SourceMaps(true).translate(stack), stack);
});
