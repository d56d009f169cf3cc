// What an application may say in an event: judged while `send` is on the stack, so that the error is thrown where it was made. Names
// what was given and what fits. Does not know when anything is said.

import { Buffer } from "node:buffer";
import { STATUS_CODES } from "node:http";
import { ContractError } from "../gateway/body.ts";
import { checkHeaders, show } from "../gateway/said.ts";
import type { FlatFields, Piece } from "../protocol/events.ts";
import { isFieldValue, listMembers } from "../protocol/grammar.ts";
import { mayTrail } from "../protocol/http1/names.ts";

/** The head of a response, judged. */
export interface SaidHeaders {
  readonly fields: FlatFields;
  /** What Content-Length said. */
  readonly length: number | undefined;
  /** `Connection: close` was said. */
  readonly close: boolean;
  /** What `Trailer` said. */
  readonly announces: readonly string[] | undefined;
}

type Pairs = readonly (readonly [string, string])[];

const NONE: SaidHeaders = Object.freeze({
  fields: Object.freeze([]),
  length: undefined,
  close: false,
  announces: undefined,
});

// Routes say the same headers for request after request, and comparing strings that are the same objects costs a fraction of judging
// them. The same frozen list of fields is also cheap for the codec.
let lastGiven: string[] = [];
let lastSaid: SaidHeaders = NONE;

/**
 * @param by The type of the event, for the message.
 * @throws TypeError that names the header, its value and what fits.
 */
export function headersOf(given: unknown, by: string): SaidHeaders {
  if (given === undefined || given === null) return NONE;
  if (isLast(given)) return lastSaid;
  const pairs = pairsOf(given, by);
  const said = judge(pairs, by);
  // Bytes may be changed after they were judged.
  if (Array.isArray(given) && given.every((pair) => Array.isArray(pair) && pair.every(isText))) {
    lastGiven = given.flat() as string[];
    lastSaid = said;
  }
  return said;
}

const isText = (value: unknown): boolean => typeof value === "string";

function isLast(given: unknown): boolean {
  if (!Array.isArray(given) || given.length === 0 || given.length * 2 !== lastGiven.length) return false;
  for (let i = 0; i < given.length; i += 1) {
    const pair: unknown = given[i];
    if (!Array.isArray(pair) || pair.length !== 2) return false;
    if (pair[0] !== lastGiven[i * 2] || pair[1] !== lastGiven[i * 2 + 1]) return false;
  }
  return true;
}

/** Names in lower case, as ASGI has them; what is bytes becomes text. */
export function pairsOf(given: unknown, by: string): Pairs {
  if (typeof given !== "object" || given === null || !(Symbol.iterator in given)) {
    throw new TypeError(`${by}: headers ${show(given)}: expected an iterable of [name, value] pairs`);
  }
  return Array.from(given as Iterable<unknown>, (pair, i) => {
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw new TypeError(`${by}: header ${i} is ${show(pair)}: expected a [name, value] pair`);
    }
    const name = textOf(pair[0]);
    if (name === undefined) {
      throw new TypeError(`${by}: the name of header ${i} is ${show(pair[0])}: expected a string or a Uint8Array`);
    }
    const value = textOf(pair[1]);
    if (value === undefined) {
      throw new TypeError(`${by}: header ${name} is ${show(pair[1])}: expected a string or a Uint8Array`);
    }
    return [name.toLowerCase(), value] as const;
  });
}

function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (!(value instanceof Uint8Array)) return undefined;
  return Buffer.from(value.buffer, value.byteOffset, value.length).toString("latin1");
}

function judge(pairs: Pairs, by: string): SaidHeaders {
  let close = false;
  let announces: string[] | undefined;
  const kept = pairs.filter(([name, value]) => {
    // ASGI, Response Start: a Transfer-Encoding of the application is ignored, the server frames.
    if (name === "transfer-encoding") return false;
    if (name === "connection" && listMembers(value).every((member) => member === "close" || member === "keep-alive")) {
      close ||= listMembers(value).includes("close");
      return false;
    }
    if (name === "status") throw new TypeError(`${by}: the status is no header, but the status of the event`);
    if (name !== "trailer") return true;
    const names = listMembers(value);
    const wrong = names.find((one) => !mayTrail(one));
    if (wrong !== undefined) throw new TypeError(`${by}: header trailer names ${show(wrong)}, which may not be one`);
    announces = [...(announces ?? []), ...names];
    return false;
  });
  const { fields, length } = checkHeaders(kept, by);
  return { fields, length, close, announces };
}

