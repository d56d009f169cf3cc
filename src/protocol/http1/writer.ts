// From send events to the bytes of a response. The one place that chooses how a response is framed (RFC 9112 section 6.3)
// and whether its connection goes on. Does not know requests beyond what their answers depend on, nor when bytes are written.

import { flat, latin1 } from "../bytes.ts";
import {
  type DataEvent,
  type FlatFields,
  type InformationEvent,
  NO_FIELDS,
  type Piece,
  type RequestHead,
  type ResponseEvent,
} from "../events.ts";
import { MisuseError } from "../faults.ts";
import { isFieldValue } from "../grammar.ts";
import { readsTrailers } from "./framing.ts";
import { fieldName, mayTrail, type NameKind } from "./names.ts";

/** Up to here copying a body behind its head is cheaper than a second piece for the kernel to gather. */
const JOIN_BYTES = 4_096;

const INFORMATION: Readonly<Record<InformationEvent["status"], string>> = {
  100: "Continue",
  102: "Processing",
  103: "Early Hints",
};

const CHUNKED = "Transfer-Encoding: chunked\r\n";
const CLOSE = "Connection: close\r\n";
const KEEP_ALIVE = "Connection: keep-alive\r\n";

/** What is due; to be sent are any information and the response, then the body, then nothing. */
export type Phase = "idle" | "head" | "body" | "over";

const WHEN: Readonly<Record<Phase, string>> = {
  idle: "before there was a request",
  head: "before a response",
  body: "in the middle of a body",
  over: "after the response was over",
};

/** The part of a head that is the same for all responses of a second with the same status. */
interface Opening {
  readonly reason: string;
  readonly date: string;
  readonly server: string;
  readonly text: string;
}

/** One for each status: the codecs of a process share it, since their Server and Date are the same. */
const openings = new Array<Opening | undefined>(1_000).fill(undefined);

/** The lines of the fields that were written last, by any codec of the process. A list that can still change is never kept. */
interface Lines {
  readonly fields: FlatFields | undefined;
  readonly text: string;
  readonly hasDate: boolean;
  readonly hasServer: boolean;
}

let lastLines: Lines = { fields: undefined, text: "", hasDate: false, hasServer: false };

/** The head that was asked for last, of those that have a length and keep the connection. Its text is made when it is asked for again. */
const lastHead = { opening: "", lines: "", length: -1, text: "" };

/** A route gives the same head for a second's responses: then it is one flat string, and not five to be put together. */
function keptHead(opening: string, lines: string, length: number): string {
  const isLast = lastHead.length === length && lastHead.lines === lines && lastHead.opening === opening;
  if (isLast && lastHead.text !== "") return lastHead.text;
  const text = `${opening}${lines}Content-Length: ${length}\r\n\r\n`;
  lastHead.opening = opening;
  lastHead.lines = lines;
  lastHead.length = length;
  lastHead.text = isLast ? flat(text) : "";
  return text;
}

export class ResponseWriter {
  phase: Phase = "idle";
  readonly #server: string;
  #version: "1.0" | "1.1" = "1.1";
  /** The request's fields: asked only when there are trailers. */
  #asked: FlatFields = NO_FIELDS;
  #isHead = false;
  #bodyless = false;
  #chunked = false;
  /** Bytes of body to come; Infinity when only the end will tell. */
  #left = 0;
  #hasDate = false;
  #hasServer = false;

  /** @throws MisuseError when `server` cannot be a field value. */
  constructor(server: string) {
    if (!isFieldValue(server)) throw new MisuseError(`Server: ${JSON.stringify(server)} is not a field value`);
    this.#server = server;
  }

  /** A request was read; its response is due. */
  open(method: string, version: RequestHead["version"], fields = NO_FIELDS): void {
    this.phase = "head";
    this.#asked = fields;
    this.#isHead = method === "HEAD";
    this.#version = version;
  }

