// Takes multipart/form-data (RFC 7578, RFC 2046 section 5.1) apart while it arrives. Holds at most one chunk, and a boundary
// that may have begun at its end. Does not know which fields there are, nor where their bytes go.

import { Buffer } from "node:buffer";
import { badRequest } from "./http-error.ts";

/** For each part: one `part`, any number of `data`, one `end`. */
export type PartEvent =
  | {
      readonly type: "part";
      /** The name of the form field. */
      readonly name: string;
      /** As the client said it, so never to be used as a path; undefined for a field that is not a file. */
      readonly filename: string | undefined;
      readonly contentType: string | undefined;
    }
  | { readonly type: "data"; readonly bytes: Buffer }
  | { readonly type: "end" };

/** Far more than any browser sends; without it, a head that never ends would fill the memory. */
const MAX_HEAD_BYTES = 8_192;
const CR = 0x0d;
const EMPTY = Buffer.alloc(0);
const HEAD_END = Buffer.from("\r\n\r\n");

/**
 * The parts of a form in the order of the wire, pulled: while nobody asks for the next event, nothing is read.
 *
 * @param contentType The request's Content-Type, which names the boundary.
 * @throws HttpError 400 when it is not a well-formed form.
 */
export async function* readMultipart(
  body: AsyncIterable<Uint8Array>,
  contentType: string,
): AsyncGenerator<PartEvent, void, void> {
  const parser = new MultipartParser(boundaryOf(contentType));
  for await (const bytes of body) yield* parser.push(bytes);
  parser.finish();
}

/** @throws HttpError 400 without a boundary of 1 to 70 characters (RFC 2046 section 5.1.1). */
export function boundaryOf(contentType: string): string {
  const found = /;[ \t]*boundary=(?:"([^"\\]{1,70})"|([^\s;"]{1,70}))[ \t]*(?:;|$)/i.exec(contentType);
  const boundary = found?.[1] ?? found?.[2];
  if (boundary === undefined) throw badRequest("This form has no boundary in its Content-Type.");
  return boundary;
}

type State = "preamble" | "head" | "data" | "epilogue";

export class MultipartParser {
  readonly #delimiter: Buffer;
  // RFC 2046 counts the line end before a boundary as part of it, and the first boundary may have no line before it.
  #rest: Buffer = Buffer.from("\r\n");
  #state: State = "preamble";

  constructor(boundary: string) {
    this.#delimiter = Buffer.from(`\r\n--${boundary}`, "latin1");
  }

  /** What is known now that `bytes` have come. The events' bytes are views of them. */
  *push(bytes: Uint8Array): Generator<PartEvent, void, void> {
    this.#rest = this.#rest.length === 0 ? asBuffer(bytes) : Buffer.concat([this.#rest, bytes]);
    while (this.#state !== "epilogue") {
      if (this.#state === "head") {
        const part = this.#takeHead();
        if (part !== undefined) yield part;
        else if (this.#state === "head") return;
        continue;
      }
      const at = this.#rest.indexOf(this.#delimiter);
      const data = this.#take(at < 0 ? this.#certain() : at);
      const inPart = this.#state === "data";
      if (inPart && data.length > 0) yield { type: "data", bytes: data };
      if (at < 0) return;
      this.#take(this.#delimiter.length);
      this.#state = "head";
      if (inPart) yield { type: "end" };
    }
    this.#rest = EMPTY;
  }

  /** @throws HttpError 400 when the last boundary has not been seen: a cut form must not pass for a whole one. */
  finish(): void {
    if (this.#state !== "epilogue") throw badRequest("This form ends in the middle.");
  }

  /** How many bytes are surely not the beginning of a delimiter, all of which begin with a carriage return. */
  #certain(): number {
    const cr = this.#rest.indexOf(CR, Math.max(0, this.#rest.length - this.#delimiter.length + 1));
    return cr < 0 ? this.#rest.length : cr;
  }

  /** What follows a delimiter: `--` after the last one, else the fields of a part. Undefined when more bytes are needed. */
  #takeHead(): PartEvent | undefined {
    if (this.#rest.length < 2) return undefined;
    if (this.#rest.toString("latin1", 0, 2) === "--") {
      this.#state = "epilogue";
      return undefined;
    }
    const at = this.#rest.indexOf(HEAD_END);
    if (at > MAX_HEAD_BYTES || (at < 0 && this.#rest.length > MAX_HEAD_BYTES)) {
      throw badRequest("A part of this form has a head that is too long.");
    }
    if (at < 0) return undefined;
    const head = this.#take(at).toString("utf8");
    this.#take(HEAD_END.length);
    this.#state = "data";
    return parseHead(head);
  }

  #take(length: number): Buffer {
    const taken = this.#rest.subarray(0, length);
    this.#rest = length === this.#rest.length ? EMPTY : this.#rest.subarray(length);
    return taken;
  }
}

function parseHead(head: string): PartEvent {
  const [padding, ...lines] = head.split("\r\n");
  // RFC 2046 allows blanks after a boundary. Anything else means that a longer line only began like one.
  if (padding === undefined || /[^ \t]/.test(padding)) throw badRequest("This form has a boundary that goes on.");
  let disposition = "";
  let contentType: string | undefined;
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon < 1) throw badRequest("A part of this form has a malformed head.");
    const name = line.slice(0, colon).toLowerCase();
    if (name === "content-disposition") disposition = line.slice(colon + 1).trim();
    else if (name === "content-type") contentType = line.slice(colon + 1).trim();
  }
  const parameters = parametersOf(disposition);
  const name = parameters.get("name");
  if (!/^form-data[ \t]*;/i.test(disposition) || name === undefined) {
    throw badRequest("A part of this form does not say which field it is.");
  }
  return { type: "part", name, filename: parameters.get("filename"), contentType };
}

// Every backslash can be read in one way only, and a match goes on where the last one ended: a hostile head costs no more
// time than its length.
const PARAMETER = /[ \t]*;[ \t]*([\w*-]+)=(?:"((?:[^"\\]|\\["\\]|\\(?!["\\]))*)"|([^\s;"]+))/y;

/** The parameters after `form-data`. Browsers write a quote as `%22` (WHATWG HTML, multipart/form-data), older clients as `\"`. */
function parametersOf(disposition: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  PARAMETER.lastIndex = Math.max(0, disposition.indexOf(";"));
  for (let found = PARAMETER.exec(disposition); found !== null; found = PARAMETER.exec(disposition)) {
    const [, name = "", quoted, token = ""] = found;
    const value = quoted === undefined ? token : quoted.replace(/\\(["\\])/g, "$1").replaceAll("%22", '"');
    if (!parameters.has(name.toLowerCase())) parameters.set(name.toLowerCase(), value);
  }
  return parameters;
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
