// What one line of the access log says. A template is compiled once; only what it names is computed for a request.
// Text that a client chose is escaped, so that nobody can forge a line or speak to a terminal. Knows no file and no clock.

import process from "node:process";
import { TsgiError } from "../errors.ts";
import { clfTime, isoTime } from "./access-time.ts";
import { type DevAccess, devAccess } from "./dev-access.ts";
import { escapeText, isUnsafe, escapeWord as word } from "./escape.ts";

/** One finished request, as its connection saw it. Texts hold what was sent; they are escaped here. */
export interface AccessEntry {
  /** The peer's address, or "" on a Unix socket. */
  readonly remoteAddress: string;
  /** The user of Basic authentication, or "-". */
  readonly user: string;
  /** When the response was over, in epoch milliseconds. */
  readonly time: number;
  /** From the first byte of the head to the end of the response, on a monotonic clock. */
  readonly durationUs: number;
  /** `""`, as the target and the version, when what came was refused before it was understood. */
  readonly method: string;
  /** The request target as it was sent. */
  readonly target: string;
  readonly version: "1.0" | "1.1" | "";
  /** 0 when no response was begun. */
  readonly status: number;
  /** Bytes of the response body. */
  readonly bytesOut: number;
  /** Bytes of the request body that were read. */
  readonly bytesIn: number;
  /** Request fields: name, value, name, value; names in lower case. */
  readonly fields: readonly string[];
  /** Response fields: name, value, name, value; names in any case. */
  readonly responseFields: readonly string[];
  readonly requestId: string;
  /** The number of the worker in its pool. */
  readonly slot: number;
  readonly generation: number;
  /** The client left, or the server gave up, before the response was over. */
  readonly aborted: boolean;
  /** From the first byte of the head to the first byte of the response, or undefined when there was none. */
  readonly firstByteUs: number | undefined;
  /** A value of the environ by its key; undefined when the request never had an environ. */
  readonly environ: ((name: string) => unknown) | undefined;
}

/** One line for one request, without its line end; printable ASCII but for the template's own text. */
export type AccessFormat = (entry: AccessEntry) => string;

/** The same, where some requests are not shown at all: null. */
export type LineFormat = (entry: AccessEntry) => string | null;

/**
 * How much a person should mind (Django's runserver): the server failed, the client asked for what it cannot have, or all is well. A
 * request without a status had no client any more.
 */
export const levelOf = (status: number): "info" | "warn" | "error" =>
  status >= 500 ? "error" : status >= 400 ? "warn" : "info";

const YELLOW = "\x1b[33m";
const RED = "\x1b[31m";
const RESET = "\x1b[0m";

/** A line for a terminal, in the colour of its level, which is none where all is well. */
function inColour(line: string, status: number): string {
  const level = levelOf(status);
  return level === "info" ? line : `${level === "error" ? RED : YELLOW}${line}${RESET}`;
}

/** Formats that have a name. The default is `combined`, as gunicorn's. */
export const NAMED_FORMATS = {
  common: '%(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s',
  combined: '%(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s"',
} as const;

