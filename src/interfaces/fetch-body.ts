// The body of a request as the platform's methods give it, read from the connection's own source: no stream is made for `text()` and the like.
// Nothing is asked of the source before somebody reads, since the first question sends 100 Continue.

import { Buffer } from "node:buffer";
import type { BodySource } from "../gateway/exchange.ts";

/** Everything to the end, in memory of its own. */
export async function readAll(source: BodySource): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for (;;) {
    const read = source.read();
    const piece = read instanceof Promise ? await read : read;
    if (piece === null) return pieces.length === 1 ? asBuffer(pieces[0]!) : Buffer.concat(pieces);
    pieces.push(piece);
  }
}

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** UTF-8 without its byte order mark; what is none becomes U+FFFD (Encoding, UTF-8 decode). */
export function textOf(bytes: Buffer): string {
  const isMarked = bytes.length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return bytes.toString("utf8", isMarked ? 3 : 0);
}

/** A buffer with these bytes and no others. */
export function exactBuffer(bytes: Uint8Array): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = bytes;
  if (buffer instanceof ArrayBuffer && byteOffset === 0 && byteLength === buffer.byteLength) return buffer;
  return Uint8Array.prototype.slice.call(new Uint8Array(buffer, byteOffset, byteLength)).buffer;
}

/**
 * The rest of a body as a stream that reads when it is read. Not one of bytes: such a stream takes the buffer of each chunk for itself, and
 * the connection's small pieces share theirs.
 */
export const streamOf = (source: BodySource): ReadableStream<Uint8Array> =>
  new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const piece = await source.read();
        if (piece === null) controller.close();
        else controller.enqueue(piece);
      },
    },
    { highWaterMark: 0 },
  );
