// Turns a request head into the dictionary that applications read (PEP 3333, environ Variables; RFC 3875 section 4.1).
// Knows no socket and no clock. What the client says decides nothing but HTTP_* names: those are safe by construction.
// What a proxy says is asked of forwarded.ts before there is an environ, so that no key has to change.

import type { ConnectionInfo, FlatFields, RequestHead } from "../protocol/events.ts";
import type { FaultCode } from "../protocol/faults.ts";
import { decodePath } from "./decode-path.ts";
import type { ErrorStream } from "./errors.ts";
import { type FieldName, FORWARDED, fieldName, UNDERSCORE, X_FORWARDED } from "./field-names.ts";
import { type FileLike, FileWrapper } from "./file-wrapper.ts";
import { believe, type Claims, DEFAULT_PORTS, portOf } from "./forwarded.ts";
import { type Forwarders, NOBODY } from "./forwarders.ts";
import type { InputStream } from "./input.ts";
import type { EarlyHints, Environ, Trailers } from "./types.ts";

/** What is the same for every request of a worker. */
export interface ServerFacts {
  /** As in the Server field: `tsgi/0.2.0`. */
  readonly software: string;
  /** Whether there is more than one worker. */
  readonly multiprocess: boolean;
  /** Whose fields are believed about the client; without it, nobody's. */
  readonly forwarders?: Forwarders;
}

/** What the gateway makes for one request. */
export interface RequestParts {
  readonly input: InputStream;
  readonly errors: ErrorStream;
  readonly earlyHints: EarlyHints;
  readonly trailers: Trailers;
  readonly requestId: string;
  /** Shared by many requests, so that one that does not look at it pays nothing (draining.ts). */
  readonly draining: AbortSignal;
  /** Asked when the application first touches `tsgi.signal`: an AbortController costs more than all the rest. */
  signal(): AbortSignal;
}

const VERSION = Object.freeze([1, 0] as const);
const wrapFile = (file: FileLike, blockSize?: number): FileWrapper => new FileWrapper(file, blockSize);

// Shared, so that every environ keeps the same hidden class.
const SIGNAL: PropertyDescriptor & ThisType<EnvironRecord> = {
  get() {
    return EnvironRecord.signalOf(this);
  },
  set(value: unknown) {
    Object.defineProperty(this, "tsgi.signal", { value, writable: true, enumerable: true, configurable: true });
  },
  enumerable: true,
  configurable: true,
};

/**
 * The order of assignments is fixed, so that V8 gives every environ one shape. It sizes the object by the assignments to
 * `this` that it can see: made through another name, half of the keys would be moved about while it grows.
 */
class EnvironRecord {
  [key: string]: unknown;
  readonly #parts: RequestParts;

  constructor(
    head: RequestHead,
    peer: ConnectionInfo,
    claims: Claims | undefined,
    facts: ServerFacts,
    parts: RequestParts,
  ) {
    const info = claims?.info ?? peer;
    this.#parts = parts;
    this["REQUEST_METHOD"] = head.method;
    this["SCRIPT_NAME"] = claims?.scriptName ?? "";
    this["PATH_INFO"] = "";
    this["QUERY_STRING"] = "";
    this["RAW_URI"] = head.target;
    this["REQUEST_URI"] = head.target;
    this["SERVER_NAME"] = info.localAddress;
    this["SERVER_PORT"] = info.localPort;
    this["SERVER_PROTOCOL"] = head.version === "1.1" ? "HTTP/1.1" : "HTTP/1.0";
    this["SERVER_SOFTWARE"] = facts.software;
    this["GATEWAY_INTERFACE"] = "CGI/1.1";
    this["REMOTE_ADDR"] = info.remoteAddress;
    if (info.remotePort !== "") this["REMOTE_PORT"] = info.remotePort;
    this["tsgi.version"] = VERSION;
    this["tsgi.url_scheme"] = info.scheme;
    this["tsgi.input"] = parts.input;
    this["tsgi.input_terminated"] = true;
    this["tsgi.errors"] = parts.errors;
    this["tsgi.multithread"] = true;
    this["tsgi.multiprocess"] = facts.multiprocess;
    this["tsgi.run_once"] = false;
    this["tsgi.file_wrapper"] = wrapFile;
    this["tsgi.early_hints"] = parts.earlyHints;
    this["tsgi.trailers"] = parts.trailers;
    this["tsgi.request_id"] = parts.requestId;
    this["tsgi.peer_addr"] = peer.remoteAddress;
    this["tsgi.draining"] = parts.draining;
    Object.defineProperty(this, "tsgi.signal", SIGNAL);
  }

