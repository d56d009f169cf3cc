import assert from "node:assert/strict";
import fs from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { SCOREBOARD } from "../../src/ipc/messages.ts";
import { Scoreboard } from "../../src/master/scoreboard.ts";
import { tempFolder } from "../support/temp-folder.ts";

test("the page is a file without a name, whole and empty, in the first folder that has room", (t) => {
  const folder = tempFolder(t);
  const board = Scoreboard.open([join(folder, "none"), folder]);
  assert.ok(typeof board === "object");
  t.after(() => fs.closeSync(board.fd));
  assert.deepEqual(fs.readdirSync(folder), []);
  const page = Buffer.alloc(10_000, 1);
  const size = fs.readSync(board.fd, page, 0, page.length, 0);
  assert.equal(size, SCOREBOARD.rows * SCOREBOARD.rowBytes);
  assert.ok(page.subarray(0, size).every((byte) => byte === 0));
});

test("without a folder for it the answer is why", (t) => {
  const folder = tempFolder(t);
  const why = Scoreboard.open([join(folder, "none"), join(folder, "neither")]);
  assert.ok(typeof why === "string");
  assert.match(why, /ENOENT.*none.*; ENOENT.*neither/);
});

test("each worker has a row of its own, which the next one gets when it is gone", (t) => {
  const board = Scoreboard.open([tempFolder(t)]);
  assert.ok(typeof board === "object");
  t.after(() => fs.closeSync(board.fd));
  assert.deepEqual(
    [11, 12, 13, 12].map((worker) => board.rowFor(worker)),
    [0, 1, 2, 1],
  );
  board.free(12);
  board.free(99);
  assert.deepEqual(
    [14, 15].map((worker) => board.rowFor(worker)),
    [1, 3],
  );
  for (let worker = 100; worker < 100 + SCOREBOARD.rows - 4; worker += 1) assert.ok(board.rowFor(worker) !== undefined);
  assert.equal(board.rowFor(1_000), undefined);
});
