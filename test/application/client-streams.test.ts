// What the test client gives an application to read: the methods of tsgi.input, and what happens to them when the client leaves.

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { ClientErrors, ClientFile, ClientGone, ClientInput, toBuffer } from "../../src/application/client-streams.ts";

const NEVER = new AbortController().signal;
const input = (...chunks: (string | Uint8Array)[]): ClientInput => new ClientInput(chunks, NEVER);

test("read gives the size asked for across chunks, then the rest, then empty bytes for ever", async () => {
  const stream = input("ab", "", "cdef");
  assert.equal(String(await stream.read(3)), "abc");
  assert.equal(String(await stream.read()), "def");
  assert.equal((await stream.read()).length, 0);
  assert.equal((await stream.read(5)).length, 0);
  assert.equal((await stream.read(0)).length, 0);
});

test("lines keep their line feeds, end at the size, and stop after the hint", async () => {
  const stream = input("one\ntw", "o\nlast");
  assert.equal(String(await stream.readline(2)), "on");
  assert.equal(String(await stream.readline()), "e\n");
  assert.deepEqual((await stream.readlines(3)).map(String), ["two\n"]);
  assert.deepEqual((await stream.readlines()).map(String), ["last"]);
});

test("iterating gives the bytes as they come, and trailers are there after the end", async () => {
  const stream = new ClientInput(["a", "b"], NEVER, [["X-Sum", "2"]]);
  assert.deepEqual(stream.trailers, []);
  const parts: string[] = [];
  for await (const part of stream) parts.push(String(part));
  assert.deepEqual(parts, ["a", "b"]);
  assert.deepEqual(stream.trailers, [["x-sum", "2"]]);
});

test("a read that waits rejects with status 499 when the client leaves, and so does each after it", async () => {
  const leaving = new AbortController();
  const never = {
    [Symbol.asyncIterator]: () => ({ next: () => new Promise<IteratorResult<string>>(() => {}) }),
  };
  const stream = new ClientInput(never, leaving.signal);
  const reading = stream.read();
  leaving.abort();
  await assert.rejects(reading, (error) => error instanceof ClientGone && error.status === 499);
  await assert.rejects(stream.readline(), ClientGone);
});

test("what is written to the error stream is there as lines", () => {
  const errors = new ClientErrors();
  assert.deepEqual(errors.lines, []);
  errors.write("one\ntw");
  errors.writelines(["o\n", "three\n"]);
  errors.flush();
  assert.deepEqual(errors.lines, ["one", "two", "three"]);
});

test("a wrapped file is read in blocks from whatever can be read, and closed once", async () => {
  let closed = 0;
  const blocks = [Buffer.from("ab"), Buffer.from("c"), Buffer.alloc(0)];
  const file = { read: (): Buffer => blocks.shift()!, close: (): number => (closed += 1) };
  const wrapped = new ClientFile(file, 2);
  const parts: string[] = [];
  for await (const part of wrapped) parts.push(String(part));
  await wrapped.close();
  await wrapped.close();
  assert.deepEqual(parts, ["ab", "c"]);
  assert.equal(closed, 1);
});

test("a chunk becomes bytes without being copied where it has them", () => {
  const bytes = new Uint8Array([1, 2, 3]).subarray(1);
  assert.deepEqual([...toBuffer(bytes)], [2, 3]);
  assert.equal(toBuffer(bytes).buffer, bytes.buffer);
  assert.equal(String(toBuffer("é")), "é");
});
