// The CGI half of an environ that a handler puts together: what a CGI program's environment means, and what the contract promises
// where a server said nothing; and where the `tsgi.*` half of it stands. Does not know what is behind those.

import { Buffer } from "node:buffer";
import type { FileLike } from "./file-wrapper.ts";
import type { EarlyHints, Environ, Errors, Input, Trailers, WrappedFile } from "./types.ts";
import { pathAndQuery } from "./util.ts";

/** Names and values as a process has them, or as a server hands them over. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** A dictionary without a prototype's names, as every environ is. */
export const emptyEnviron = (): Environ => Object.create(null) as Environ;

/** Takes over all that is defined. */
export function takeVariables(environ: Environ, variables: Variables): void {
  for (const [name, value] of Object.entries(variables)) if (value !== undefined) environ[name] = value;
}

/** RFC 3875 sections 4.1.2 and 4.1.3: what was not sent is absent or empty. Absent is what the contract has. */
const ABSENT_WHEN_EMPTY = ["CONTENT_LENGTH", "CONTENT_TYPE", "REMOTE_PORT"] as const;

/** Fills in what the contract promises. What is there is kept, and nothing is there where a gateway passes an empty text on. */
export function completeVariables(environ: Environ): void {
  for (const name of ABSENT_WHEN_EMPTY) if (environ[name] === "") delete environ[name];
  environ.REQUEST_METHOD ||= "GET";
  environ.SCRIPT_NAME ??= "";
  environ.PATH_INFO ??= "";
  environ.QUERY_STRING ??= "";
  environ.REQUEST_URI ||= pathAndQuery(environ);
  environ.RAW_URI ||= environ.REQUEST_URI;
  environ.SERVER_NAME ||= "localhost";
  environ.SERVER_PORT ||= environ["tsgi.url_scheme"] === "https" ? "443" : "80";
  environ.SERVER_PROTOCOL ||= "HTTP/1.0";
  environ.SERVER_SOFTWARE ||= "tsgi";
  environ.GATEWAY_INTERFACE ||= "CGI/1.1";
  environ.REMOTE_ADDR ??= "";
}

/** What a handler says of itself. */
export interface HandlerFacts {
  readonly multithread: boolean;
  readonly multiprocess: boolean;
  readonly runOnce: boolean;
  readonly fileWrapper: (new (file: FileLike, blockSize?: number) => WrappedFile) | undefined;
  readonly requestId: string;
}

/** What it makes for one request. */
export interface HandlerParts {
  readonly input: Input;
  readonly errors: Errors;
  readonly earlyHints: EarlyHints;
  readonly trailers: Trailers;
  readonly draining: AbortSignal;
  readonly signal: AbortSignal;
}

const VERSION = Object.freeze([1, 0] as const);

/** Sets the keys of the contract. */
export function setContractKeys(environ: Environ, facts: HandlerFacts, parts: HandlerParts): void {
  const { fileWrapper } = facts;
  environ["tsgi.version"] = VERSION;
  environ["tsgi.input"] = parts.input;
  environ["tsgi.input_terminated"] = true;
  environ["tsgi.errors"] = parts.errors;
  environ["tsgi.multithread"] = facts.multithread;
  environ["tsgi.multiprocess"] = facts.multiprocess;
  environ["tsgi.run_once"] = facts.runOnce;
  if (fileWrapper !== undefined) environ["tsgi.file_wrapper"] = (file, size) => new fileWrapper(file, size);
  environ["tsgi.early_hints"] = parts.earlyHints;
  environ["tsgi.trailers"] = parts.trailers;
  environ["tsgi.request_id"] = facts.requestId;
  environ["tsgi.peer_addr"] ??= environ.REMOTE_ADDR;
  environ["tsgi.draining"] = parts.draining;
  environ["tsgi.signal"] = parts.signal;
}

/** Values that are as they were sent, in the bytes of the wire. */
const AS_SENT: ReadonlySet<string> = new Set(["QUERY_STRING", "REQUEST_URI", "CONTENT_TYPE"]);

/**
 * httpoxy: a client's `Proxy` field would be read as a setting by client libraries. The others are there without `HTTP_`, and an environ
 * has them once (PEP 3333, environ Variables); lighttpd says the length twice.
 */
const NOT_TAKEN: ReadonlySet<string> = new Set(["HTTP_PROXY", "HTTP_CONTENT_LENGTH", "HTTP_CONTENT_TYPE"]);

/**
 * The environment of a CGI program (RFC 3875 section 4.1) as the names of an environ. Node has read each value as UTF-8: right for a
 * path, while fields and what else is as it was sent are latin-1 in every environ. Bytes that were not UTF-8 are U+FFFD by now, and stay
 * so in a path; in a field they are the three bytes of that. Which names had an underscore, and which a dash, nobody can tell here.
 */
export function cgiVariables(environment: Variables): Variables {
  const variables: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || NOT_TAKEN.has(name)) continue;
    variables[name] = name.startsWith("HTTP_") || AS_SENT.has(name) ? asSent(value) : value;
  }
  const { SCRIPT_NAME: script, PATH_INFO: path = "" } = variables;
  if (script === "/") {
    // A program at the root has no name (PEP 3333, environ Variables); web servers that match it by its URL say that.
    variables["SCRIPT_NAME"] = "";
    variables["PATH_INFO"] = path.startsWith("/") ? path : `/${path}`;
  }
  return variables;
}

const asSent = (value: string): string => Buffer.from(value, "utf8").toString("latin1");

/** IIS puts the script's own name in front of the path (wsgiref's IISCGIHandler): takes it off. */
export function withoutScriptInPath(variables: Variables): Variables {
  const { SCRIPT_NAME: script = "", PATH_INFO: path = "" } = variables;
  return `${path}/`.startsWith(`${script}/`) ? { ...variables, PATH_INFO: path.slice(script.length) } : variables;
}
