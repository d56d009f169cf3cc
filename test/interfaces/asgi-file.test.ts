import assert from "node:assert/strict";
import { truncateSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { checkPath, readFileTo } from "../../src/interfaces/asgi-file.ts";
import { tempFolder } from "../support/temp-folder.ts";

test("A34: a path is absolute, and no NUL hides its end", () => {
  assert.equal(checkPath("/a/b", "t"), "/a/b");
  for (const path of ["a", "", "/a\0.txt", 5, undefined]) {
    assert.throws(() => checkPath(path, "t"), /t: path is .*: expected the absolute path of a file/);
  }
});

test("a file is read block by block, the next when there is room for it, and closed when its reader fails", async (t) => {
  const path = join(tempFolder(t, { a: "x".repeat(600_000) }), "a");
  const sizes: (number | boolean)[] = [];
  await readFileTo(path, {
    begin: (size) => sizes.push(size) > 0,
    write: async (block, more) => void sizes.push(block.length, more),
  });
  assert.deepEqual(sizes, [600_000, 262_144, true, 262_144, true, 75_712, false]);
  await assert.rejects(
    readFileTo(path, { begin: () => true, write: () => Promise.reject(new Error("no room")) }),
    /no room/,
  );
});

test("of a file that nobody wants nothing is read, and one that became shorter ends early", async (t) => {
  const path = join(tempFolder(t, { a: "x".repeat(300_000) }), "a");
  const blocks: (readonly [number, boolean])[] = [];
  await readFileTo(path, { begin: () => false, write: async (block, more) => void blocks.push([block.length, more]) });
  assert.deepEqual(blocks.splice(0), [[0, false]]);
  await readFileTo(path, {
    begin: () => true,
    write: async (block, more) => {
      blocks.push([block.length, more]);
      truncateSync(path, 10);
    },
  });
  assert.deepEqual(blocks, [
    [262_144, true],
    [0, false],
  ]);
});
