import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { RequestError } from "../../src/gateway/exchange.ts";
import { InputStream } from "../../src/gateway/input.ts";
import { type ByteSource, type SaidLength, StreamBody } from "../../src/gateway/stream-body.ts";

const all = async (source: ByteSource, said: SaidLength): Promise<string> =>
  String(await new InputStream(new StreamBody(source, said)).read());

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

const sources: readonly (readonly [title: string, source: () => ByteSource, said: SaidLength, text: string])[] = [
  ["bytes", () => Buffer.from("abc"), "3", "abc"],
  ["text, in UTF-8", () => "é", "2", "é"],
  ["an array of pieces", () => ["a", Buffer.from("bc")], "3", "abc"],
  ["an async iterable", () => pieces("a", "", "bc"), "3", "abc"],
  ["more than the body has", () => pieces("ab", "cdef"), "3", "abc"],
  ["nothing, said", () => pieces("never"), "0", ""],
  ["nothing, not said", () => pieces("never"), undefined, ""],
  ["nothing, said by an empty text", () => pieces("never"), "", ""],
  ["no source", () => null, "0", ""],
  ["everything", () => pieces("a", "b"), "to-the-end", "ab"],
];
for (const [title, source, said, text] of sources) {
  test(`a body of ${title} is read to its end and no further`, async () => {
    assert.equal(await all(source(), said), text);
  });
}

const failures: readonly (readonly [title: string, source: () => ByteSource, said: SaidLength, message: RegExp])[] = [
  ["that is short", () => pieces("ab"), "5", /ended 3 bytes before the 5 that were announced/],
  ["without a source", () => null, "5", /ended 5 bytes before/],
  ["of a length that is no number", () => pieces("ab"), "5x", /length is "5x": expected digits only/],
  ["of a negative length", () => pieces("ab"), "-5", /expected digits only/],
  ["of a length beyond all numbers", () => pieces("ab"), "9".repeat(30), /expected digits only/],
  [
    "whose source fails",
    () =>
      (async function* () {
        yield Buffer.from("a");
        throw new Error("EIO");
      })(),
    "5",
    /reading the body failed: EIO/,
  ],
];
for (const [title, source, said, message] of failures) {
  test(`a body ${title} rejects with 400, again and again`, async () => {
    const input = new InputStream(new StreamBody(source(), said));
    const isOurs = (error: unknown) =>
      error instanceof RequestError && error.status === 400 && message.test(error.message);
    await assert.rejects(input.read(), isOurs);
    await assert.rejects(input.read(), isOurs);
  });
}

test("nothing is asked of the source before the first read, nor behind the last byte", async () => {
  const asked: string[] = [];
  const source = {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        asked.push("next");
        return { done: false, value: Buffer.from("abc") } as const;
      },
    }),
  };
  const body = new StreamBody(source, "3");
  assert.deepEqual(asked, []);
  assert.equal(String(await body.read()), "abc");
  assert.equal(body.read(), null);
  assert.deepEqual(asked, ["next"]);
});

test("a second read before the first is over is refused", async () => {
  const stream = new PassThrough();
  const body = new StreamBody(stream, "1");
  const first = body.read();
  await assert.rejects(async () => body.read(), /already being read/);
  stream.end("a");
  assert.equal(String(await first), "a");
});

test("closing lets go of the source, and later reads reject", async () => {
  const stream = new PassThrough();
  const body = new StreamBody(stream, "9");
  stream.write("abc");
  await body.read();
  body.close();
  await assert.rejects(async () => body.read(), /the response is over/);
  assert.equal(stream.destroyed, true);
});

test("what is no source is refused where it is given", () => {
  for (const [source, said] of [
    [5, /5 is no source of bytes/],
    [undefined, /undefined is no source/],
    [{}, /an object is no source/],
  ] as const) {
    assert.throws(() => new StreamBody(source as never, "1"), said);
  }
});
