// What a chunk of an application's body is on the wire, and what is said of one that is none, or of too many or too few bytes.
// Does not know where chunks come from, nor when they are sent.

import { Buffer } from "node:buffer";
import type { Piece } from "../protocol/events.ts";
import { ContractError } from "./body.ts";
import { show } from "./said.ts";

/**
 * A chunk as a latin-1 string or bytes, so that `length` counts bytes.
 *
 * @throws ContractError when it is neither a string nor bytes.
 */
export function toPiece(chunk: unknown): Piece {
  if (typeof chunk === "string") {
    // As many bytes as code units means ASCII, which is its own latin-1: no copy.
    return Buffer.byteLength(chunk) === chunk.length ? chunk : Buffer.from(chunk, "utf8");
  }
  if (chunk instanceof Uint8Array) return chunk;
  throw new ContractError(
    `the application gave ${show(chunk)} as a chunk of the body: expected a string or a Uint8Array`,
  );
}

/** The first `size` bytes of a piece. */
export const firstOf = (piece: Piece, size: number): Piece =>
  typeof piece === "string" ? piece.slice(0, size) : piece.subarray(0, size);

export const wrongLength = (said: number, gave: number, about = ""): ContractError =>
  new ContractError(`the application said Content-Length ${said} and gave ${about}${gave} bytes`);

/** RFC 9110 sections 15.3.5, 15.3.6 and 15.4.5. */
export const hasNoBody = (status: number | undefined): boolean => status === 204 || status === 205 || status === 304;

export const unwantedBody = (status: number): ContractError =>
  new ContractError(`the application gave a body with status ${status}, which has none: it was not sent`);
