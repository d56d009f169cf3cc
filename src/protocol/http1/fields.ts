// Field lines, of a head and of a trailer section, judged one by one in the order they came, so that a verdict never depends
// on how the bytes were cut. Notes what framing will need. Does not know where lines come from, nor which request they are of.

import type { ReceiveBuffer } from "../bytes.ts";
import type { Limits } from "../codec.ts";
import { type Fault, type FaultCode, fault } from "../faults.ts";
import { isBlank } from "../grammar.ts";
import { fieldName, type NameKind } from "./names.ts";

const CR = 0x0d;
const LF = 0x0a;
const CONTROL = /[\0-\x08\x0a-\x1f\x7f]/g;

/** Which section the lines belong to. Trailers obey the same rules and may not hold the fields that decide something. */
export type Section = "head" | "trailers";

export class FieldReader {
  fields: string[] = [];
  fault: Fault | undefined;
  /** Whether the empty line was read. */
  ended = false;

  // Where a field was is where its fault will be, when the end of the head shows that there is one.
  host: string | undefined;
  hostAt = 0;
  length: string | undefined;
  lengthAt = 0;
  /** All values of a field that came several times, joined with commas in their order (RFC 9110 section 5.3). */
  coding: string | undefined;
  codingAt = 0;
  expect: string | undefined;
  expectAt = 0;
  connection: string | undefined;

  readonly #section: Section;
  readonly #maxSize: number;
  readonly #maxCount: number;
  readonly #maxAll: number;
  /** Bytes of the section that were read. */
  #read = 0;

  constructor(section: Section, limits: Limits) {
    this.#section = section;
    this.#maxSize = limits.fieldSize || Number.POSITIVE_INFINITY;
    this.#maxCount = limits.fields || Number.POSITIVE_INFINITY;
    this.#maxAll = limits.allFields || Number.POSITIVE_INFINITY;
  }

  /** Ready for the next head. The array of fields was given away, so that it is a new one. */
  reset(): void {
    this.fields = [];
    this.fault = undefined;
    this.ended = false;
    this.#read = 0;
    this.host = undefined;
    this.length = undefined;
    this.coding = undefined;
    this.expect = undefined;
    this.connection = undefined;
  }

  /**
   * Reads lines up to the empty one, a fault, or the end of `text`, and answers where it stopped.
   *
   * @param text Whole lines.
   * @param shift What to add to an index of `text` for an offset in the request.
   * @param clean Whether the lines are known to end with CR LF and to hold no control character.
   */
  read(text: string, from: number, shift: number, clean: boolean): number {
    const trailers = this.#section === "trailers";
    let pos = from;
    const allEnd = from + this.#maxAll - this.#read;
    while (pos < text.length) {
      const lf = text.indexOf("\n", pos);
      const end = clean ? lf - 1 : contentEnd(text, pos, lf);
      if (end - pos > this.#maxSize || end > allEnd) return this.#failSize(shift + pos, allEnd - pos);
      if (!clean) {
        this.fault = lineFault(text, pos, lf, shift);
        if (this.fault !== undefined) return pos;
      }
      if (end === pos) {
        this.ended = true;
        this.#read += lf + 1 - from;
        return lf + 1;
      }
      if (this.fields.length >= this.#maxCount * 2) return this.#fail("http1.too-many-fields", shift + pos);
      const colon = text.indexOf(":", pos);
      const name = colon > pos && colon < end ? fieldName(text.slice(pos, colon)) : undefined;
      if (name === undefined) return this.#failName(text.slice(pos, end), shift + pos);
      let to = end;
      let at = colon + 1;
      while (at < to && isBlank(text.charCodeAt(at))) at += 1;
      while (at < to && isBlank(text.charCodeAt(to - 1))) to -= 1;
      const value = text.slice(at, to);
      if (trailers) {
        if (!name.trails) return this.#fail("http1.forbidden-trailer", shift + pos);
      } else if (name.kind !== undefined) {
        const code = this.#note(name.kind, value, shift + pos);
        if (code !== undefined) return this.#fail(code, shift + pos);
      }
      this.fields.push(name.lower, value);
      pos = lf + 1;
    }
    this.#read += pos - from;
    return pos;
  }

  /** Judges the beginning of a line whose end has not come: what is too long already need not be waited for. */
  readPartial(buffer: ReceiveBuffer, at: number): void {
    const room = this.#maxAll - this.#read;
    if (buffer.partialLine > this.#maxSize || buffer.partialLine > room) this.#failSize(at, room);
  }

  /** @param room What the whole section may still have: the limit that would be met first, byte by byte, is the one that was broken. */
  #failSize(at: number, room: number): number {
    if (room < this.#maxSize) return this.#fail("http1.fields-too-large", at + room);
    return this.#fail("http1.field-too-long", at + this.#maxSize);
  }

  #note(kind: NameKind, value: string, at: number): FaultCode | undefined {
    switch (kind) {
      case "host":
        if (this.host !== undefined) return "http1.several-hosts";
        this.host = value;
        this.hostAt = at;
        return undefined;
      case "content-length":
        // Also when both say the same: one of two proxies has already seen only the first (RFC 9112 section 6.3).
        if (this.length !== undefined) return "http1.several-lengths";
        this.length = value;
        this.lengthAt = at;
        return undefined;
      case "transfer-encoding":
        this.coding = join(this.coding, value);
        this.codingAt = at;
        return undefined;
      case "expect":
        this.expect = join(this.expect, value);
        this.expectAt = at;
        return undefined;
      case "connection":
        this.connection = join(this.connection, value);
        return undefined;
      default:
        return undefined;
    }
  }

  #fail(code: FaultCode, at: number): number {
    this.fault = fault(code, at);
    return 0;
  }

  #failName(line: string, at: number): number {
    const colon = line.indexOf(":");
    if (isBlank(line.charCodeAt(0))) {
      // A proxy may join it with the line before, or drop it; either way two parties read two messages.
      const first = this.#section === "head" && this.fields.length === 0;
      return this.#fail(first ? "http1.space-before-fields" : "http1.folded-field", at);
    }
    if (colon < 0) return this.#fail("http1.field-without-colon", at + line.length);
    if (colon === 0) return this.#fail("http1.empty-field-name", at);
    if (isBlank(line.charCodeAt(colon - 1))) return this.#fail("http1.space-before-colon", at + colon - 1);
    return this.#fail("http1.bad-field-name", at);
  }
}

const join = (before: string | undefined, value: string): string =>
  before === undefined ? value : `${before},${value}`;

/** Where the content of the line that `lf` ends stops: before the CR, or before the LF where the CR is missing. */
export const contentEnd = (text: string, pos: number, lf: number): number =>
  lf > pos && text.charCodeAt(lf - 1) === CR ? lf - 1 : lf;

/** The first byte of the line from `pos` to `lf` that may not stand there: a control character, a CR or LF on its own. */
export function lineFault(text: string, pos: number, lf: number, shift: number): Fault | undefined {
  CONTROL.lastIndex = pos;
  const at = CONTROL.exec(text)!.index;
  const code = text.charCodeAt(at);
  if (code === LF) return fault("http1.bare-lf", shift + at);
  if (code !== CR) return fault("http1.control-byte", shift + at);
  return at === lf - 1 ? undefined : fault("http1.bare-cr", shift + at);
}
