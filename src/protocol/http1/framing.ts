// What the fields of a head mean for its connection: which host it is for, how long its body is, whether the client waits
// and whether it stays (RFC 9112 sections 3.2, 6.3 and 9.3). Judged when the head is whole, so that no verdict depends on
// the order of fields. Where two parties could read a head in two ways it is refused, never repaired.

import type { Limits } from "../codec.ts";
import type { FlatFields } from "../events.ts";
import { type Fault, fault } from "../faults.ts";
import { authorityOf, isDigits, isHost, isToken, listMembers } from "../grammar.ts";
import type { FieldReader } from "./fields.ts";

/** The four ways to write a target (RFC 9112 section 3.2). */
export type TargetForm = "origin" | "absolute" | "authority" | "asterisk";

export type Version = "1.0" | "1.1";

/** The host that was found right last: most requests of a server are for the same one. */
let lastHost: string | undefined;

/** @param at Where the head ends, which is where a missing field is missed. */
export function hostFault(fields: FieldReader, version: Version, form: TargetForm, at: number): Fault | undefined {
  const { host } = fields;
  if (host === undefined) return version === "1.1" ? fault("http1.no-host", at) : undefined;
  // A client sends an empty Host where its target has no authority (RFC 9112 section 3.2). Of an http path it always has one.
  if (host === "") return form === "origin" ? fault("http1.empty-host", fields.hostAt) : undefined;
  if (host === lastHost) return undefined;
  if (!isHost(host)) return fault("http1.bad-host", fields.hostAt);
  lastHost = host;
  return undefined;
}

/**
 * Whether a target that names a host names the one that Host does. RFC 9112 section 3.2.2 lets the target win; a proxy that
 * chose by Host has then sent the request where it does not belong, so that the two must agree, as HAProxy demands too.
 */
export function targetHostFault(fields: FieldReader, form: TargetForm, target: string): Fault | undefined {
  if (form === "asterisk" || fields.host === undefined) return undefined;
  const host = splitPort(fields.host);
  const named = splitPort(form === "authority" ? target : authorityOf(target)!);
  // CONNECT has no scheme that says the usual port; clients leave out the two that others have.
  const usual = form === "absolute" ? usualPort(target) : /^(?:80|443)$/.test(named.port) ? named.port : "";
  const agree = host.name === named.name && (host.port || usual) === (named.port || usual);
  return agree ? undefined : fault("http1.hosts-disagree", fields.hostAt);
}

const usualPort = (url: string): string => (/^https:/i.test(url) ? "443" : "80");

/** A name in lower case, for hosts have no case, and the port as it is written; `""` when there is none. */
function splitPort(authority: string): { readonly name: string; readonly port: string } {
  const colon = authority.lastIndexOf(":");
  const end = colon > authority.lastIndexOf("]") ? colon : authority.length;
  return { name: authority.slice(0, end).toLowerCase(), port: authority.slice(end + 1) };
}

/** Bytes of body to come, or `"chunked"`. */
export function bodyLength(fields: FieldReader, version: Version, limits: Limits): number | "chunked" | Fault {
  const { coding, length } = fields;
  if (coding !== undefined) return codingFault(fields, coding, version) ?? "chunked";
  if (length === undefined) return 0;
  // Digits only: "+5", "5 5", "5, 5", "0x5" and "" are each a number to some proxy, and that difference is a smuggled request.
  if (!isDigits(length)) return fault("http1.bad-length", fields.lengthAt);
  const size = Number(length);
  return size > bodyLimit(limits) ? fault("http1.body-too-large", fields.lengthAt) : size;
}

/** The most bytes a body may have: beyond MAX_SAFE_INTEGER nobody here can count. */
export const bodyLimit = (limits: Limits): number => limits.body || Number.MAX_SAFE_INTEGER;

function codingFault(fields: FieldReader, coding: string, version: Version): Fault | undefined {
  const at = fields.codingAt;
  if (version === "1.0") return fault("http1.coding-before-1-1", at);
  // RFC 9112 section 6.1 lets a server drop the length and go on. A proxy that believed the length would see another request.
  if (fields.length !== undefined) return fault("http1.two-lengths", at);
  const codings = listMembers(coding);
  if (!codings.every(isToken)) return fault("http1.bad-coding", at);
  if (codings.indexOf("chunked") !== codings.lastIndexOf("chunked")) return fault("http1.chunked-twice", at);
  if (codings.includes("chunked") && codings.at(-1) !== "chunked") return fault("http1.chunked-not-last", at);
  return codings.length === 1 && codings[0] === "chunked" ? undefined : fault("http1.unknown-coding", at);
}

/** Whether the client waits for 100 (RFC 9110 section 10.1.1). A 1.0 client cannot, and without a body there is nothing to wait for. */
export function expectsContinue(fields: FieldReader, version: Version, length: number | "chunked"): boolean | Fault {
  if (fields.expect === undefined || version === "1.0") return false;
  if (!listMembers(fields.expect).every((member) => member === "100-continue")) {
    return fault("http1.unknown-expectation", fields.expectAt);
  }
  return length !== 0;
}

/** Whether the client wants to send another request (RFC 9112 section 9.3): `close` wins over everything. */
export function wishesToPersist(connection: string | undefined, version: Version): boolean {
  if (connection === undefined) return version === "1.1";
  const options = listMembers(connection);
  if (options.includes("close")) return false;
  return version === "1.1" || options.includes("keep-alive");
}

/**
 * Whether the client reads trailers (RFC 9110 section 10.1.4): `TE: trailers`, and `Connection: TE` to show that it is the one
 * next to us who says so. A TE without that may have been passed on by a proxy that will drop what it does not expect.
 */
export function readsTrailers(fields: FlatFields): boolean {
  let trailers = false;
  let ofThisHop = false;
  for (let i = 0; i < fields.length; i += 2) {
    if (fields[i] === "te") trailers ||= listMembers(fields[i + 1]!).includes("trailers");
    else if (fields[i] === "connection") ofThisHop ||= listMembers(fields[i + 1]!).includes("te");
  }
  return trailers && ofThisHop;
}
