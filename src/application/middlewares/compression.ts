// Bytes to fewer bytes, whole or as they come, with a little padding of random length: how long a compressed page is tells what is in it
// (the BREACH attack; Django pads with gzip's file name, for Brotli there is the metadata block of RFC 7932 section 9.2).

import { Buffer } from "node:buffer";
import { randomBytes, randomInt } from "node:crypto";
import { once } from "node:events";
import {
  type BrotliOptions,
  brotliCompressSync,
  constants,
  createBrotliCompress,
  createGzip,
  gzipSync,
  type ZlibOptions,
} from "node:zlib";
import type { Chunk } from "../../gateway/types.ts";
import type { StreamContent } from "../response.ts";
import type { CompressSettings } from "../settings.ts";
import type { Coding } from "./accept-encoding.ts";

/** Django's: enough to make a guess cost a hundred times as many requests. */
const MOST_PADDING = 100;
const GZIP_HEADER = 10;
const GZIP_FLAGS = 3;
const GZIP_HAS_NAME = 0x08;
/** The last, empty metablock: two bits that are set. */
const BROTLI_END = Buffer.from([0x03]);

export function compressed(content: Chunk, coding: Coding, settings: CompressSettings): Buffer {
  if (coding === "gzip") return named(gzipSync(content, gzipOptions(settings)));
  const options = brotliOptions(settings, Buffer.byteLength(content));
  // Flushed and not ended: it stops at a whole byte, where a block can follow.
  const open = brotliCompressSync(content, { ...options, finishFlush: constants.BROTLI_OPERATION_FLUSH });
  return Buffer.concat([open, metadata(), BROTLI_END]);
}

/** Each chunk is passed on whole when it comes: nothing of a page or of an event waits for the next one. */
export async function* compressedStream(
  source: StreamContent,
  coding: Coding,
  settings: CompressSettings,
): AsyncGenerator<Buffer, void, void> {
  const zip = coding === "gzip" ? createGzip(gzipOptions(settings)) : createBrotliCompress(brotliOptions(settings));
  const out: Buffer[] = [];
  zip.on("data", (piece: Buffer) => out.push(piece));
  const failed = once(zip, "error").then(([error]) => Promise.reject(error));
  failed.catch(() => {});
  let isFirst = true;
  try {
    for await (const chunk of source) {
      if (chunk.length === 0) continue;
      await Promise.race([written(zip, chunk), failed]);
      const piece = Buffer.concat(out.splice(0));
      if (piece.length > 0) yield isFirst ? padded(piece, coding) : piece;
      isFirst = false;
    }
    zip.end();
    await Promise.race([once(zip, "end"), failed]);
    if (out.length > 0) yield Buffer.concat(out);
  } finally {
    zip.destroy();
  }
}

type Zip = ReturnType<typeof createGzip> | ReturnType<typeof createBrotliCompress>;

/** Settles when all that the chunk came to is out. */
function written(zip: Zip, chunk: Chunk): Promise<void> {
  return new Promise((resolve) => {
    zip.write(chunk);
    zip.flush(() => resolve());
  });
}

const padded = (piece: Buffer, coding: Coding): Buffer =>
  coding === "gzip" ? named(piece) : Buffer.concat([piece, metadata()]);

/** With a file name of random length in its header (RFC 1952 section 2.3). */
function named(gzip: Buffer): Buffer {
  const header = Buffer.from(gzip.subarray(0, GZIP_HEADER));
  header[GZIP_FLAGS] = header[GZIP_FLAGS]! | GZIP_HAS_NAME;
  const name = Buffer.alloc(randomInt(1, MOST_PADDING) + 1, "a");
  name[name.length - 1] = 0;
  return Buffer.concat([header, name, gzip.subarray(GZIP_HEADER)]);
}

/** Not the last block, no nibbles for a length, one byte that says how much is to be skipped (RFC 7932 section 9.2). */
function metadata(): Buffer {
  const length = randomInt(1, MOST_PADDING + 1);
  const head = (3 << 1) | (1 << 4) | ((length - 1) << 6);
  return Buffer.concat([Buffer.from([head & 0xff, head >> 8]), randomBytes(length)]);
}

const gzipOptions = ({ gzipLevel }: CompressSettings): ZlibOptions => ({ level: gzipLevel });

function brotliOptions({ brotliQuality }: CompressSettings, size?: number): BrotliOptions {
  const params: Record<number, number> = {
    [constants.BROTLI_PARAM_QUALITY]: brotliQuality,
    [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
  };
  if (size !== undefined) params[constants.BROTLI_PARAM_SIZE_HINT] = size;
  return { params };
}
