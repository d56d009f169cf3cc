// What an application may say in `startResponse`: judged while the application is on the stack, so that the error is thrown
// at the line that made it (PEP 3333, The start_response() Callable). Nothing unchecked reaches the wire.

import { isToken, trimBlanks } from "../protocol/grammar.ts";

export interface CheckedStatus {
  readonly status: number;
  readonly reason: string;
}

/** Holds the place of a status while the arguments of startResponse are judged. */
export const UNSAID: CheckedStatus = Object.freeze({ status: 500, reason: "" });

export interface CheckedHeaders {
  /** A flat copy, so that a list the application changes later changes nothing here. Without Content-Length. */
  readonly fields: readonly string[];
  /** What Content-Length said. */
  readonly length: number | undefined;
}

/** Fields that belong to the connection, which is the server's (RFC 9110 section 7.6.1; PEP 3333, Other HTTP Features). */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "trailers",
  "transfer-encoding",
  "upgrade",
]);

/** Whether the name is one that an application must not send. Case does not matter. */
export const isHopByHop = (name: string): boolean => HOP_BY_HOP.has(name.toLowerCase());

const STATUS = /^[1-9][0-9]{2} [\t\x20-\x7e\x80-\xff]*$/;
// Nothing above U+00FF: its low byte would go out, and the low byte of U+010A is a line feed.
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const DIGITS = /^[0-9]+$/;

// An application says the same few statuses and names for ever; a lookup is cheaper than the check. Bounded, because an
// application may build names from what a client sent.
const CACHE_SIZE = 500;
const statuses = new Map<string, CheckedStatus>();
const names = new Map<string, NameKind>();
type NameKind = "field" | "content-length";

/** @throws TypeError that names what was given and what fits. */
export function checkStatus(given: unknown): CheckedStatus {
  const known = statuses.get(given as string);
  if (known !== undefined) return known;
  if (typeof given !== "string" || !STATUS.test(given)) {
    throw new TypeError(
      `startResponse: status ${show(given)}: expected three digits, a space and a reason, as in "200 OK"`,
    );
  }
  const status = Number(given.slice(0, 3));
  if (status < 200) {
    throw new TypeError(
      `startResponse: status ${show(given)}: an interim response is sent with environ["tsgi.early_hints"]`,
    );
  }
  const checked = { status, reason: given.slice(4) };
  if (statuses.size < CACHE_SIZE) statuses.set(given, checked);
  return checked;
}

// What was found right last, name and value in turn. Routes say the same headers for request after request, and comparing
// strings that are the same objects costs a fraction of judging them.
let lastGiven: string[] = [];
let lastChecked: CheckedHeaders = Object.freeze({ fields: Object.freeze([]), length: undefined });

/**
 * @param by What was called, for the message.
 * @throws TypeError that names the header, its value and what fits.
 */
export function checkHeaders(given: unknown, by = "startResponse"): CheckedHeaders {
  if (!Array.isArray(given)) {
    throw new TypeError(`${by}: headers ${show(given)}: expected an array of [name, value] pairs`);
  }
  if (isLast(given)) return lastChecked;
  lastChecked = Object.freeze(judgeHeaders(given, by));
  lastGiven = given.flat() as string[];
  return lastChecked;
}

function isLast(given: readonly unknown[]): boolean {
  if (given.length * 2 !== lastGiven.length) return false;
  for (let i = 0; i < given.length; i += 1) {
    const pair = given[i];
    if (!Array.isArray(pair) || pair.length !== 2) return false;
    if (pair[0] !== lastGiven[i * 2] || pair[1] !== lastGiven[i * 2 + 1]) return false;
  }
  return true;
}

function judgeHeaders(given: readonly unknown[], by: string): CheckedHeaders {
  // Made as long as it will most likely be: an array that grows by pushes reserves room for seventeen.
  const fields = new Array<string>(given.length * 2);
  let length: number | undefined;
  let at = 0;
  for (let i = 0; i < given.length; i += 1) {
    const pair: unknown = given[i];
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw new TypeError(`${by}: header ${i} is ${show(pair)}: expected a [name, value] pair`);
    }
    const [name, value] = pair as [unknown, unknown];
    const kind = checkName(name, by);
    if (typeof value !== "string" || !VALUE.test(value))
      throw new TypeError(`${by}: ${wrongValue(name as string, value)}`);
    if (kind === "content-length") {
      if (length !== undefined) throw new TypeError(`${by}: Content-Length was given twice`);
      length = contentLength(value, by);
    } else {
      fields[at] = name as string;
      fields[at + 1] = trimBlanks(value);
      at += 2;
    }
  }
  if (at < fields.length) fields.length = at;
  return { fields: Object.freeze(fields), length };
}

function checkName(name: unknown, by: string): NameKind {
  const known = names.get(name as string);
  if (known !== undefined) return known;
  if (typeof name !== "string" || !isToken(name)) {
    throw new TypeError(`${by}: header name ${show(name)}: expected letters, digits and any of !#$%&'*+-.^_\`|~`);
  }
  const lower = name.toLowerCase();
  if (HOP_BY_HOP.has(lower)) {
    throw new TypeError(`${by}: header ${name} belongs to the connection, which is the server's: leave it out`);
  }
  if (lower === "status")
    throw new TypeError(`${by}: the status is no header, but the first argument of startResponse`);
  const kind = lower === "content-length" ? "content-length" : "field";
  if (names.size < CACHE_SIZE) names.set(name, kind);
  return kind;
}

// Digits only: RFC 9110 section 8.6 has no sign, no blank and no list.
function contentLength(value: string, by: string): number {
  const length = DIGITS.test(value) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(length)) {
    throw new TypeError(`${by}: Content-Length ${show(value)}: expected digits only`);
  }
  return length;
}

/** What is wrong with a value that is no field value. */
export function wrongValue(name: string, value: unknown): string {
  const fits = "expected a string of latin-1 characters without control characters";
  if (typeof value !== "string") return `header ${name} is ${show(value)}: ${fits}`;
  const at = [...value].findIndex((c) => !VALUE.test(c));
  const code = value.codePointAt(at)?.toString(16).toUpperCase().padStart(4, "0");
  return `header ${name} has U+${code} at position ${at} of ${show(value)}: ${fits}`;
}

/** A short picture of a value for a message. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}...` : value);
  if (typeof value === "function") return value.name === "" ? "a function" : `the function ${value.name}`;
  if (value === null || value === undefined || typeof value !== "object") return String(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  const name = (value as { constructor?: { name?: unknown } }).constructor?.name;
  return typeof name === "string" && name !== "Object" ? `a ${name}` : "an object";
}
