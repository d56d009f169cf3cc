import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { MemoryBudget, UploadSink } from "../../src/application/upload-sink.ts";
import { tempFolder } from "../support/temp-folder.ts";

async function* pieces(...list: readonly (string | Error)[]): AsyncGenerator<Buffer, void, void> {
  for (const piece of list) {
    if (piece instanceof Error) throw piece;
    yield Buffer.from(piece);
  }
}

test("what fits is kept in memory, in a buffer of its own size", async (t) => {
  const folder = tempFolder(t);
  const sink = new UploadSink(new MemoryBudget(10), folder);
  const kept = await sink.take(pieces("ab", "", "c".repeat(8)));
  assert.equal(String(kept), "abcccccccc");
  assert.equal(sink.size, 10);
  assert.deepEqual(readdirSync(folder), []);
});

test("what does not fit is on disk whole, in pieces of any size, and gives its memory back", async (t) => {
  const folder = tempFolder(t);
  const budget = new MemoryBudget(10);
  const sink = new UploadSink(budget, folder);
  const sizes = [5, 5, 1, 65_535, 65_536, 65_537, 200_000, 3];
  const texts = sizes.map((size, i) => String.fromCharCode(97 + i).repeat(size));
  const path = await sink.take(pieces(...texts));
  assert.equal(readFileSync(path as string, "latin1") === texts.join(""), true);
  assert.equal(
    sink.size,
    sizes.reduce((a, b) => a + b),
  );
  assert.equal(budget.take(10), true);
  assert.equal(budget.take(1), false);
  await sink.drop();
  await sink.drop();
  assert.deepEqual(readdirSync(folder), []);
});

test("a source that fails leaves a file that drop removes", async (t) => {
  const folder = tempFolder(t);
  const sink = new UploadSink(new MemoryBudget(0), folder);
  await assert.rejects(sink.take(pieces("abc", new Error("gone"))), /gone/);
  await sink.drop();
  assert.deepEqual(readdirSync(folder), []);
});