/** What may stand in `%(...)s`, with its meaning; docs/reference is generated from this table. */
export const ATOMS: Readonly<Record<string, { readonly means: string; readonly text: AccessFormat }>> = {
  h: { means: "the client's address, or -", text: (e) => word(e.remoteAddress) },
  l: { means: "always -", text: () => "-" },
  u: { means: "the user of Basic authentication, or -", text: (e) => word(e.user) },
  t: { means: "when the response was over: [dd/Mon/yyyy:hh:mm:ss zone]", text: (e) => clfTime(e.time) },
  r: { means: "the request line, or - for what was refused", text: requestLine },
  m: { means: "the method", text: (e) => word(e.method) },
  U: { means: "the path as it was sent, without the query", text: (e) => word(pathOf(e.target)) },
  q: { means: "the query as it was sent, without the question mark", text: (e) => escapeText(queryOf(e.target)) },
  H: { means: "the protocol: HTTP/1.1", text: (e) => (e.version === "" ? "-" : `HTTP/${e.version}`) },
  level: { means: "error for a status of 5xx, warn for 4xx, else info", text: (e) => levelOf(e.status) },
  s: { means: "the status, or - when no response was begun", text: (e) => (e.status === 0 ? "-" : String(e.status)) },
  b: { means: "bytes of the response body, or - for none", text: (e) => (e.bytesOut === 0 ? "-" : String(e.bytesOut)) },
  B: { means: "bytes of the response body", text: (e) => String(e.bytesOut) },
  f: { means: "the Referer field, or -", text: requestField("referer") },
  a: { means: "the User-Agent field, or -", text: requestField("user-agent") },
  T: { means: "duration in whole seconds", text: (e) => String(Math.floor(e.durationUs / 1e6)) },
  M: { means: "duration in whole milliseconds", text: (e) => String(Math.floor(e.durationUs / 1e3)) },
  D: { means: "duration in microseconds", text: (e) => String(Math.round(e.durationUs)) },
  L: { means: "duration in seconds with six decimals", text: (e) => (e.durationUs / 1e6).toFixed(6) },
  p: { means: "the worker's process id: <4711>", text: () => `<${process.pid}>` },
  id: { means: "the request id, as in tsgi.request_id", text: (e) => word(e.requestId) },
  w: { means: "the worker's number in the pool", text: (e) => String(e.slot) },
  g: { means: "the generation, raised by each reload", text: (e) => String(e.generation) },
  F: {
    means: "microseconds to the first byte of the response, or -",
    text: (e) => (e.firstByteUs === undefined ? "-" : String(Math.round(e.firstByteUs))),
  },
  I: { means: "bytes of the request body that were read", text: (e) => String(e.bytesIn) },
  X: {
    means: "X when the client left or the server gave up before the end, else -",
    text: (e) => (e.aborted ? "X" : "-"),
  },
};

/** The atoms that carry a name: `%({name}i)s`. */
export const NAMED_ATOMS: Readonly<
  Record<string, { readonly means: string; readonly text: (name: string) => AccessFormat }>
> = {
  i: { means: "a request field, or -", text: requestField },
  o: { means: "a response field, or -", text: responseField },
  e: { means: "a value of the environ, or -", text: environValue },
};

/**
 * Compile a template: `combined`, `common`, `json`, `dev`, or gunicorn's atoms (`%(h)s`, `%({name}i)s`; `%%` is one per cent
 * sign). In every text the quote, the backslash, controls and bytes above 0x7e come out as `\"`, `\\` and `\xNN`.
 *
 * @param person Whether a terminal shows the lines, and of `dev` which path is not shown.
 * @throws TsgiError `usage` that names the atom or the place that does not fit.
 */
export function compileFormat(template: string, person: DevAccess = {}): LineFormat {
  if (template === "dev") return devAccess(person);
  const format = template === "json" ? formatJson : compileTemplate(template);
  return person.isColoured === true ? (entry) => inColour(format(entry), entry.status) : format;
}

function compileTemplate(template: string): AccessFormat {
  const source = Object.hasOwn(NAMED_FORMATS, template)
    ? NAMED_FORMATS[template as keyof typeof NAMED_FORMATS]
    : template;
  const parts = parse(source);
  return (entry) => {
    let line = "";
    for (const part of parts) line += typeof part === "string" ? part : part(entry);
    return line;
  };
}

/**
 * Refuse a template early, before a worker is started with it.
 *
 * @throws TsgiError `usage` as `compileFormat`.
 */
export function checkFormat(template: string): void {
  compileFormat(template);
}

function parse(template: string): readonly (string | AccessFormat)[] {
  if (template.trim() === "") throw refuse(template, "it is empty");
  const parts: (string | AccessFormat)[] = [];
  let literal = "";
  let at = 0;
  const token = /%(?:(%)|\((?:\{([^{}]*)\}([^()]*)|([^()]*))\)s)/y;
  while (at < template.length) {
    const char = template[at]!;
    if (char !== "%") {
      if ((char < " " && char !== "\t") || char === "\x7f") throw refuse(template, "it holds a control character");
      literal += char;
      at += 1;
      continue;
    }
    token.lastIndex = at;
    const match = token.exec(template);
    if (match === null)
      throw refuse(template, `"${template.slice(at, at + 12)}" is no atom; %(name)s, %({field}i)s or %% fits`);
    if (match[1] !== undefined) {
      literal += "%";
    } else {
      parts.push(literal, atom(match, template));
      literal = "";
    }
    at = token.lastIndex;
  }
  parts.push(literal);
  return parts.filter((part) => part !== "");
}

