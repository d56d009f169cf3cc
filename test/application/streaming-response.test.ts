import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import { html } from "../../src/application/html.ts";
import { type StreamContent, StreamingResponse } from "../../src/application/response.ts";
import { answer } from "../support/application.ts";

test("anything that can be iterated is sent piece by piece, without a length", async () => {
  const rows: readonly (() => StreamContent)[] = [
    () => ["a", Buffer.from("b"), "c"],
    () => new Set(["a", "b", "c"]),
    function* () {
      yield* ["a", "b", "c"];
    },
    async function* () {
      yield* ["a", "b", "c"];
    },
    () => Readable.from(["a", "b", "c"]),
    () => new Blob(["abc"]).stream() as AsyncIterable<Uint8Array>,
  ];
  for (const make of rows) {
    const outcome = await answer(() => new StreamingResponse(make(), { contentType: "text/plain" }));
    assert.deepEqual([outcome.status, outcome.body, outcome.end, outcome.length], [200, "abc", "whole", undefined]);
  }
});

test("what it comes from is ended once: read to the end, failed in the middle, or never asked", async () => {
  for (const method of ["GET", "HEAD"]) {
    let closed = 0;
    const source = {
      *[Symbol.iterator]() {
        yield "a";
        yield "b";
      },
      close: () => (closed += 1),
    };
    await answer(() => new StreamingResponse(source), { method });
    assert.equal(closed, 1, method);
    const node = Readable.from(["a", "b"]);
    await answer(() => new StreamingResponse(node), { method });
    assert.equal(node.destroyed, true, method);
    let cancelled = 0;
    const web = new ReadableStream<Uint8Array>({
      cancel: () => {
        cancelled += 1;
      },
      pull: (c) => (method === "GET" ? c.close() : c.enqueue(Buffer.from("a"))),
    });
    await answer(() => new StreamingResponse(web as AsyncIterable<Uint8Array>), { method });
    assert.equal(cancelled, method === "HEAD" ? 1 : 0);
  }
  let finished = 0;
  const failing = await answer(
    () =>
      new StreamingResponse(
        (async function* () {
          try {
            yield "a";
            yield 5 as unknown as string;
          } finally {
            finished += 1;
          }
        })(),
      ),
  );
  assert.deepEqual([failing.end, finished], ["cut", 1]);
});

test("a middleware can put something around what is sent; both are ended", async () => {
  let closed = 0;
  const source = {
    *[Symbol.iterator]() {
      yield "a";
      yield "b";
    },
    close: () => (closed += 1),
  };
  const response = new StreamingResponse(source);
  const before = response.streamingContent as Iterable<string>;
  response.streamingContent = (function* () {
    for (const piece of before) yield piece.toUpperCase();
  })();
  const outcome = await answer(() => response);
  assert.deepEqual([outcome.body, closed], ["AB", 1]);
});

test("content is not there to be asked for or set", () => {
  const response = new StreamingResponse([]);
  assert.deepEqual([response.streaming, response.contentLength], [true, undefined]);
  assert.throws(() => response.content, /streamingContent/);
  assert.throws(() => {
    response.content = "x" as never;
  }, /streamingContent/);
});

test("what would go out letter by letter, or not at all, is refused", () => {
  for (const source of ["text", Buffer.from("x"), html`x`, null, undefined, 5, {}, () => ["x"]]) {
    assert.throws(() => new StreamingResponse(source as unknown as StreamContent), TypeError);
  }
});
