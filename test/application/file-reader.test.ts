import assert from "node:assert/strict";
import { appendFileSync, truncateSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { FileReader } from "../../src/application/file-reader.ts";
import { tempFolder } from "../support/temp-folder.ts";

async function textOf(reader: FileReader): Promise<string> {
  let text = "";
  for await (const block of reader) text += String(block);
  return text;
}

test("parts and texts in their order, in blocks of any size", async (t) => {
  const path = join(tempFolder(t, { file: "0123456789" }), "file");
  const segments = [Buffer.from("<"), { start: 2, end: 4 }, Buffer.from("|"), { start: 0, end: 9 }, Buffer.from(">")];
  const reader = new FileReader(path, segments);
  assert.equal(reader.length, 16);
  assert.equal(await textOf(reader), "<234|0123456789>");
  await reader.close();
  const bytewise = new FileReader(path, segments);
  let text = "";
  for (let byte = await bytewise.read(1); byte.length > 0; byte = await bytewise.read(1)) text += String(byte);
  assert.equal(text, "<234|0123456789>");
  await bytewise.close();
  const empty = new FileReader(path, [{ start: 0, end: -1 }]);
  assert.equal((await empty.read()).length, 0);
  await empty.close();
});

test("a file that grows is sent as long as it was, one that shrinks is an error", async (t) => {
  const path = join(tempFolder(t, { file: "0123456789" }), "file");
  appendFileSync(path, "more");
  const grown = new FileReader(path, [{ start: 0, end: 9 }]);
  assert.equal(await textOf(grown), "0123456789");
  await grown.close();
  truncateSync(path, 5);
  const shrunk = new FileReader(path, [{ start: 0, end: 9 }]);
  assert.equal(String(await shrunk.read(100)), "01234");
  await assert.rejects(shrunk.read(100), /shorter/);
  await shrunk.close();
});

test("the file is opened when it is first read; closing before, twice, and while it is opened is fine", async (t) => {
  const path = join(tempFolder(t, { file: "0123456789" }), "file");
  const missing = new FileReader(join(path, "not-there"), [{ start: 0, end: 0 }]);
  await missing.close();
  await assert.rejects(missing.read(), /closed/);
  const failing = new FileReader(join(path, "not-there"), [{ start: 0, end: 0 }]);
  await assert.rejects(failing.read(), { code: "ENOTDIR" });
  await failing.close();
  const opening = new FileReader(path, [{ start: 0, end: 9 }]);
  const read = opening.read(1);
  await Promise.all([opening.close(), opening.close()]);
  await read.catch(() => undefined);
  await assert.rejects(opening.read(), /closed/);
});

test("an open file is read at the given offsets and closed once", async (t) => {
  const handle = await open(join(tempFolder(t, { file: "0123456789" }), "file"));
  await handle.read(Buffer.alloc(3), 0, 3, null);
  const reader = new FileReader(handle, [{ start: 1, end: 2 }]);
  assert.equal(await textOf(reader), "12");
  await reader.close();
  await reader.close();
  assert.equal(handle.fd, -1);
});
