// The corpus of recorded wires, and one connection played against a codec. The form of the files is told in test/wire/README.md.

import { Buffer } from "node:buffer";
import { readdirSync, readFileSync } from "node:fs";
import type { Codec, Limits } from "../../src/protocol/codec.ts";
import type { Piece, RequestHead, ResponseEvent } from "../../src/protocol/events.ts";
import type { Fault } from "../../src/protocol/faults.ts";

/** What a codec reported, with bytes as latin-1 text. Neighbouring data is one: where it is cut is nobody's promise. */
export type Heard =
  | { readonly type: "request"; readonly head: RequestHead }
  | { readonly type: "data"; readonly bytes: string }
  | { readonly type: "end"; readonly trailers: readonly string[] }
  | { readonly type: "fault"; readonly fault: Fault }
  | { readonly type: "closed" };

export interface WireCase {
  readonly name: string;
  readonly wire: Buffer;
  readonly limits: Limits;
  /** One sentence: what the case shows. */
  readonly says: string;
  /** Rows of test/wire/census.ts that the case shows. */
  readonly census?: readonly number[];
  /** What is to be heard when the wire is all that comes and the peer then ends its side. */
  readonly events: readonly Heard[];
}

/** Roomy enough for every case that does not set its own. */
export const LIMITS: Limits = { requestLine: 4_094, fields: 100, fieldSize: 8_190, allFields: 65_536, body: 0 };

/** The bytes that a `.wire` file stands for. */
export function decodeWire(text: string): Buffer {
  const bytes = text
    .replaceAll("\n", "")
    .replace(/\\(?:x([0-9a-f]{2})|(.))/g, (_all, hex?: string, letter?: string) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      const byte = { r: "\r", n: "\n", t: "\t", "0": "\0", "\\": "\\" }[letter!];
      if (byte === undefined) throw new SyntaxError(`\\${letter} stands for no byte`);
      return byte;
    });
  return Buffer.from(bytes, "latin1");
}

/** All cases of a folder under test/wire. */
export function wireCases(folder: string): WireCase[] {
  const base = new URL(`../wire/${folder}/`, import.meta.url);
  const files = readdirSync(base).filter((file) => file.endsWith(".wire"));
  return files.map((file) => {
    const name = file.slice(0, -".wire".length);
    const { limits, ...rest } = JSON.parse(readFileSync(new URL(`${name}.json`, base), "utf8"));
    const wire = decodeWire(readFileSync(new URL(file, base), "utf8"));
    return { name, wire, limits: { ...LIMITS, ...limits }, ...rest };
  });
}

/** The answer to every request: nothing in it matters but that it is whole. */
export const answer = (): ResponseEvent => ({
  type: "response",
  status: 200,
  reason: "OK",
  fields: [],
  length: 0,
  date: "",
  close: false,
  body: undefined,
  more: false,
});

/**
 * Plays the server of one connection: answers each request when it is whole, goes on while it may, ends after the last piece.
 * The pieces come in one read buffer that is overwritten each time, as a real transport does it.
 */
export function play(codec: Codec, pieces: readonly Uint8Array[]): Heard[] {
  const heard: Heard[] = [];
  const shared = Buffer.alloc(pieces.reduce((most, piece) => Math.max(most, piece.length), 0));
  for (const piece of pieces) {
    shared.set(piece);
    codec.receive(shared.subarray(0, piece.length));
    listen(codec, heard);
    codec.retain();
    shared.fill("\xee", "latin1");
  }
  codec.receiveEof();
  listen(codec, heard);
  return heard;
}

function listen(codec: Codec, heard: Heard[]): void {
  const out: Piece[] = [];
  for (;;) {
    const event = codec.nextEvent();
    const last = heard.at(-1);
    switch (event.type) {
      case "need-data":
        return;
      case "paused":
        codec.send(answer(), out);
        if (codec.keepAlive) codec.startNextCycle();
        break;
      case "data": {
        const bytes = Buffer.from(event.bytes).toString("latin1");
        if (last?.type === "data") heard[heard.length - 1] = { type: "data", bytes: last.bytes + bytes };
        else heard.push({ type: "data", bytes });
        break;
      }
      case "closed":
        if (last?.type !== "closed") heard.push({ type: "closed" });
        return;
      default:
        heard.push(event);
    }
  }
}