  static signalOf(record: EnvironRecord): AbortSignal | undefined {
    return #parts in record ? record.#parts.signal() : undefined;
  }
}
// No names but its own: `"toString" in environ` is false, and a field called `__proto__` is nothing special.
Reflect.deleteProperty(EnvironRecord.prototype, "constructor");
Object.setPrototypeOf(EnvironRecord.prototype, null);

/**
 * A fresh environ, or why there is none. The names and where they come from are listed in docs/gateway.md, what is believed of
 * whom in docs/proxies.md.
 */
export function buildEnviron(
  head: RequestHead,
  info: ConnectionInfo,
  facts: ServerFacts,
  parts: RequestParts,
): Environ | FaultCode {
  const entries = entriesOf(head.fields);
  const marks = entries?.marks ?? nameFields(head.fields);
  let claims: Claims | undefined;
  let lets = letsNone;
  if (marks !== 0) {
    const forwarders = facts.forwarders ?? NOBODY;
    const trusted = forwarders.trusts(info.remoteAddress);
    if ((marks & UNDERSCORE) !== 0) {
      const fault = underscoreFault(head.fields.length / 2, forwarders, trusted);
      if (fault !== undefined) return fault;
      lets = (key) => forwarders.underscores === "keep" || (trusted && forwarders.mayName(key.slice(HTTP.length)));
    }
    const believed = UNDERSCORE | (forwarders.header === "forwarded" ? FORWARDED : X_FORWARDED);
    if (trusted && (marks & believed) !== 0) {
      const found = believe(head, info, forwarders);
      if (typeof found === "string") return found;
      claims = found;
    }
  }
  const environ = new EnvironRecord(head, info, claims, facts, parts) as unknown as Environ;
  const authority = setTarget(environ, head);
  if (claims?.inPath === true && !takeOff(environ, claims.scriptName)) return "edge.script-name-mismatch";
  if (entries === undefined) setFields(environ, head.fields, lets);
  else for (let i = 0; i < entries.keys.length; i += 1) environ[entries.keys[i]!] = entries.values[i]!;
  // RFC 9112 section 3.2.2: the authority of an absolute target replaces what Host says.
  const host = claims?.host ?? authority;
  if (host !== undefined) environ["HTTP_HOST"] = host;
  if (info.localPort === "" || claims?.host !== undefined) setServerFromHost(environ);
  return environ;
}

/**
 * What a trusted peer says about the client, for interfaces that have no environ: undefined where nobody says anything that counts.
 * Their names keep underscores and dashes apart, so such a field is dropped for none of them, and refused where that is wanted.
 */
export function claimsOf(head: RequestHead, info: ConnectionInfo, facts: ServerFacts): Claims | FaultCode | undefined {
  const marks = entriesOf(head.fields)?.marks ?? nameFields(head.fields);
  if (marks === 0) return undefined;
  const forwarders = facts.forwarders ?? NOBODY;
  const trusted = forwarders.trusts(info.remoteAddress);
  if ((marks & UNDERSCORE) !== 0) {
    const fault = underscoreFault(head.fields.length / 2, forwarders, trusted);
    if (fault !== undefined) return fault;
  }
  const believed = UNDERSCORE | (forwarders.header === "forwarded" ? FORWARDED : X_FORWARDED);
  return trusted && (marks & believed) !== 0 ? believe(head, info, forwarders) : undefined;
}

/** What fields come to in an environ, repeated ones put together. */
interface Entries {
  readonly marks: number;
  readonly keys: readonly string[];
  readonly values: readonly string[];
}

/** A codec that meets the same fields again gives the same frozen list, so the same work is not done twice. */
const known = new WeakMap<FlatFields, Entries>();
let lastFields: FlatFields | undefined;
let lastEntries: Entries | undefined;

