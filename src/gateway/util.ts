// What applications, middleware and tests do with an environ (wsgiref.util): put its URL together, walk down its path, make one up.
// Reads and writes dictionaries; knows neither a request nor a server.

import { Buffer } from "node:buffer";
import { ErrorStream } from "./errors.ts";
import { FileWrapper } from "./file-wrapper.ts";
import { InputStream } from "./input.ts";
import type { Environ } from "./types.ts";

export { type FileHandleLike, type FileLike, FileWrapper } from "./file-wrapper.ts";
export { isHopByHop } from "./said.ts";

/** Any part of an environ, also one that is being put together. */
export type PartialEnviron = Partial<Environ>;

/** `https` where the environ says that TLS is on, as CGI servers do: HTTPS is `on`, `yes` or `1`. */
export function guessScheme(environ: PartialEnviron): "http" | "https" {
  const https = environ["HTTPS"];
  return https === "yes" || https === "on" || https === "1" ? "https" : "http";
}

/** The URL of the application itself: scheme, host and SCRIPT_NAME (PEP 3333, URL Reconstruction). */
export function applicationUri(environ: PartialEnviron): string {
  const scheme = environ["tsgi.url_scheme"] ?? guessScheme(environ);
  return `${scheme}://${authority(environ, scheme)}${quote(environ.SCRIPT_NAME || "/", "/")}`;
}

/** The whole URL of the request (PEP 3333, URL Reconstruction), with its query unless told otherwise. */
export function requestUri(environ: PartialEnviron, { includeQuery = true }: UriOptions = {}): string {
  const path = quote(environ.PATH_INFO ?? "", "/;=,");
  // Without a script name the application's URL ends with the slash that the path begins with.
  const url = applicationUri(environ) + (environ.SCRIPT_NAME ? path : path.slice(1));
  const query = environ.QUERY_STRING;
  return includeQuery && query ? `${url}?${query}` : url;
}

export interface UriOptions {
  readonly includeQuery?: boolean;
}

/**
 * Moves the first name of PATH_INFO to the end of SCRIPT_NAME, and returns it: how one application hands a request on to another
 * that it is the parent of. Changes the environ.
 *
 * Empty names and `.` between two slashes are left out, `..` takes a name off SCRIPT_NAME. A path that is only a slash gives `""` and
 * puts a slash at the end of SCRIPT_NAME, so that `/x` and `/x/` stay two things.
 *
 * @returns `null` when there is no name left.
 */
export function shiftPathInfo(environ: PartialEnviron): string | null {
  const path = environ.PATH_INFO;
  if (path === undefined || path === "") return null;
  const parts = path.split("/");
  const last = parts.pop()!;
  const [first = "", ...between] = parts;
  // What stands before the first slash, which is nothing in a path as it should be.
  const names = [...between.filter((part) => part !== "" && part !== "."), last];
  const name = parts.length === 0 ? last : names.shift()!;
  const above = normal(`${environ.SCRIPT_NAME ?? ""}/${name}`);
  environ.SCRIPT_NAME = name === "" ? `${above}/` : above;
  environ.PATH_INFO = parts.length === 0 ? "" : [first, ...names].join("/");
  return name === "." ? null : name;
}

/**
 * Fills in what is missing, so that an application can be called with it in a test. What is there is kept. The data is made up: never
 * for a server.
 */
export function setupTestingDefaults(environ: PartialEnviron): asserts environ is Environ {
  const never = new AbortController().signal;
  const set = <K extends keyof Environ & string>(key: K, value: Environ[K]): void => {
    if (environ[key] === undefined) (environ as Record<string, unknown>)[key] = value;
  };
  set("SERVER_NAME", "127.0.0.1");
  set("SERVER_PROTOCOL", "HTTP/1.0");
  set("HTTP_HOST", environ.SERVER_NAME);
  set("REQUEST_METHOD", "GET");
  if (environ.SCRIPT_NAME === undefined && environ.PATH_INFO === undefined) set("PATH_INFO", "/");
  set("SCRIPT_NAME", "");
  set("PATH_INFO", "");
  set("QUERY_STRING", "");
  set("tsgi.url_scheme", guessScheme(environ));
  set("SERVER_PORT", environ["tsgi.url_scheme"] === "https" ? "443" : "80");
  set("SERVER_SOFTWARE", "tsgi");
  set("GATEWAY_INTERFACE", "CGI/1.1");
  set("REMOTE_ADDR", "127.0.0.1");
  set("REQUEST_URI", pathAndQuery(environ));
  set("RAW_URI", environ["REQUEST_URI"] as string);
  set("tsgi.version", [1, 0]);
  set("tsgi.input", new InputStream({ read: () => null }));
  set("tsgi.input_terminated", true);
  set("tsgi.errors", new ErrorStream(() => {}, ""));
  set("tsgi.multithread", false);
  set("tsgi.multiprocess", false);
  set("tsgi.run_once", false);
  set("tsgi.file_wrapper", (file, blockSize) => new FileWrapper(file, blockSize));
  set("tsgi.early_hints", () => {});
  set("tsgi.trailers", () => {});
  set("tsgi.request_id", "test");
  set("tsgi.peer_addr", "127.0.0.1");
  set("tsgi.draining", never);
  set("tsgi.signal", never);
}

/** The path and query of an environ that does not say how they were sent. */
export function pathAndQuery(environ: PartialEnviron): string {
  const path = quote(`${environ.SCRIPT_NAME ?? ""}${environ.PATH_INFO ?? ""}`, "/;=,") || "/";
  const query = environ.QUERY_STRING;
  return query ? `${path}?${query}` : path;
}

function authority(environ: PartialEnviron, scheme: string): string {
  const host = environ["HTTP_HOST"];
  if (typeof host === "string" && host !== "") return host;
  const { SERVER_NAME = "", SERVER_PORT = "" } = environ;
  // An address of IPv6 has colons of its own (RFC 3986 section 3.2.2).
  const name = SERVER_NAME.includes(":") && !SERVER_NAME.startsWith("[") ? `[${SERVER_NAME}]` : SERVER_NAME;
  return SERVER_PORT === (scheme === "https" ? "443" : "80") || SERVER_PORT === "" ? name : `${name}:${SERVER_PORT}`;
}

/** Percent-encodes the UTF-8 bytes of all but unreserved characters (RFC 3986 section 2.3) and those of `safe`. */
function quote(text: string, safe: string): string {
  let quoted = "";
  // Not encodeURIComponent, which throws for half a surrogate pair and knows other characters as safe.
  for (const byte of Buffer.from(text, "utf8")) {
    const char = String.fromCharCode(byte);
    quoted +=
      /[A-Za-z0-9_.~-]/.test(char) || safe.includes(char)
        ? char
        : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return quoted;
}

/** POSIX's normal form without the slash at its end: no empty name, no `.`, and `..` taken with the name before it. */
function normal(path: string): string {
  const names: string[] = [];
  for (const name of path.split("/")) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  // Two slashes at the beginning, and no third, mean something to POSIX, and stay.
  const start = /^\/\/(?!\/)/.test(path) ? "//" : "/";
  return names.length === 0 ? start.slice(1) : start + names.join("/");
}
