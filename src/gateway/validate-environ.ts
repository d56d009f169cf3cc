// What a server hands to an application, name by name (PEP 3333, environ Variables). Judges and changes nothing. The streams behind the
// names are watched elsewhere.

import { show } from "./said.ts";
import type { Judge } from "./validate-rules.ts";

/** Without one of these nothing works; PEP 3333 requires them, and the contract the last line. */
const REQUIRED = [
  ...["REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "SERVER_NAME", "SERVER_PORT"],
  ...["tsgi.version", "tsgi.url_scheme", "tsgi.input", "tsgi.errors"],
  ...["tsgi.multithread", "tsgi.multiprocess", "tsgi.run_once"],
  ...["tsgi.input_terminated", "tsgi.file_wrapper", "tsgi.early_hints", "tsgi.trailers"],
  ...["tsgi.request_id", "tsgi.peer_addr", "tsgi.signal", "tsgi.draining"],
] as const;

/** The contract has them always. An application that is to run under other servers must not lean on it, as with QUERY_STRING under CGI. */
const EXPECTED = [
  ...["QUERY_STRING", "RAW_URI", "REQUEST_URI", "REMOTE_ADDR"],
  ...["SERVER_PROTOCOL", "SERVER_SOFTWARE", "GATEWAY_INTERFACE"],
] as const;

/** PEP 3333 says so of these three: without them there is no request, and no URL of it. */
const NEVER_EMPTY = ["REQUEST_METHOD", "SERVER_NAME", "SERVER_PORT"] as const;

/** RFC 9110 section 9.1 and RFC 5789. */
const METHODS: ReadonlySet<unknown> = new Set(
  ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"], //
);

const FLAGS = ["tsgi.input_terminated", "tsgi.multithread", "tsgi.multiprocess", "tsgi.run_once"] as const;
const TEXTS = ["tsgi.request_id", "tsgi.peer_addr"] as const;
const SIGNALS = ["tsgi.signal", "tsgi.draining"] as const;
const CALLABLES = ["tsgi.file_wrapper", "tsgi.early_hints", "tsgi.trailers"] as const;

const INPUT_METHODS = ["read", "readline", "readlines", "lines", Symbol.asyncIterator] as const;
const ERRORS_METHODS = ["flush", "write", "writelines"] as const;

type Names = Readonly<Record<string, unknown>>;

/** @param judge Told of each rule that is broken; a throw ends the judging. */
export function judgeEnviron(environ: unknown, judge: Judge): void {
  if (!isPlain(environ)) {
    judge("environ.object", `the environ is ${show(environ)}: expected a plain object, with names of its own only`);
    return;
  }
  if (!Object.isExtensible(environ)) {
    judge(
      "environ.object",
      "the environ is fixed: expected an object that an application may add names to, and change",
    );
  }
  judgePresence(environ, judge);
  judgeNames(environ, judge);
  judgeServersNames(environ, judge);
  judgePaths(environ, judge);
}

/** A copy that a middleware made has Object.prototype behind it, and the server's own nothing; neither is a class with getters. */
function isPlain(value: unknown): value is Names {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  for (let behind = Object.getPrototypeOf(value); behind !== null; behind = Object.getPrototypeOf(behind)) {
    if (behind === Object.prototype) return true;
    if (Reflect.ownKeys(behind).length > 0) return false;
  }
  return true;
}

function judgePresence(environ: Names, judge: Judge): void {
  for (const name of REQUIRED) {
    if (!Object.hasOwn(environ, name)) judge("environ.missing", `the environ has no ${name}`);
  }
  for (const name of EXPECTED) {
    if (!Object.hasOwn(environ, name)) {
      judge("environ.absent", `the environ has no ${name}: an application that reads it would meet undefined`);
    }
  }
  for (const [name, code] of [
    ["CONTENT_TYPE", "environ.content-type"],
    ["CONTENT_LENGTH", "environ.content-length"],
  ] as const) {
    if (Object.hasOwn(environ, `HTTP_${name}`)) {
      judge(code, `the environ has HTTP_${name}: expected the field as ${name}, and there only`);
    }
  }
}

function judgeNames(environ: Names, judge: Judge): void {
  for (const name of Object.keys(environ)) {
    if (name.includes(".")) continue;
    const value = environ[name];
    if (typeof value !== "string") {
      judge("environ.string", `${name} is ${show(value)}: expected a string, as for every name without a dot`);
    }
  }
  for (const name of NEVER_EMPTY) if (environ[name] === "") judge("environ.missing", `${name} is empty`);
  const method = environ["REQUEST_METHOD"];
  if (!METHODS.has(method)) {
    judge("environ.method", `REQUEST_METHOD is ${show(method)}, which RFC 9110 does not know`);
  }
}

function judgeServersNames(environ: Names, judge: Judge): void {
  const version = environ["tsgi.version"];
  if (!Array.isArray(version) || version.length !== 2 || !version.every(Number.isInteger)) {
    judge("environ.version", `tsgi.version is ${show(version)}: expected an array of two numbers, as [1, 0]`);
  }
  const scheme = environ["tsgi.url_scheme"];
  if (scheme !== "http" && scheme !== "https") {
    judge("environ.scheme", `tsgi.url_scheme is ${show(scheme)}: expected "http" or "https"`);
  }
  judgeMethods(environ["tsgi.input"], INPUT_METHODS, (lacks) => judge("environ.input", `tsgi.input ${lacks}`));
  judgeMethods(environ["tsgi.errors"], ERRORS_METHODS, (lacks) => judge("environ.errors", `tsgi.errors ${lacks}`));
  for (const name of FLAGS) {
    if (typeof environ[name] !== "boolean") {
      judge("environ.flag", `${name} is ${show(environ[name])}: expected true or false`);
    }
  }
  for (const name of TEXTS) {
    if (typeof environ[name] !== "string")
      judge("environ.text", `${name} is ${show(environ[name])}: expected a string`);
  }
  for (const name of SIGNALS) {
    if (!isSignal(environ[name])) {
      judge("environ.signal", `${name} is ${show(environ[name])}: expected an AbortSignal`);
    }
  }
  for (const name of "tsgi.upgrade" in environ ? [...CALLABLES, "tsgi.upgrade"] : CALLABLES) {
    if (typeof environ[name] !== "function") {
      judge("environ.callable", `${name} is ${show(environ[name])}: expected a function`);
    }
  }
}

function judgePaths(environ: Names, judge: Judge): void {
  const { SCRIPT_NAME: script, PATH_INFO: path, CONTENT_LENGTH: length } = environ;
  if (typeof script === "string" && (script === "/" || !/^(?:\/|$)/.test(script))) {
    judge("environ.script-name", `SCRIPT_NAME is ${show(script)}: expected "", or a path such as "/shop"`);
  } else if (typeof script === "string" && script.endsWith("/")) {
    // As wsgiref's shift_path_info leaves it, for which "/x" and "/x/" are two things.
    judge(
      "environ.script-slash",
      `SCRIPT_NAME is ${show(script)}: expected no slash at its end, or URLs made of it have two`,
    );
  }
  if (typeof path === "string" && path !== "" && !path.startsWith("/")) {
    judge("environ.path-info", `PATH_INFO is ${show(path)}: expected "", or a path that begins with a slash`);
  }
  if (typeof length === "string" && !/^[0-9]+$/.test(length)) {
    judge("environ.length", `CONTENT_LENGTH is ${show(length)}: expected digits, or no such name`);
  }
}

function judgeMethods(stream: unknown, methods: readonly PropertyKey[], lacks: (what: string) => void): void {
  const has = (name: PropertyKey): boolean =>
    typeof stream === "object" && stream !== null && typeof Reflect.get(stream, name) === "function";
  const missing = methods.filter((name) => !has(name));
  if (missing.length > 0) lacks(`is ${show(stream)} without ${missing.map(String).join(", ")}`);
}

const isSignal = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  "aborted" in value &&
  typeof value.aborted === "boolean" &&
  "addEventListener" in value &&
  typeof value.addEventListener === "function";
