import assert from "node:assert/strict";
import { test } from "node:test";
import { RequestError } from "../../src/gateway/exchange.ts";
import { InputStream } from "../../src/gateway/input.ts";
import { sourceOf } from "../support/exchange.ts";

const input = (...chunks: (string | Error)[]) => new InputStream(sourceOf(chunks));
const texts = (buffers: readonly Buffer[]) => buffers.map(String);

test("read() gives everything, and empty bytes for ever after", async () => {
  const stream = input("ab", "", "cd");
  assert.equal(String(await stream.read()), "abcd");
  assert.equal((await stream.read()).length, 0);
  assert.equal((await stream.read(5)).length, 0);
  assert.equal((await stream.readline()).length, 0);
});

test("read(size) gives exactly size bytes until the end, across chunks", async () => {
  const stream = input("ab", "cde", "f");
  assert.deepEqual(
    texts([
      await stream.read(1),
      await stream.read(3),
      await stream.read(0),
      await stream.read(9),
      await stream.read(9),
    ]),
    ["a", "bcd", "", "ef", ""],
  );
});

test("readline() gives lines with their line feeds, also when one is cut by chunks or by size", async () => {
  const stream = input("on", "e\ntwo\nth", "ree");
  assert.deepEqual(
    texts([await stream.readline(), await stream.readline(2), await stream.readline(2), await stream.readline()]),
    ["one\n", "tw", "o\n", "three"],
  );
});

test("readlines() gives all lines; a hint stops after the line that reaches it", async () => {
  assert.deepEqual(texts(await input("a\nb\n", "c").readlines()), ["a\n", "b\n", "c"]);
  const stream = input("aa\nbb\ncc\n");
  assert.deepEqual(texts(await stream.readlines(4)), ["aa\n", "bb\n"]);
  assert.equal(String(await stream.read()), "cc\n");
});

test("lines() and iteration by chunk end with the body", async () => {
  const lines: Buffer[] = [];
  for await (const line of input("a\nb").lines()) lines.push(line);
  assert.deepEqual(texts(lines), ["a\n", "b"]);
  const chunks: Buffer[] = [];
  const stream = input("xyz", "12");
  await stream.read(1);
  for await (const chunk of stream) chunks.push(chunk);
  assert.deepEqual(texts(chunks), ["yz", "12"]);
});

test("a body that is cut rejects, however it is read, and never looks whole", async () => {
  const cut = () => new RequestError(400, "cut");
  await assert.rejects(input("ab", cut()).read(), cut());
  await assert.rejects(input("ab", cut()).read(5), cut());
  await assert.rejects(input("ab", cut()).readline(), cut());
  await assert.rejects(input("ab", cut()).readlines(), cut());
  await assert.rejects(async () => {
    for await (const _chunk of input("ab", cut()));
  }, cut());
});

test("a request without a body reads as empty", async () => {
  assert.equal((await input().read()).length, 0);
});

test("trailers are empty until the end was read, then pairs in their order, and never fields of the head", async () => {
  const source = { ...sourceOf(["ab"]), trailers: [] as string[] };
  const stream = new InputStream(source);
  assert.deepEqual(stream.trailers, []);
  await stream.read(2);
  assert.deepEqual(stream.trailers, []);
  source.trailers = ["x-sum", "1", "x-sum", "2"];
  await stream.read();
  assert.deepEqual(stream.trailers, [
    ["x-sum", "1"],
    ["x-sum", "2"],
  ]);
  assert.deepEqual(input("a").trailers, []);
});
