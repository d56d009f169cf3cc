// Turns a request head into the dictionary that applications read (PEP 3333, environ Variables; RFC 3875 section 4.1).
// Knows no socket and no clock. What the client says decides nothing but HTTP_* names: those are safe by construction.

import { Buffer } from "node:buffer";
import type { ConnectionInfo, RequestHead } from "../protocol/events.ts";
import type { ErrorStream } from "./errors.ts";
import { type FileLike, FileWrapper } from "./file-wrapper.ts";
import type { InputStream } from "./input.ts";
import type { EarlyHints, Environ, TrailerList } from "./types.ts";

/** What is the same for every request of a worker. */
export interface ServerFacts {
  /** As in the Server field: `tsgi/0.1.0`. */
  readonly software: string;
  /** Whether there is more than one worker. */
  readonly multiprocess: boolean;
}

/** What the gateway makes for one request. */
export interface RequestParts {
  readonly input: InputStream;
  readonly errors: ErrorStream;
  readonly earlyHints: EarlyHints;
  /** A method, unlike `earlyHints`: a second function in a field of every request costs it a sixth more time. */
  addTrailers(trailers: TrailerList): void;
  readonly requestId: string;
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

  constructor(head: RequestHead, info: ConnectionInfo, facts: ServerFacts, parts: RequestParts) {
    this.#parts = parts;
    this["REQUEST_METHOD"] = head.method;
    this["SCRIPT_NAME"] = "";
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
    this["tsgi.trailers"] = (trailers: TrailerList) => parts.addTrailers(trailers);
    this["tsgi.request_id"] = parts.requestId;
    Object.defineProperty(this, "tsgi.signal", SIGNAL);
  }

  static signalOf(record: EnvironRecord): AbortSignal | undefined {
    return #parts in record ? record.#parts.signal() : undefined;
  }
}
// No names but its own: `"toString" in environ` is false, and a field called `__proto__` is nothing special.
Reflect.deleteProperty(EnvironRecord.prototype, "constructor");
Object.setPrototypeOf(EnvironRecord.prototype, null);

/** A fresh environ. The names and where they come from are listed in docs/gateway.md. */
export function buildEnviron(
  head: RequestHead,
  info: ConnectionInfo,
  facts: ServerFacts,
  parts: RequestParts,
): Environ {
  const environ = new EnvironRecord(head, info, facts, parts) as unknown as Environ;
  const authority = setTarget(environ, head);
  setFields(environ, head, authority);
  if (info.localPort === "") setServerFromHost(environ, info.scheme);
  return environ;
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

const NOT_PLAIN = /[%\x80-\xff]/;

/** Percent-decodes once, as UTF-8; a `%` without two hexadecimal digits stays as it is, bytes that are not UTF-8 become U+FFFD. */
export function decodePath(path: string): string {
  if (!NOT_PLAIN.test(path)) return path;
  const bytes = path.replace(/%([0-9A-Fa-f]{2})/g, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, "latin1").toString("utf8");
}

/** Field names that were seen, with the CGI name they get; null for names that no application may see. */
const cgiNames = new Map<string, string | null>([
  ["content-type", "CONTENT_TYPE"],
  ["content-length", "CONTENT_LENGTH"],
  // httpoxy: HTTP_PROXY would be read as a setting by client libraries.
  ["proxy", null],
]);
const CACHE_SIZE = 1_000;

function cgiName(name: string): string | null {
  const known = cgiNames.get(name);
  if (known !== undefined) return known;
  // An underscore would make X_Forwarded_For and X-Forwarded-For one name, and the first is the client's to forge.
  const cgi = name.includes("_") ? null : `HTTP_${name.toUpperCase().replaceAll("-", "_")}`;
  if (cgiNames.size < CACHE_SIZE && name.length <= 64) cgiNames.set(name, cgi);
  return cgi;
}

function setFields(environ: Environ, head: RequestHead, authority: string | undefined): void {
  const fields = head.fields;
  for (let i = 0; i < fields.length; i += 2) {
    const key = cgiName(fields[i]!);
    if (key === null) continue;
    const value = fields[i + 1]!;
    const before = environ[key] as string | undefined;
    // RFC 9110 section 5.3 joins with a comma, RFC 6265 section 5.4 keeps cookies apart by semicolons.
    environ[key] = before === undefined ? value : `${before}${key === "HTTP_COOKIE" ? "; " : ","}${value}`;
  }
  // RFC 9112 section 3.2.2: the authority of an absolute target replaces what Host says.
  if (authority !== undefined) environ["HTTP_HOST"] = authority;
}

/** On a Unix socket there is no name and port of ours, so the client's Host stands in. */
function setServerFromHost(environ: Environ, scheme: "http" | "https"): void {
  const host = (environ["HTTP_HOST"] as string | undefined) ?? "";
  const colon = /:([0-9]*)$/.exec(host);
  environ.SERVER_NAME = (colon === null ? host : host.slice(0, colon.index)) || "localhost";
  environ.SERVER_PORT = colon?.[1] || (scheme === "https" ? "443" : "80");
}
