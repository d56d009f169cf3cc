// From bytes to the head of a request: finds its end, reads the request line, and puts the verdicts on its fields together.
// A head that came whole and clean, which is the rule, is proven so by one expression; anything else is read line by line.
// Both ways give the same verdict, since each line is judged on its own and in order. Does not know bodies or responses.

import { flat, type ReceiveBuffer } from "../bytes.ts";
import type { Limits } from "../codec.ts";
import type { RequestHead } from "../events.ts";
import { type Fault, type FaultCode, fault } from "../faults.ts";
import { authorityOf, isHost, isToken } from "../grammar.ts";
import { type Stranger, strangerByBytes, strangerByEmptyLine, strangerByLine } from "../strangers.ts";
import { contentEnd, FieldReader, lineFault } from "./fields.ts";
import {
  bodyLength,
  expectsContinue,
  hostFault,
  type TargetForm,
  targetHostFault,
  wishesToPersist,
} from "./framing.ts";
import { type HeadMemory, isText, memoryUnder, type Recalled } from "./recall.ts";

const CR = 0x0d;
const LF = 0x0a;
const SLASH = 0x2f;
const ONE = 0x31;
const HEAD_END = "\r\n\r\n";
/** A right request line of HTTP/1.1 with a path, which is what recalled fields were judged with. */
const PLAIN_LINE = /(?!CONNECT )[!#$%&'*+\-.^_`|~0-9A-Za-z]+ \/[\x21\x22\x24-\x7e\x80-\xff]* HTTP\/1\.1\r\n/y;
/** A right request line, lines that are not empty, then one that is; of all control characters only HTAB and CR LF. */
const WHOLE_AND_CLEAN =
  /[!#$%&'*+\-.^_`|~0-9A-Za-z]+ [\x21\x22\x24-\x7e\x80-\xff]+ HTTP\/1\.[01]\r\n(?:[\t\x20-\x7e\x80-\xff]+\r\n)*\r\n/y;
/** Up to here, decoding what follows a head as well (the next one, perhaps) costs less than looking for the end first. */
const DECODE_AHEAD = 4_096;
const VERSION = /^HTTP\/[0-9]\.[0-9]$/;
// A fragment is the client's own and never sent. Bytes above 0x7f are not in the grammar either, but browsers and proxies
// pass them on, and they are nobody's delimiter.
const NOT_TARGET = /[\0-\x20#\x7f]/;
const HAS_PORT = /:[0-9]+$/;

/** Which bytes may begin a request: those of a token, and CR or LF, which the judge of lines names. */
const MAY_BEGIN = Uint8Array.from({ length: 256 }, (_zero, byte) =>
  byte === CR || byte === LF || isToken(String.fromCharCode(byte)) ? 1 : 0,
);

export class HeadReader {
  /** Why there will be no head. */
  fault: Fault | undefined;
  /** `""` until the request line is read. */
  method = "";
  /** Bytes of this head that were taken. */
  size = 0;
  readonly #limits: Limits;
  readonly #maxLine: number;
  readonly #fields: FieldReader;
  readonly #memory: HeadMemory;
  /** What was recalled last: most likely it comes again. */
  #last: Recalled | undefined;
  #target = "";
  #version: "1.0" | "1.1" = "1.1";
  #form: TargetForm = "origin";
  #skippedLine = false;

  constructor(limits: Limits) {
    this.#limits = limits;
    this.#maxLine = limits.requestLine || Number.POSITIVE_INFINITY;
    this.#fields = new FieldReader("head", limits);
    this.#memory = memoryUnder(limits);
  }

  /** Ready for the next head. */
  reset(): void {
    this.method = "";
    this.size = 0;
    this.#skippedLine = false;
    this.#fields.reset();
  }

  /** The head; undefined when more bytes are needed, or when there is a `fault`. */
  read(buffer: ReceiveBuffer): RequestHead | undefined {
    if (this.size === 0 && !this.#mayBegin(buffer)) return undefined;
    if (buffer.text === "" || buffer.start >= buffer.textAt + buffer.text.length) {
      const stop = linesUpTo(buffer);
      if (stop <= buffer.start) return this.#readPartial(buffer);
      buffer.text = buffer.bytes.toString("latin1", buffer.start, stop);
      buffer.textAt = buffer.start;
    }
    const { text, textAt } = buffer;
    const from = buffer.start - textAt;
    let clean = false;
    let fieldsFrom = from;
    if (this.method === "") {
      const recalled = this.#recall(text, from);
      if (recalled !== undefined) {
        buffer.start += this.size;
        return recalled;
      }
      WHOLE_AND_CLEAN.lastIndex = from;
      clean = WHOLE_AND_CLEAN.test(text);
      const lf = text.indexOf("\n", from);
      fieldsFrom = lf + 1;
      this.fault = clean ? this.#readLine(text, from, lf - 1) : this.#judgeLine(text, from, lf);
      if (this.fault !== undefined) return undefined;
    }
    const to = this.#fields.read(text, fieldsFrom, this.size - from, clean);
    this.fault = this.#fields.fault;
    if (this.fault !== undefined) return undefined;
    this.size += to - from;
    buffer.start = textAt + to;
    if (!this.#fields.ended) return this.#readPartial(buffer);
    const head = this.#judge();
    if (clean && to === text.length && head !== undefined) this.#learn(head, text, fieldsFrom);
    return head;
  }

  /** The head, where its fields were judged before and its request line is a plain one. */
  #recall(text: string, from: number): RequestHead | undefined {
    const fieldsFrom = text.indexOf("\n", from) + 1;
    let recalled = this.#last;
    if (recalled === undefined || !isText(text, fieldsFrom, recalled)) recalled = this.#memory.recall(text, fieldsFrom);
    PLAIN_LINE.lastIndex = from;
    if (recalled === undefined || fieldsFrom - 2 - from > this.#maxLine || !PLAIN_LINE.test(text)) return undefined;
    this.#last = recalled;
    this.size = fieldsFrom - from + recalled.text.length;
    const space = text.indexOf(" ", from);
    const { fields, length, expectContinue, keepAlive } = recalled;
    this.method = text.slice(from, space);
    const target = text.slice(space + 1, fieldsFrom - " HTTP/1.1\r\n".length);
    return { method: this.method, target, version: "1.1", fields, length, expectContinue, keepAlive };
  }

  #learn(head: RequestHead, text: string, from: number): void {
    if (this.#version !== "1.1" || this.#form !== "origin" || !this.#memory.isWorthKeeping(text, from)) return;
    const { fields, length, expectContinue, keepAlive } = head;
    this.#memory.keep({
      text: flat(text.slice(from)),
      fields: Object.freeze(fields.map(flat)),
      length,
      expectContinue,
      keepAlive,
    });
  }

  /** Steps over one empty line, and looks at the first byte: a client that speaks TLS to us may never send a line end. */
  #mayBegin(buffer: ReceiveBuffer): boolean {
    const { bytes, start } = buffer;
    if (bytes[start] === CR && bytes[start + 1] === LF) {
      if (this.#skippedLine) return this.#cannotBegin(strangerByEmptyLine(bytes, start), "http1.extra-empty-line");
      this.#skippedLine = true;
      buffer.start += 2;
      return buffer.length > 0 && this.#mayBegin(buffer);
    }
    return MAY_BEGIN[bytes[start]!] === 1 || this.#cannotBegin(strangerByBytes(bytes, start), "http1.bad-method");
  }

  /** Names the stranger, or waits for the few bytes that will tell; `code` is what is wrong when it is none. */
  #cannotBegin(stranger: Stranger, code: FaultCode): false {
    if (stranger !== "perhaps") this.fault = fault(stranger ?? code, 0);
    return false;
  }

  /** What may be wrong with a request line, in the order in which it could be noticed byte by byte. */
  #judgeLine(text: string, from: number, lf: number): Fault | undefined {
    const end = contentEnd(text, from, lf);
    if (end - from > this.#maxLine) return fault("http1.request-line-too-long", this.#maxLine);
    const bad = lineFault(text, from, lf, -from);
    if (bad !== undefined) return bad;
    const line = text.slice(from, end);
    const first = line.indexOf(" ");
    const second = line.indexOf(" ", first + 1);
    if (first < 0 || second <= first + 1) return fault(strangerByLine(line) ?? "http1.bad-request-line", 0);
    if (!isToken(line.slice(0, first))) return fault("http1.bad-method", 0);
    const badAt = line.slice(first + 1, second).search(NOT_TARGET);
    if (badAt >= 0) return fault("http1.bad-target", first + 1 + badAt);
    const version = line.slice(second + 1);
    if (version === "HTTP/1.1" || version === "HTTP/1.0") return this.#readLine(text, from, end);
    const stranger = strangerByLine(line);
    return stranger === undefined ? fault(versionFault(version), second + 1) : fault(stranger, 0);
  }

  /** Takes a request line that is known to be right, but for its size and the form of its target. */
  #readLine(text: string, from: number, end: number): Fault | undefined {
    if (end - from > this.#maxLine) return fault("http1.request-line-too-long", this.#maxLine);
    const space = text.indexOf(" ", from);
    const method = text.slice(from, space);
    const target = text.slice(space + 1, end - " HTTP/1.1".length);
    this.method = method;
    this.#target = target;
    this.#version = text.charCodeAt(end - 1) === ONE ? "1.1" : "1.0";
    this.#form = "origin";
    if (target.charCodeAt(0) === SLASH && method !== "CONNECT") return undefined;
    return this.#judgeForm(method, target, space + 1 - from);
  }

  #judgeForm(method: string, target: string, at: number): Fault | undefined {
    if (method === "CONNECT") {
      this.#form = "authority";
      return isHost(target) && HAS_PORT.test(target) ? undefined : fault("http1.bad-target-form", at);
    }
    if (target === "*") {
      this.#form = "asterisk";
      return method === "OPTIONS" ? undefined : fault("http1.bad-target-form", at);
    }
    this.#form = "absolute";
    const authority = authorityOf(target);
    if (authority === undefined) return fault("http1.bad-target-form", at);
    return isHost(authority) ? undefined : fault("http1.bad-target-authority", at);
  }

  /** Judges the beginning of a line whose end has not come: what is too long already need not be waited for. */
  #readPartial(buffer: ReceiveBuffer): undefined {
    if (this.method !== "") {
      this.#fields.readPartial(buffer, this.size);
      this.fault = this.#fields.fault;
    } else if (buffer.partialLine > this.#maxLine) this.fault = fault("http1.request-line-too-long", this.#maxLine);
  }

  #judge(): RequestHead | undefined {
    const fields = this.#fields;
    const version = this.#version;
    const form = this.#form;
    this.fault = hostFault(fields, version, form, this.size);
    if (form !== "origin") this.fault ??= targetHostFault(fields, form, this.#target);
    if (this.fault !== undefined) return undefined;
    const length = bodyLength(fields, version, this.#limits);
    if (typeof length === "object") return this.#refuse(length);
    const expectContinue = expectsContinue(fields, version, length);
    if (typeof expectContinue === "object") return this.#refuse(expectContinue);
    const keepAlive = wishesToPersist(fields.connection, version);
    return {
      method: this.method,
      target: this.#target,
      version,
      fields: fields.fields,
      length,
      expectContinue,
      keepAlive,
    };
  }

  #refuse(what: Fault): undefined {
    this.fault = what;
  }
}

/** Where the lines stop that are worth decoding now: at the end of the head, or at the last line end that is here. */
function linesUpTo(buffer: ReceiveBuffer): number {
  const { bytes, start } = buffer;
  if (bytes[bytes.length - 1] === LF && bytes.length - start <= DECODE_AHEAD) return bytes.length;
  if (buffer.lineEnd() < 0) return start;
  const end = bytes.indexOf(HEAD_END, start);
  return end < 0 ? bytes.lastIndexOf(LF) + 1 : end + HEAD_END.length;
}

function versionFault(version: string): FaultCode {
  if (VERSION.test(version)) return "http1.unsupported-version";
  return version.includes(" ") ? "http1.bad-request-line" : "http1.bad-version";
}
