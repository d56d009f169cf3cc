// What a node application says in the head of its response, in the words of our codec, which frames it: Content-Length and
// Transfer-Encoding become a length or none, Connection a wish to close. Pure but for the last list of fields, which is kept to be
// recognised.

import { STATUS_CODES, validateHeaderName, validateHeaderValue } from "node:http";
import { isEventStream } from "../gateway/failure.ts";
import type { FlatFields } from "../protocol/events.ts";
import { isDigits, isFieldValue } from "../protocol/grammar.ts";
import { fieldName, mayTrail } from "../protocol/http1/names.ts";
import { type InnerResponse, OUT_HEADERS, type OutHeaders } from "./node-names.ts";

const CLOSE = /(?:^|\W)close(?:$|\W)/i;

/** The fields of the last response, and whether they came twice. A list that is frozen costs the codec nothing when it comes again. */
let lastFields: FlatFields = Object.freeze([]);

export class Reply {
  readonly status: number;
  readonly reason: string;
  readonly fields: FlatFields;
  /** Bytes of body to come; undefined where only the end will tell. */
  readonly length: number | undefined;
  readonly close: boolean;
  readonly announces: readonly string[] | undefined;
  /** Nothing of a body is sent (HEAD, 204, 304). */
  readonly bodyless: boolean;

  /**
   * @param headers What Node's `_storeHeader` is given: the fields that were set, or those of `writeHead`.
   * @throws What Node throws for names and values that cannot be sent; Unsendable for a length that is none, or an interim status.
   */
  constructor(response: InnerResponse, headers: unknown) {
    const said = new Said();
    const set = OUT_HEADERS === undefined ? undefined : (response as unknown as Record<symbol, unknown>)[OUT_HEADERS];
    if (headers !== undefined && headers !== null) {
      if (headers === set) said.set(headers as OutHeaders);
      else if (Array.isArray(headers)) said.list(headers);
      else said.object(headers as Readonly<Record<string, unknown>>);
    }
    const { statusCode, statusMessage } = response;
    if (statusCode < 200) {
      throw new Unsendable(`Invalid status code: ${statusCode}`, "ERR_HTTP_INVALID_STATUS_CODE");
    }
    this.status = statusCode;
    this.reason = reasonOf(statusMessage, STATUS_CODES[statusCode]);
    this.bodyless = !response._hasBody;
    this.length = lengthOf(response, said);
    if (said.announces !== undefined && this.length !== undefined) {
      throw withCode(new Error("Trailers are invalid with this transfer encoding"), "ERR_HTTP_TRAILER_INVALID");
    }
    this.announces = said.announces;
    if (said.keepAlive) response.shouldKeepAlive = true;
    this.close = said.close || !response.shouldKeepAlive;
    this.fields = recognise(said.fields);
  }

  get isEventStream(): boolean {
    return isEventStream(this.fields);
  }
}

/** What Node would send though no client could make sense of it. It throws nothing here, so nobody may be there to catch it. */
export class Unsendable extends Error {
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

function reasonOf(said: unknown, usual: string | undefined): string {
  if (said === usual) return usual ?? "unknown";
  const reason = String(said || usual || "unknown");
  if (!isFieldValue(reason)) {
    throw withCode(new TypeError("Invalid character in statusMessage"), "ERR_INVALID_CHAR");
  }
  return reason;
}

function lengthOf(response: InnerResponse, said: Said): number | undefined {
  if (said.chunked) return undefined;
  if (said.length !== undefined) {
    const text = String(said.length).trim();
    if (!isDigits(text) || !Number.isSafeInteger(Number(text))) {
      throw new Unsendable(
        `Invalid value ${JSON.stringify(text)} for header "Content-Length": expected a number of bytes`,
        "ERR_HTTP_INVALID_HEADER_VALUE",
      );
    }
    response._contentLength = Number(text);
    response._removedContLen = false;
    return response._contentLength;
  }
  const known = response._hasBody && !response._removedContLen && said.announces === undefined;
  return known ? (response._contentLength ?? undefined) : undefined;
}

function recognise(fields: string[]): FlatFields {
  const last = lastFields;
  if (last.length === fields.length && last.every((text, i) => text === fields[i])) {
    if (!Object.isFrozen(last)) Object.freeze(last);
    return last;
  }
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!;
    const value = fields[i + 1]!;
    // Judged again, as text: an object may say something else when it is asked once more, and a list may have grown.
    if (fieldName(name) === undefined) validateHeaderName(name);
    if (!isFieldValue(value)) validateHeaderValue(name, value);
  }
  lastFields = fields;
  return fields;
}

/** Fields as they are told, one by one. */
class Said {
  readonly fields: string[] = [];
  length: unknown;
  chunked = false;
  close = false;
  keepAlive = false;
  announces: readonly string[] | undefined;

  /** Those of `setHeader`, which has judged them. */
  set(headers: OutHeaders): void {
    for (const lower in headers) {
      const [name, value] = headers[lower]!;
      this.#values(name, lower, value);
    }
  }

  /** Names and values in turn, or pairs of them. */
  list(headers: readonly unknown[]): void {
    const flat = Array.isArray(headers[0]) ? (headers as readonly (readonly unknown[])[]).flat(1) : headers;
    if (flat.length % 2 !== 0) {
      throw withCode(
        new TypeError("The argument 'headers' is invalid: a name without a value"),
        "ERR_INVALID_ARG_VALUE",
      );
    }
    for (let i = 0; i < flat.length; i += 2) this.#judged(flat[i] as string, flat[i + 1]);
  }

  object(headers: Readonly<Record<string, unknown>>): void {
    for (const name of Object.keys(headers)) this.#judged(name, headers[name]);
  }

  #judged(name: string, value: unknown): void {
    validateHeaderName(name);
    for (const one of Array.isArray(value) ? value : [value]) validateHeaderValue(name, one as string);
    this.#values(name, name.toLowerCase(), value);
  }

  #values(name: string, lower: string, value: unknown): void {
    if (!Array.isArray(value)) this.#value(name, lower, value);
    // Of all fields only Cookie is one line with semicolons (RFC 6265 section 5.4).
    else if (lower === "cookie" && value.length > 1) this.#value(name, lower, value.join("; "));
    else for (const one of value) this.#value(name, lower, one);
  }

  #value(name: string, lower: string, value: unknown): void {
    switch (lower) {
      case "content-length":
        this.length = value;
        return;
      case "transfer-encoding":
        // The codec chooses, and knows one coding.
        this.chunked = true;
        return;
      case "connection":
        if (CLOSE.test(String(value))) this.close = true;
        else this.keepAlive = true;
        return;
      case "keep-alive":
        // Of this hop, and the worker's to say.
        return;
      case "trailer":
        this.announces = [
          ...(this.announces ?? []),
          ...String(value)
            .split(",")
            .map((one) => one.trim()),
        ].filter(mayTrail);
        return;
      default:
        this.fields.push(name, typeof value === "string" ? value : String(value));
    }
  }
}

/** The trailers that Node has made lines of. Those that may not trail a message are left out (RFC 9110 section 6.5.1). */
export function trailersOf(lines: string): FlatFields {
  const fields: string[] = [];
  for (const line of lines.split("\r\n")) {
    const colon = line.indexOf(": ");
    const name = line.slice(0, Math.max(colon, 0));
    const value = line.slice(colon + 2);
    if (mayTrail(name) && isFieldValue(value)) fields.push(name, value);
  }
  return fields;
}

const withCode = <E extends Error>(error: E, code: string): E => Object.assign(error, { code });