  /** An interim response. Nothing is put out for a 1.0 client, which does not know that another one follows (RFC 9110 section 15.2). */
  information(event: InformationEvent, out: Piece[]): void {
    if (this.phase !== "head") throw new MisuseError(`${event.status} was sent ${WHEN[this.phase]}`);
    const lines = this.#fieldLines(event.fields);
    if (this.#version === "1.1") out.push(`HTTP/1.1 ${event.status} ${INFORMATION[event.status]}\r\n${lines}\r\n`);
  }

  /**
   * The head, and the body as far as it is there.
   *
   * @param persist Whether the connection could go on.
   * @returns Whether it does.
   */
  response(event: ResponseEvent, persist: boolean, out: Piece[]): boolean {
    if (this.phase !== "head") throw new MisuseError(`a response was sent ${WHEN[this.phase]}`);
    const { status, body, more } = event;
    const size = body === undefined ? 0 : body.length;
    // RFC 9110 section 15.3.6: 205 has no content, and says so by its length.
    const isReset = status === 205;
    const bodyless = this.#isHead || isReset || status === 204 || status === 304;
    const length = isReset ? 0 : (event.length ?? (more || bodyless ? undefined : size));
    if (length !== undefined && !(Number.isSafeInteger(length) && length >= 0)) {
      throw new MisuseError(`the length of a response is ${length}`);
    }
    if (length !== undefined && !bodyless && (more ? size > length : size !== length)) throw wrongSize(length, size);
    const chunked = length === undefined && !bodyless && this.#version === "1.1";
    const persists = persist && !event.close && (length !== undefined || bodyless || chunked);

    const lines = this.#fieldLines(event.fields);
    const opening = openingFor(event, this.#hasDate ? "" : event.date, this.#hasServer ? "" : this.#server);
    const head =
      persists && length !== undefined && status !== 204 && this.#version === "1.1" && event.announces === undefined
        ? keptHead(opening, lines, length)
        : this.#rareHead(event, opening + lines, chunked, length, persists);

    this.#bodyless = bodyless;
    this.#chunked = chunked;
    this.#left = length === undefined ? Number.POSITIVE_INFINITY : length - size;
    this.phase = more ? "body" : "over";
    // An idle connection keeps nothing of its last request.
    if (!more) this.#asked = NO_FIELDS;
    if (body === undefined || size === 0 || bodyless) out.push(head);
    else if (chunked) putChunk(head, body, out);
    else if (typeof body === "string") out.push(head + body);
    else if (size <= JOIN_BYTES) out.push(head + latin1(body));
    else out.push(head, body);
    return persists;
  }

  #rareHead(
    event: ResponseEvent,
    start: string,
    chunked: boolean,
    length: number | undefined,
    persists: boolean,
  ): string {
    const { status, announces, more } = event;
    const framing = chunked ? CHUNKED : length === undefined || status === 204 ? "" : `Content-Length: ${length}\r\n`;
    const connection = persists ? (this.#version === "1.0" ? KEEP_ALIVE : "") : CLOSE;
    const trailer = announces === undefined ? "" : this.#announce(announces, chunked && more);
    return `${start}${framing}${trailer}${connection}\r\n`;
  }

  data({ bytes }: DataEvent, out: Piece[]): void {
    if (this.phase !== "body") throw new MisuseError(`data was sent ${WHEN[this.phase]}`);
    const size = bytes.length;
    // An empty chunk would be the last one (RFC 9112 section 7.1).
    if (size === 0 || this.#bodyless) return;
    if (size > this.#left) throw new MisuseError(`${size} bytes of body were sent where ${this.#left} were left`);
    this.#left -= size;
    if (this.#chunked) putChunk("", bytes, out);
    else out.push(bytes);
  }

  end(out: Piece[], trailers = NO_FIELDS): void {
    if (this.phase !== "body") throw new MisuseError(`the end was sent ${WHEN[this.phase]}`);
    if (!this.#bodyless && this.#left > 0 && this.#left !== Number.POSITIVE_INFINITY) {
      throw new MisuseError(`the end was sent where ${this.#left} bytes of body were left`);
    }
    const lines = trailers.length === 0 ? "" : trailerLines(trailers);
    this.phase = "over";
    if (this.#chunked) out.push(lines !== "" && readsTrailers(this.#asked) ? `0\r\n${lines}\r\n` : "0\r\n\r\n");
    this.#asked = NO_FIELDS;
  }

  #announce(names: readonly string[], possible: boolean): string {
    for (const name of names)
      if (!mayTrail(name)) throw new MisuseError(`${JSON.stringify(name)} may not be a trailer`);
    return possible && names.length > 0 && readsTrailers(this.#asked) ? `Trailer: ${names.join(", ")}\r\n` : "";
  }

  /** The lines of fields; those of a frozen list that was written last are remembered. */
  #fieldLines(fields: FlatFields): string {
    if (fields === lastLines.fields) {
      this.#hasDate = lastLines.hasDate;
      this.#hasServer = lastLines.hasServer;
      return lastLines.text;
    }
    const text = this.#judgeLines(fields);
    if (Object.isFrozen(fields)) {
      lastLines = { fields, text, hasDate: this.#hasDate, hasServer: this.#hasServer };
    }
    return text;
  }

  /** Whoever made the fields has checked them. This is the last gate: what could split a response does not pass it. */
  #judgeLines(fields: FlatFields): string {
    this.#hasDate = false;
    this.#hasServer = false;
    let lines = "";
    for (let i = 0; i < fields.length; i += 2) {
      const raw = fields[i]!;
      const value = fields[i + 1];
      const name = fieldName(raw);
      if (name === undefined) throw new MisuseError(`${JSON.stringify(raw)} is not a field name`);
      if (typeof value !== "string" || !isFieldValue(value)) {
        throw new MisuseError(`${raw}: ${JSON.stringify(value)} is not a field value`);
      }
      if (name.kind !== undefined) this.#note(name.kind, raw);
      lines += `${raw}: ${value}\r\n`;
    }
    return lines;
  }

  #note(kind: NameKind, raw: string): void {
    if (kind === "date") this.#hasDate = true;
    else if (kind === "server") this.#hasServer = true;
    else if (kind === "content-length" || kind === "transfer-encoding" || kind === "connection") {
      throw new MisuseError(`${raw} is chosen by the codec`);
    }
  }
}

function trailerLines(fields: FlatFields): string {
  let lines = "";
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!;
    const value = fields[i + 1];
    if (!mayTrail(name)) throw new MisuseError(`${JSON.stringify(name)} may not be a trailer`);
    if (typeof value !== "string" || !isFieldValue(value)) {
      throw new MisuseError(`trailer ${name}: ${JSON.stringify(value)} is not a field value`);
    }
    lines += `${name}: ${value}\r\n`;
  }
  return lines;
}

const wrongSize = (length: number, size: number): MisuseError =>
  new MisuseError(`a response of length ${length} was sent with ${size} bytes of body`);

function openingFor(event: ResponseEvent, date: string, server: string): string {
  const { status, reason } = event;
  const known = openings[status];
  if (known !== undefined && known.date === date && known.reason === reason && known.server === server)
    return known.text;
  if (!(Number.isInteger(status) && status >= 200 && status <= 999)) {
    throw new MisuseError(`the status of a response is ${status}`);
  }
  if (!isFieldValue(reason)) throw new MisuseError(`${JSON.stringify(reason)} is not a reason phrase`);
  if (!isFieldValue(date)) throw new MisuseError(`Date: ${JSON.stringify(date)} is not a field value`);
  const built = `HTTP/1.1 ${status} ${reason}\r\n${server && `Server: ${server}\r\n`}${date && `Date: ${date}\r\n`}`;
  const text = flat(built);
  openings[status] = { reason, date, server, text };
  return text;
}

/** One chunk in as few pieces as make no copy of a large one. */
function putChunk(before: string, bytes: Piece, out: Piece[]): void {
  const start = `${before}${bytes.length.toString(16)}\r\n`;
  if (typeof bytes === "string") out.push(`${start}${bytes}\r\n`);
  else if (bytes.length <= JOIN_BYTES) out.push(`${start}${latin1(bytes)}\r\n`);
  else out.push(start, bytes, "\r\n");
}