/** @throws TypeError */
export function statusOf(given: unknown, by: string): number {
  if (typeof given === "number" && Number.isInteger(given) && given >= 200 && given <= 999) return given;
  throw new TypeError(`${by}: status is ${show(given)}: expected a whole number from 200 to 999`);
}

export const reasonOf = (status: number): string => STATUS_CODES[status] ?? "";

/**
 * Text as UTF-8, and bytes as they are: `length` counts bytes.
 *
 * @throws TypeError
 */
export function bodyOf(given: unknown, by: string): Piece {
  // As many bytes as code units means ASCII, which is its own latin-1: no copy.
  if (typeof given === "string") return Buffer.byteLength(given) === given.length ? given : Buffer.from(given, "utf8");
  if (given instanceof Uint8Array) return given;
  if (given === undefined) return "";
  throw new TypeError(`${by}: body is ${show(given)}: expected a Uint8Array or a string`);
}

/** @throws TypeError */
export function flagOf(given: unknown, where: string): boolean {
  if (given === undefined || given === false) return false;
  if (given === true) return true;
  throw new TypeError(`${where} is ${show(given)}: expected true or false`);
}

/** @throws TypeError */
export function trailersOf(given: unknown, by: string): FlatFields {
  if (given === undefined || given === null) return [];
  return pairsOf(given, by).flatMap(([name, value]) => {
    if (!mayTrail(name)) {
      throw new TypeError(
        `${by}: ${show(name)} may not be a trailer: expected a field name that does not frame, route, control or authenticate a message`,
      );
    }
    return [name, fieldText(value, `${by}: trailer ${name}`)];
  });
}

/**
 * The fields of a 103 (RFC 8297).
 *
 * @throws TypeError
 */
export function linksOf(given: unknown, by: string): FlatFields {
  if (typeof given !== "object" || given === null || !(Symbol.iterator in given) || given instanceof Uint8Array) {
    throw new TypeError(`${by}: links ${show(given)}: expected an iterable of strings or Uint8Arrays`);
  }
  return Array.from(given as Iterable<unknown>).flatMap((link, i) => ["link", fieldText(link, `${by}: link ${i}`)]);
}

// A line break in a link would end the field, and begin whatever its author likes.
function fieldText(given: unknown, where: string): string {
  const text = textOf(given);
  if (text !== undefined && isFieldValue(text)) return text;
  throw new TypeError(`${where} is ${show(given)}: expected latin-1 characters without control characters`);
}

/**
 * @param fits The types that may be sent in this scope.
 * @throws TypeError when it is no event that is one of them.
 */
export function unknownEvent(given: unknown, fits: readonly string[]): TypeError {
  const type: unknown = typeof given === "object" && given !== null ? (given as { type?: unknown }).type : undefined;
  const what = typeof given === "object" && given !== null ? `an event of type ${show(type)}` : show(given);
  return new TypeError(`send was given ${what}: expected one of ${fits.join(", ")}`);
}

/** An event that may be sent, but not now. */
export const outOfOrder = (type: string, why: string): ContractError => new ContractError(`${type} was sent ${why}`);

const DUE = {
  start: "it sent http.response.start",
  body: "it sent the end of the body, an http.response.body without more_body: true",
  trailers: "it sent http.response.trailers, which the start had announced",
  over: "its response was over",
} as const;

/** What is said of an application that returned too early: what was due, and what may have kept it from saying that. */
export function unfinishedResponse(phase: keyof typeof DUE, refused?: unknown): ContractError {
  return unfinished(DUE[phase], refused);
}

export function unfinished(due: string, refused?: unknown): ContractError {
  const why = refused instanceof Error ? `; a send() before that was rejected: ${refused.message}` : "";
  return new ContractError(`the application returned before ${due}${why}`, { cause: refused });
}
