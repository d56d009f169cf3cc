// A chunked body (RFC 9112 section 7.1): size lines, data, and the trailer section up to its empty line. Strict, because every
// leniency here has once been a way to hide a request in a body: CR LF only, digits only, extensions by their grammar.

import type { ReceiveBuffer } from "../bytes.ts";
import type { Limits } from "../codec.ts";
import { NEED_DATA, type ProtocolEvent } from "../events.ts";
import { type Fault, type FaultCode, fault } from "../faults.ts";
import { FieldReader } from "./fields.ts";
import { bodyLimit } from "./framing.ts";

const CR = 0x0d;
const LF = 0x0a;
const TAB = 0x09;
const SPACE = 0x20;
const SEMICOLON = 0x3b;
/** Digits of a size, leading zeros among them: endless zeros are a way to keep a server busy. */
const MAX_SIZE_DIGITS = 16;
/** Of a size line with its extensions; a signed chunk of S3 has 90 bytes, puma allows 4 KiB. */
const MAX_LINE_BYTES = 1_024;
/** Of all extensions of a body, beyond one byte for each byte of data; hyper and Go allow 16 KiB too. */
const MAX_EXTENSION_BYTES = 16_384;

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const QUOTED = '"(?:[\\t\\x20\\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t\\x20-\\x7e\\x80-\\xff])*"';
const EXTENSIONS = new RegExp(`^(?:[\\t ]*;[\\t ]*${TOKEN}(?:[\\t ]*=[\\t ]*(?:${TOKEN}|${QUOTED}))?)+$`);

/** The value of each hexadecimal digit; 16 for any other byte. */
const HEX = Uint8Array.from({ length: 256 }, (_zero, byte) => {
  const digit = "0123456789abcdef".indexOf(String.fromCharCode(byte).toLowerCase());
  return digit < 0 ? 16 : digit;
});

const NO_TRAILERS = Object.freeze({ type: "end", trailers: Object.freeze([]) } as const);

export class ChunkedReader {
  readonly #limits: Limits;
  #state: "size" | "data" | "data-end" | "trailers" = "size";
  #fault: Fault | undefined;
  /** Bytes of the request that were taken, for the place of a fault. */
  #at: number;
  /** Bytes of the chunk in progress that are still to come. */
  #left = 0;
  /** Bytes of data announced by all chunks so far. */
  #data = 0;
  #extensions = 0;
  #trailers: FieldReader | undefined;

  /** @param at The size of the head, from which offsets of faults go on. */
  constructor(limits: Limits, at: number) {
    this.#limits = limits;
    this.#at = at;
  }

  /** Bytes of the request that were taken, its head among them. */
  get size(): number {
    return this.#at;
  }

