// What of a Response's headers goes out: without those that are the connection's own, and judged, because the platform lets more pass than
// HTTP does. The last list is remembered: routes give the same one for request after request.

import { ContractError } from "../gateway/body.ts";
import { isEventStream } from "../gateway/failure.ts";
import { show, wrongValue } from "../gateway/said.ts";
import type { FlatFields } from "../protocol/events.ts";
import { isDigits, isFieldValue, listMembers } from "../protocol/grammar.ts";

export interface SentFields {
  /** Frozen. Without Content-Length. */
  readonly fields: FlatFields;
  /** What Content-Length said. */
  readonly length: number | undefined;
  /** `Connection: close` was said. */
  readonly close: boolean;
  readonly isEventStream: boolean;
}

/**
 * What concerns one hop only (RFC 9110 section 7.6.1) and comes along when a fetched response is passed on: left out, not refused.
 * Upgrade goes with 426 alone, where it says what would be spoken (section 15.5.22).
 */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

let lastGiven: FlatFields | undefined;
let lastSent: SentFields | undefined;

/** @throws ContractError for a value that cannot be sent. */
export function sentFields(given: FlatFields, status: number): SentFields {
  if (given === lastGiven && lastSent !== undefined && status !== 426) return lastSent;
  const sent = judge(given, status);
  if (Object.isFrozen(given) && status !== 426) {
    lastGiven = given;
    lastSent = sent;
  }
  return sent;
}

function judge(given: FlatFields, status: number): SentFields {
  const fields: string[] = [];
  let length: number | undefined;
  let close = false;
  for (let i = 0; i < given.length; i += 2) {
    const name = given[i]!;
    const value = given[i + 1]!;
    if (!isFieldValue(value)) throw new ContractError(`the Response cannot be sent: ${wrongValue(name, value)}`);
    if (name === "content-length") {
      if (length !== undefined || !isDigits(value) || !Number.isSafeInteger(Number(value))) {
        throw new ContractError(`the Response has Content-Length ${show(value)}: expected digits only, once`);
      }
      length = Number(value);
    } else if (!HOP_BY_HOP.has(name) || (name === "upgrade" && status === 426)) fields.push(name, value);
    else if (name === "connection") close ||= listMembers(value).includes("close");
  }
  return { fields: Object.freeze(fields), length, close, isEventStream: isEventStream(fields) };
}

/** Codings that Node's fetch takes off a body while the header still names them. */
const DECODED: ReadonlySet<string> = new Set(["gzip", "x-gzip", "deflate", "br"]);

/** The fields of a response that came from `fetch()`: its body was decoded, so neither its coding nor its length is true any more. */
export function decodedFields(fields: FlatFields): FlatFields {
  const at = fields.indexOf("content-encoding");
  if (at < 0 || at % 2 !== 0 || !listMembers(fields[at + 1]!).every((coding) => DECODED.has(coding))) return fields;
  const kept: string[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!;
    if (name !== "content-encoding" && name !== "content-length") kept.push(name, fields[i + 1]!);
  }
  return kept;
}
