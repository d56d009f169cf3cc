// Where in a page of HTML a tag goes that is not its own. Pure: bytes in, bytes out; the charset is one that has ASCII in it. Nothing is
// parsed: what stands in scripts, styles and comments is passed over, and a page that is cut into chunks within a tag is found a tag later.

import { Buffer } from "node:buffer";
import type { Piece } from "../protocol/events.ts";

/** What is skipped, to the text's end where it has none (or the time would grow with its square), and what is looked for: the head's end, its begin, the body's, the document's. */
const MARKS =
  /<!--[\s\S]*?(?:-->|$)|<(script|style|title|template)\b[\s\S]*?(?:<\/\1\s*>|$)|(<\/head\s*>)|(<head(?:\s[^>]*)?>)|(<body\b)|(<!doctype[^>]*>)|(<html\b)/gi;

export interface Spot {
  /** Bytes before it. */
  readonly at: number;
  /** The head or the body: there is none better further on. */
  readonly sure: boolean;
}

/** @returns Null where nothing says that this is a page and no fragment of one. */
export function spotIn(piece: Piece): Spot | null {
  const text =
    typeof piece === "string"
      ? piece
      : Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString("latin1");
  let head = -1;
  let doctype = -1;
  for (const match of text.matchAll(MARKS)) {
    const end = match.index + match[0].length;
    if (match[2] !== undefined) return { at: match.index, sure: true };
    if (match[3] !== undefined) head = end;
    // The head's end may be left out.
    else if (match[4] !== undefined) return { at: head < 0 ? match.index : head, sure: true };
    else if (match[5] !== undefined) doctype = end;
    else if (match[6] !== undefined && doctype < 0) doctype = match.index;
  }
  if (head >= 0) return { at: head, sure: true };
  return doctype < 0 ? null : { at: doctype, sure: false };
}

/** @param tag ASCII. */
export function insert(piece: Piece, at: number, tag: string): Piece {
  if (typeof piece === "string") return `${piece.slice(0, at)}${tag}${piece.slice(at)}`;
  return Buffer.concat([piece.subarray(0, at), Buffer.from(tag), piece.subarray(at)]);
}
