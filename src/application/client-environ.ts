// The environ of a request that no socket brought: every name of docs/gateway.md section 4, so that an application cannot tell.

import { Buffer } from "node:buffer";
import type { Environ, HeaderList } from "../gateway/types.ts";
import { ClientErrors, ClientFile, ClientInput, type Sendable } from "./client-streams.ts";

export interface EnvironParts {
  readonly method: string;
  /** As it goes over the wire: the path percent-encoded, the query with it. */
  readonly target: string;
  readonly scriptName: string;
  readonly headers: HeaderList;
  readonly secure: boolean;
  readonly host: string;
  readonly clientAddress: string;
  readonly source: Sendable;
  readonly trailers: HeaderList;
  /** Undefined: chunked. */
  readonly length: number | undefined;
  readonly contentType: string | undefined;
  readonly requestId: string;
  readonly signal: AbortSignal;
  readonly draining: AbortSignal;
  readonly earlyHints: Environ["tsgi.early_hints"];
  readonly addTrailers: Environ["tsgi.trailers"];
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** @throws TypeError for a method, a header, or a path that no client could send. */
export function clientEnviron(parts: EnvironParts): Environ & { readonly "tsgi.errors": ClientErrors } {
  if (!TOKEN.test(parts.method))
    throw new TypeError(`method ${JSON.stringify(parts.method)}: expected a token, as GET`);
  if (!/^(?:\/[\x21-\x7e\x80-\xff]*|\*)$/.test(parts.target)) {
    throw new TypeError(`path ${JSON.stringify(parts.target)}: expected it to begin with a slash, without blanks`);
  }
  const question = parts.target.indexOf("?");
  const path = decoded(question < 0 ? parts.target : parts.target.slice(0, question));
  const name = hostName(parts.host);
  const environ = Object.create(null) as Environ & { "tsgi.errors": ClientErrors };
  environ.REQUEST_METHOD = parts.method;
  environ.SCRIPT_NAME = parts.scriptName;
  environ.PATH_INFO = path === "*" ? "" : pathBelow(path, parts.scriptName);
  environ.QUERY_STRING = question < 0 ? "" : parts.target.slice(question + 1);
  environ.RAW_URI = parts.target;
  environ.REQUEST_URI = parts.target;
  environ.SERVER_NAME = name;
  environ.SERVER_PORT = parts.host.slice(name.length + 1) || (parts.secure ? "443" : "80");
  environ.SERVER_PROTOCOL = "HTTP/1.1";
  environ.SERVER_SOFTWARE = "tsgi-client/1.0";
  environ.GATEWAY_INTERFACE = "CGI/1.1";
  environ.REMOTE_ADDR = parts.clientAddress;
  environ.REMOTE_PORT = "40000";
  environ["HTTP_HOST"] = parts.host;
  if (parts.contentType !== undefined) environ.CONTENT_TYPE = parts.contentType;
  if (parts.length === undefined) environ["HTTP_TRANSFER_ENCODING"] = "chunked";
  else if (parts.length > 0 || parts.contentType !== undefined) environ.CONTENT_LENGTH = String(parts.length);
  for (const [field, value] of parts.headers) setField(environ, field, value);
  environ["tsgi.version"] = [1, 0];
  environ["tsgi.url_scheme"] = parts.secure ? "https" : "http";
  environ["tsgi.input"] = new ClientInput(parts.source, parts.signal, parts.trailers);
  environ["tsgi.input_terminated"] = true;
  environ["tsgi.errors"] = new ClientErrors();
  environ["tsgi.multithread"] = true;
  environ["tsgi.multiprocess"] = false;
  environ["tsgi.run_once"] = false;
  environ["tsgi.file_wrapper"] = (file, blockSize) => new ClientFile(file, blockSize);
  environ["tsgi.early_hints"] = parts.earlyHints;
  environ["tsgi.trailers"] = parts.addTrailers;
  environ["tsgi.request_id"] = parts.requestId;
  environ["tsgi.peer_addr"] = parts.clientAddress;
  environ["tsgi.signal"] = parts.signal;
  environ["tsgi.draining"] = parts.draining;
  return environ;
}

/** Values are latin-1, as on the wire; what is beyond goes as the UTF-8 bytes that a browser would send. */
function setField(environ: Environ, field: string, given: string): void {
  if (!TOKEN.test(field))
    throw new TypeError(`header name ${JSON.stringify(field)}: expected a token, as Accept-Language`);
  const value = /[^\0-\xff]/.test(given) ? Buffer.from(given).toString("latin1") : given;
  if (!VALUE.test(value)) throw new TypeError(`header ${field} has a control character in its value`);
  const key = field.toUpperCase().replaceAll("-", "_");
  // As CGI has them (RFC 3875 section 4.1.2 and 4.1.3).
  if (key === "CONTENT_TYPE" || key === "CONTENT_LENGTH") environ[key] = value;
  // A server drops what would pass for another field, and the one that CGI programs take for their proxy.
  else if (!field.includes("_") && key !== "PROXY") environ[`HTTP_${key}`] = value;
}

function pathBelow(path: string, scriptName: string): string {
  if (scriptName === "") return path;
  if (path === scriptName) return "";
  if (path.startsWith(`${scriptName}/`)) return path.slice(scriptName.length);
  throw new TypeError(`path ${JSON.stringify(path)} is not below the script name ${JSON.stringify(scriptName)}`);
}

/** Percent-decoded once as UTF-8; what is not UTF-8 becomes U+FFFD, a percent without two digits stays. */
export function decoded(path: string): string {
  if (!path.includes("%")) return path;
  const latin1 = path.replace(/%([0-9A-Fa-f]{2})/g, (_all, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  return Buffer.from(latin1, "latin1").toString("utf8");
}

/** Without its port; an IPv6 address keeps its brackets. */
const hostName = (host: string): string => host.replace(/:[0-9]*$/, "");