function atom(match: RegExpExecArray, template: string): AccessFormat {
  const [whole, , field, kind = "", name = ""] = match;
  if (field === undefined) {
    if (Object.hasOwn(ATOMS, name)) return ATOMS[name]!.text;
  } else if (field !== "" && Object.hasOwn(NAMED_ATOMS, kind)) {
    return NAMED_ATOMS[kind]!.text(field);
  }
  throw refuse(
    template,
    `unknown atom ${whole}; there are ${Object.keys(ATOMS).join(" ")}, and {name}i, {name}o and {name}e`,
  );
}

const refuse = (template: string, why: string): TsgiError =>
  new TsgiError("usage", `the access log format "${escapeText(template)}" does not fit: ${why}`);

// RFC 9112 section 3.2.2: a target may be a whole URL, as proxies get it.
const ABSOLUTE = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?]*/;

function pathOf(target: string): string {
  const path = target.startsWith("/") ? target : target.replace(ABSOLUTE, "");
  const query = path.indexOf("?");
  return query === -1 ? path : path.slice(0, query);
}

function queryOf(target: string): string {
  const query = target.indexOf("?");
  return query === -1 ? "" : target.slice(query + 1);
}

function requestLine(entry: AccessEntry): string {
  return entry.version === "" ? "-" : `${word(entry.method)} ${word(entry.target)} HTTP/${entry.version}`;
}

function requestField(name: string): AccessFormat {
  const wanted = name.toLowerCase();
  return (entry) => escapeText(lookUp(entry.fields, (given) => given === wanted) ?? "-");
}

function responseField(name: string): AccessFormat {
  const wanted = name.toLowerCase();
  const fits = (given: string): boolean => given.length === wanted.length && given.toLowerCase() === wanted;
  return (entry) => escapeText(lookUp(entry.responseFields, fits) ?? "-");
}

function environValue(name: string): AccessFormat {
  return (entry) => {
    const value = entry.environ?.(name);
    return value === undefined || value === null ? "-" : escapeText(String(value));
  };
}

// A field that came several times is shown as one list (RFC 9110 section 5.3).
function lookUp(fields: readonly string[], fits: (name: string) => boolean): string | undefined {
  let found: string | undefined;
  for (let i = 0; i < fields.length; i += 2) {
    if (fits(fields[i]!)) found = found === undefined ? fields[i + 1]! : `${found}, ${fields[i + 1]!}`;
  }
  return found;
}

const is = (wanted: string) => (name: string) => name === wanted;
const isReferer = is("referer");
const isUserAgent = is("user-agent");

const formatJson: AccessFormat = (e) =>
  `{"time":"${isoTime(e.time)}","level":"${levelOf(e.status)}","remote":${quote(e.remoteAddress || undefined)},"user":${e.user === "-" ? "null" : quote(e.user)},` +
  `"method":${quote(e.method || undefined)},"target":${quote(e.target || undefined)},` +
  `"protocol":${e.version === "" ? "null" : `"HTTP/${e.version}"`},` +
  `"status":${e.status === 0 ? "null" : e.status},"bytes":${e.bytesOut},"bytes_in":${e.bytesIn},` +
  `"duration_us":${Math.round(e.durationUs)},` +
  `"first_byte_us":${e.firstByteUs === undefined ? "null" : Math.round(e.firstByteUs)},` +
  `"referer":${quote(lookUp(e.fields, isReferer))},"user_agent":${quote(lookUp(e.fields, isUserAgent))},` +
  `"request_id":${quote(e.requestId || undefined)},"pid":${process.pid},"worker":${e.slot},"generation":${e.generation},` +
  `"aborted":${e.aborted}}`;

// JSON.stringify leaves DEL and C1 controls as they are, and a terminal obeys U+009B as it does ESC [.
function quote(text: string | undefined): string {
  if (text === undefined) return "null";
  if (!isUnsafe(text)) return `"${text}"`;
  return JSON.stringify(text).replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
