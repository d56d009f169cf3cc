// From the head of a request to the scope that an ASGI application reads (ASGI 3.0, HTTP & WebSocket Message Format). Knows no socket
// and no clock. Who the client is and what it asked for is what trusted proxies say, by the same rules as for every other interface.

import { decodePath } from "../gateway/decode-path.ts";
import { claimsOf, type ServerFacts } from "../gateway/environ.ts";
import type { Claims } from "../gateway/forwarded.ts";
import type { ConnectionInfo, FlatFields, RequestHead } from "../protocol/events.ts";
import type { FaultCode } from "../protocol/faults.ts";
import { readsTrailers } from "../protocol/http1/framing.ts";
import type {
  AsgiAddress,
  AsgiState,
  AsgiVersions,
  HttpScope,
  Offered,
  TsgiExtension,
  WebSocketScope,
} from "./asgi-types.ts";
import { protocolsOf } from "./handshake.ts";

/** The version of the HTTP and WebSocket part of the specification. */
export const VERSIONS: AsgiVersions = Object.freeze({ version: "3.0", spec_version: "2.5" });

const OFFERED: Offered = Object.freeze({});

type HeaderPairs = HttpScope["headers"];

/** What a scope is made of that is not in the head. */
export interface ScopeParts {
  readonly info: ConnectionInfo;
  readonly facts: ServerFacts;
  /** Copied. */
  readonly state: AsgiState;
  readonly extension: TsgiExtension;
}

/** Where the request came from and what it is for. */
interface Origin {
  readonly path: string;
  readonly rawPath: string;
  readonly query: string;
  readonly rootPath: string;
  readonly headers: HeaderPairs;
  readonly client: AsgiAddress | null;
  readonly server: AsgiAddress | null;
  readonly isSecure: boolean;
}

/** A fresh scope, or why there is none: what is said about its origin cannot be. */
export function httpScope(head: RequestHead, parts: ScopeParts): HttpScope | FaultCode {
  const origin = originOf(head, parts);
  if (typeof origin === "string") return origin;
  return {
    type: "http",
    asgi: VERSIONS,
    http_version: head.version,
    method: METHODS.has(head.method) ? head.method : head.method.toUpperCase(),
    scheme: origin.isSecure ? "https" : "http",
    path: origin.path,
    raw_path: origin.rawPath,
    query_string: origin.query,
    root_path: origin.rootPath,
    headers: origin.headers,
    client: origin.client,
    server: origin.server,
    state: { ...parts.state },
    extensions: extensionsFor(head, parts.extension),
  };
}

/** The same for a request whose handshake is right. */
export function webSocketScope(head: RequestHead, parts: ScopeParts): WebSocketScope | FaultCode {
  const origin = originOf(head, parts);
  if (typeof origin === "string") return origin;
  return {
    type: "websocket",
    asgi: VERSIONS,
    http_version: head.version,
    scheme: origin.isSecure ? "wss" : "ws",
    path: origin.path,
    raw_path: origin.rawPath,
    query_string: origin.query,
    root_path: origin.rootPath,
    headers: origin.headers,
    client: origin.client,
    server: origin.server,
    subprotocols: protocolsOf(head),
    state: { ...parts.state },
    extensions: { "websocket.http.response": OFFERED, tsgi: parts.extension },
  };
}

/** Most requests have one of these, which need no copy in upper case. */
const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** ASGI, Extensions: one is listed only where it works. 1.0 has neither interim responses nor trailers. */
function extensionsFor(head: RequestHead, tsgi: TsgiExtension): HttpScope["extensions"] {
  if (head.version === "1.0") return { "http.response.pathsend": OFFERED, tsgi };
  const plain = { "http.response.early_hint": OFFERED, "http.response.pathsend": OFFERED, tsgi };
  return known(head.fields).trailers ? { ...plain, "http.response.trailers": OFFERED } : plain;
}

function originOf(head: RequestHead, { info, facts }: ScopeParts): Origin | FaultCode {
  const claims = claimsOf(head, info, facts);
  if (typeof claims === "string") return claims;
  const { target } = head;
  // Nearly every target is a path.
  const at = target.charCodeAt(0) === SLASH ? undefined : absolute(target);
  const whole = at?.path ?? target;
  const question = whole.indexOf("?");
  const rawPath = question < 0 ? whole : whole.slice(0, question);
  const path = pathOf(decodePath(rawPath), claims);
  if (path === undefined) return "edge.script-name-mismatch";
  const host = claims?.host ?? at?.authority;
  const { remoteAddress, remotePort } = claims?.info ?? info;
  return {
    path,
    rawPath,
    query: question < 0 ? "" : whole.slice(question + 1),
    rootPath: claims?.scriptName ?? "",
    headers: host === undefined ? known(head.fields).pairs : withHost(head.fields, host),
    client: remoteAddress === "" ? null : [remoteAddress, Number(remotePort)],
    server: info.localAddress === "" ? null : [info.localAddress, Number(info.localPort)],
    isSecure: (claims?.info ?? info).scheme === "https",
  };
}

const SLASH = 0x2f;

/** RFC 9112 section 3.2.2: the authority of an absolute target replaces what Host says. `*` and CONNECT's authority name no path. */
function absolute(target: string): { readonly path: string; readonly authority: string | undefined } {
  const scheme = target.indexOf("://");
  if (scheme < 0) return { path: "", authority: undefined };
  const slash = target.slice(scheme + 3).search(/[/?]/);
  const end = slash < 0 ? target.length : scheme + 3 + slash;
  const rest = target.slice(end);
  return { path: rest.startsWith("/") ? rest : `/${rest}`, authority: target.slice(scheme + 3, end) };
}

/** With the root path in front, which a proxy has taken off, or promises to have left; undefined where it did not. */
function pathOf(path: string, claims: Claims | undefined): string | undefined {
  if (claims === undefined || path === "") return path;
  const { scriptName, inPath } = claims;
  if (!inPath) return `${scriptName}${path}`;
  return path === scriptName || path.startsWith(`${scriptName}/`) ? path : undefined;
}

/** What a list of fields comes to. */
interface Known {
  readonly pairs: HeaderPairs;
  readonly trailers: boolean;
}

/** A codec that meets the same fields again gives the same frozen list, so the same work is not done twice. */
const cache = new WeakMap<FlatFields, Known>();
let lastFields: FlatFields | undefined;
let lastKnown: Known | undefined;

function known(fields: FlatFields): Known {
  if (fields === lastFields) return lastKnown!;
  let found = cache.get(fields);
  if (found === undefined) {
    found = { pairs: pairsOf(fields), trailers: readsTrailers(fields) };
    // A list that can still change is never kept.
    if (!Object.isFrozen(fields)) return found;
    cache.set(fields, found);
  }
  lastFields = fields;
  lastKnown = found;
  return found;
}

// Frozen, since the next request may have the same list.
function pairsOf(fields: FlatFields): HeaderPairs {
  const pairs: (readonly [string, string])[] = [];
  for (let i = 0; i < fields.length; i += 2) pairs.push(Object.freeze([fields[i]!, fields[i + 1]!] as const));
  return Object.freeze(pairs);
}

/** As `:authority` is: first, in place of every other one. */
function withHost(fields: FlatFields, host: string): HeaderPairs {
  const others = known(fields).pairs.filter(([name]) => name !== "host");
  return Object.freeze([Object.freeze(["host", host] as const), ...others]);
}
