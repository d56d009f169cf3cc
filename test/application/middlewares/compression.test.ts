// Bodies compressed whole and as they come: what a client unpacks is what was put in, the padding stays outside of it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { brotliDecompressSync, createBrotliDecompress, createGunzip, gunzipSync } from "node:zlib";
import { compressed, compressedStream } from "../../../src/application/middlewares/compression.ts";

const SETTINGS = { minSize: 0, gzipLevel: 6, brotliQuality: 4 };
const TEXT = "a page like many others, é. ".repeat(200);

test("what is compressed at once is unpacked to what it was, and its length is another each time", () => {
  for (const [coding, unpack] of [
    ["gzip", gunzipSync],
    ["br", brotliDecompressSync],
  ] as const) {
    const lengths = new Set<number>();
    for (let i = 0; i < 40; i += 1) {
      const bytes = compressed(TEXT, coding, SETTINGS);
      assert.equal(String(unpack(bytes)), TEXT);
      lengths.add(bytes.length);
    }
    assert.ok(lengths.size > 10, `${coding}: ${lengths.size} lengths`);
    assert.equal(String(unpack(compressed("", coding, SETTINGS))), "");
  }
});

/** Unpacks what has come so far. */
async function unpackedSoFar(coding: "gzip" | "br", parts: readonly Uint8Array[]): Promise<string> {
  const unzip = coding === "gzip" ? createGunzip() : createBrotliDecompress();
  let text = "";
  unzip.on("data", (piece: Buffer) => {
    text += piece;
  });
  await new Promise<void>((resolve) => unzip.write(Buffer.concat(parts), () => resolve()));
  unzip.destroy();
  return text;
}

test("each chunk of a stream can be unpacked when it has come, and the whole at the end", async () => {
  for (const coding of ["gzip", "br"] as const) {
    const stream = compressedStream(["one ", "", "two ", Buffer.from("three")], coding, SETTINGS);
    const parts: Buffer[] = [];
    for (const expected of ["one ", "one two ", "one two three"]) {
      parts.push((await stream.next()).value as Buffer);
      assert.equal(await unpackedSoFar(coding, parts), expected, coding);
    }
    for await (const part of stream) parts.push(part);
    const whole = Buffer.concat(parts);
    assert.equal(String(coding === "gzip" ? gunzipSync(whole) : brotliDecompressSync(whole)), "one two three");
  }
});

test("a large chunk passes, and a stream of nothing is a whole one", async () => {
  const large = Buffer.alloc(3_000_000, 0).map((_, i) => (i * 2_654_435_761) >>> 24);
  for (const [coding, unpack] of [
    ["gzip", gunzipSync],
    ["br", brotliDecompressSync],
  ] as const) {
    for (const chunks of [[large], []]) {
      const parts: Buffer[] = [];
      for await (const part of compressedStream(chunks, coding, { ...SETTINGS, gzipLevel: 1, brotliQuality: 0 })) {
        parts.push(part);
      }
      assert.ok(unpack(Buffer.concat(parts)).equals(Buffer.concat(chunks)));
    }
  }
});

test("nothing is asked of the source before the chunk before was taken; its end and its error are passed on", async () => {
  const steps: string[] = [];
  async function* source(): AsyncGenerator<string> {
    try {
      for (const chunk of ["a", "b", "c"]) {
        steps.push(chunk);
        yield chunk;
      }
    } finally {
      steps.push("ended");
    }
  }
  const left = compressedStream(source(), "gzip", SETTINGS);
  await left.next();
  assert.deepEqual(steps, ["a"]);
  await left.return();
  assert.deepEqual(steps, ["a", "ended"]);
  async function* failing(): AsyncGenerator<string> {
    yield "a";
    throw new Error("half way");
  }
  const failed = compressedStream(failing(), "br", SETTINGS);
  await failed.next();
  await assert.rejects(failed.next(), /half way/);
});
