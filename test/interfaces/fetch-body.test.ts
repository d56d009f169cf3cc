// A request's body from its source.

import assert from "node:assert/strict";
import { test } from "node:test";
import { exactBuffer, readAll, streamOf, textOf } from "../../src/interfaces/fetch-body.ts";

function source(...parts: readonly (string | Error)[]) {
  const left = [...parts];
  let reads = 0;
  return {
    get reads() {
      return reads;
    },
    read() {
      reads += 1;
      const part = left.shift();
      if (part instanceof Error) return Promise.reject(part);
      const piece = part === undefined ? null : Buffer.from(part);
      return reads % 2 === 0 ? piece : Promise.resolve(piece);
    },
  };
}

test("everything is read, however it comes", async () => {
  assert.equal(String(await readAll(source("a", "b", "c"))), "abc");
  assert.equal((await readAll(source())).length, 0);
  const failure = new Error("cut");
  await assert.rejects(readAll(source("a", failure)), failure);
});

test("text is UTF-8 without its mark, as TextDecoder has it", () => {
  for (const bytes of [
    [0xef, 0xbb, 0xbf, 0x41],
    [0xef, 0xbb],
    [0xff, 0xc3],
    [0xf0, 0x9f, 0x98, 0x41],
    [0xed, 0xa0, 0x80],
    [],
  ]) {
    assert.equal(textOf(Buffer.from(bytes)), new TextDecoder().decode(new Uint8Array(bytes)));
  }
});

test("a buffer has these bytes and no others", () => {
  const whole = new Uint8Array([1, 2, 3]);
  assert.equal(exactBuffer(whole), whole.buffer);
  assert.deepEqual(new Uint8Array(exactBuffer(whole.subarray(1))), new Uint8Array([2, 3]));
  assert.equal(exactBuffer(Buffer.from("abc")).byteLength, 3);
});

test("a stream reads when it is read, and fails as its source does", async () => {
  const body = source("a", "b", new Error("cut"));
  const reader = streamOf(body).getReader();
  await new Promise(setImmediate);
  assert.equal(body.reads, 0);
  assert.equal(String(Buffer.from((await reader.read()).value!)), "a");
  assert.equal(body.reads, 1);
  await reader.read();
  await assert.rejects(reader.read(), /cut/);
  const empty = streamOf(source()).getReader();
  assert.equal((await empty.read()).done, true);
});