  /** The next `data`, then one `end`; or a `fault`, after which there is nothing more to ask. */
  next(buffer: ReceiveBuffer): ProtocolEvent {
    for (;;) {
      switch (this.#state) {
        case "size":
          if (this.#readSize(buffer)) continue;
          break;
        case "data":
          if (buffer.length > 0) return this.#readData(buffer);
          break;
        case "data-end":
          if (this.#readDataEnd(buffer)) continue;
          break;
        default:
          if (this.#readTrailers(buffer)) return this.#end();
      }
      return this.#fault === undefined ? NEED_DATA : { type: "fault", fault: this.#fault };
    }
  }

  #readSize(buffer: ReceiveBuffer): boolean {
    const { bytes, start } = buffer;
    let at = start;
    let size = 0;
    while (at < bytes.length && HEX[bytes[at]!]! < 16) {
      size = size * 16 + HEX[bytes[at]!]!;
      if (at - start === MAX_SIZE_DIGITS) return this.#fail("http1.chunk-size-too-long", MAX_SIZE_DIGITS);
      at += 1;
    }
    if (at === bytes.length) return false;
    if (at === start) return this.#fail("http1.bad-chunk-size", 0);
    const end = this.#sizeLineEnd(buffer, at);
    if (end === undefined) return false;
    if (size > bodyLimit(this.#limits) - this.#data) return this.#fail("http1.body-too-large", 0);
    this.#at += end - start;
    this.#data += size;
    this.#left = size;
    this.#state = size === 0 ? "trailers" : "data";
    buffer.start = end;
    return true;
  }

  /** Where the line after a size that stops at `digitsEnd` is over; undefined when it has not come, or is wrong. */
  #sizeLineEnd(buffer: ReceiveBuffer, digitsEnd: number): number | undefined {
    const { bytes, start } = buffer;
    switch (bytes[digitsEnd]) {
      case CR:
        if (digitsEnd + 1 === bytes.length) return undefined;
        if (bytes[digitsEnd + 1] === LF) return digitsEnd + 2;
        this.#fail("http1.chunk-line-end", digitsEnd - start);
        return undefined;
      case LF:
        this.#fail("http1.chunk-line-end", digitsEnd - start);
        return undefined;
      case SPACE:
      case TAB:
      case SEMICOLON:
        return this.#extensionsEnd(buffer, digitsEnd);
      default:
        this.#fail("http1.bad-chunk-size", digitsEnd - start);
        return undefined;
    }
  }

  /** Steps over extensions, which nobody uses. They are read all the same: where they end is where the data begins. */
  #extensionsEnd(buffer: ReceiveBuffer, from: number): number | undefined {
    const { bytes, start } = buffer;
    const lf = buffer.lineEnd();
    const stop = lf < 0 ? bytes.length : lf;
    const end = bytes[stop - 1] === CR ? stop - 1 : stop;
    if (end - start > MAX_LINE_BYTES) this.#fail("http1.chunk-line-too-long", MAX_LINE_BYTES);
    else if (lf < 0) return undefined;
    else if (end === lf) this.#fail("http1.chunk-line-end", lf - start);
    else if (!EXTENSIONS.test(bytes.toString("latin1", from, end))) {
      this.#fail("http1.bad-chunk-extension", from - start);
    } else {
      this.#extensions += end - from;
      if (this.#extensions <= MAX_EXTENSION_BYTES + this.#data) return lf + 1;
      this.#fail("http1.too-many-chunk-extensions", from - start);
    }
    return undefined;
  }

  #readData(buffer: ReceiveBuffer): ProtocolEvent {
    const bytes = buffer.takeUpTo(this.#left);
    this.#at += bytes.length;
    this.#left -= bytes.length;
    if (this.#left === 0) this.#state = "data-end";
    return { type: "data", bytes };
  }

  /** Both bytes are compared: what is taken unseen can be the first bytes of a smuggled size. */
  #readDataEnd(buffer: ReceiveBuffer): boolean {
    const { bytes, start } = buffer;
    if (buffer.length === 0) return false;
    if (bytes[start] !== CR) return this.#fail("http1.chunk-overrun", 0);
    if (buffer.length === 1) return false;
    if (bytes[start + 1] !== LF) return this.#fail("http1.chunk-overrun", 1);
    buffer.start += 2;
    this.#at += 2;
    this.#state = "size";
    return true;
  }

  #readTrailers(buffer: ReceiveBuffer): boolean {
    const { bytes, start } = buffer;
    if (this.#trailers === undefined && bytes[start] === CR && bytes[start + 1] === LF) {
      buffer.start += 2;
      return true;
    }
    this.#trailers ??= new FieldReader("trailers", this.#limits);
    const trailers = this.#trailers;
    while (!trailers.ended) {
      const line = buffer.takeLine();
      if (line === undefined) trailers.readPartial(buffer, this.#at);
      else trailers.read(line, 0, this.#at, false);
      this.#fault = trailers.fault;
      if (line === undefined || this.#fault !== undefined) return false;
      this.#at += line.length;
    }
    return true;
  }

  #end(): ProtocolEvent {
    return this.#trailers === undefined ? NO_TRAILERS : { type: "end", trailers: this.#trailers.fields };
  }

  /** @param offset From the first byte that is not taken yet. */
  #fail(code: FaultCode, offset: number): false {
    this.#fault = fault(code, this.#at + offset);
    return false;
  }
}