/** Undefined for fields that are new, and for those with a name that somebody has to be asked about. */
function entriesOf(fields: FlatFields): Entries | undefined {
  if (fields === lastFields) return lastEntries;
  if (!Object.isFrozen(fields)) return undefined;
  let entries = known.get(fields);
  if (entries === undefined) {
    const marks = nameFields(fields);
    if ((marks & UNDERSCORE) !== 0) return undefined;
    const environ: Record<string, string> = Object.create(null);
    setFields(environ, fields, letsNone);
    entries = { marks, keys: Object.keys(environ), values: Object.values(environ) };
    known.set(fields, entries);
  }
  lastFields = fields;
  lastEntries = entries;
  return entries;
}

/** The names of the fields in hand, kept between two walks over them: a lookup is the dearest part of a field. */
const NAMES: FieldName[] = [];

/** Looks the names up, and answers their marks. */
function nameFields(fields: FlatFields): number {
  let marks = 0;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fieldName(fields[i]!);
    NAMES[i >> 1] = name;
    marks |= name.mark;
  }
  return marks;
}

const letsNone = (_key: string): boolean => false;

/**
 * What a name with an underscore does to the request. One that a trusted peer may send must not meet its double with a dash, which
 * comes from the client if the proxy does not know about it: in the environ the two would be one value.
 */
function underscoreFault(count: number, forwarders: Forwarders, trusted: boolean): FaultCode | undefined {
  for (let i = 0; i < count; i += 1) {
    const { underscored } = NAMES[i]!;
    if (underscored === undefined) continue;
    if (trusted && forwarders.mayName(underscored.slice(HTTP.length))) {
      for (let j = 0; j < count; j += 1) if (NAMES[j]!.key === underscored) return "edge.forwarded-conflict";
    } else if (forwarders.underscores === "refuse") return "edge.underscore-field";
  }
  return undefined;
}

const HTTP = "HTTP_";

/** Moves the script name out of the path; false when the path does not begin with it. */
function takeOff(environ: Environ, scriptName: string): boolean {
  const path = environ.PATH_INFO;
  // "*" and CONNECT name no path.
  if (path === "") return true;
  const rest = path.slice(scriptName.length);
  if (!path.startsWith(scriptName) || (rest !== "" && rest.charCodeAt(0) !== 0x2f)) return false;
  environ.PATH_INFO = rest;
  return true;
}

/** Splits the target (RFC 9112 section 3.2) and answers the authority of an absolute one. */
function setTarget(environ: Environ, head: RequestHead): string | undefined {
  let target = head.target;
  let authority: string | undefined;
  if (target.charCodeAt(0) !== 0x2f) {
    const scheme = target.indexOf("://");
    if (scheme < 0) return undefined; // "*" and CONNECT's authority name no path
    const slash = target.slice(scheme + 3).search(/[/?]/);
    const end = slash < 0 ? target.length : scheme + 3 + slash;
    authority = target.slice(scheme + 3, end);
    target = target.charCodeAt(end) === 0x2f ? target.slice(end) : `/${target.slice(end)}`;
    environ.REQUEST_URI = target;
  }
  const question = target.indexOf("?");
  if (question < 0) environ.PATH_INFO = decodePath(target);
  else {
    environ.PATH_INFO = decodePath(target.slice(0, question));
    environ.QUERY_STRING = target.slice(question + 1);
  }
  return authority;
}

function setFields(environ: Record<string, unknown>, fields: FlatFields, lets: (key: string) => boolean): void {
  for (let i = 0; i < fields.length; i += 2) {
    const name = NAMES[i >> 1]!;
    let key = name.key;
    if (key === null) {
      if (name.underscored === undefined || !lets(name.underscored)) continue;
      key = name.underscored;
    }
    const value = fields[i + 1]!;
    const before = environ[key] as string | undefined;
    // RFC 9110 section 5.3 joins with a comma, RFC 6265 section 5.4 keeps cookies apart by semicolons.
    environ[key] = before === undefined ? value : `${before}${key === "HTTP_COOKIE" ? "; " : ","}${value}`;
  }
}

/** On a Unix socket there is no name and port of ours, and behind a proxy that tells the public ones they are not what was asked for. */
function setServerFromHost(environ: Environ): void {
  const host = environ["HTTP_HOST"] ?? "";
  const port = portOf(host);
  environ.SERVER_NAME = (port === undefined ? host : host.slice(0, -1 - port.length)) || "localhost";
  environ.SERVER_PORT = port || DEFAULT_PORTS[environ["tsgi.url_scheme"]];
}
