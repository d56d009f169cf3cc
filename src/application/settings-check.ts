// The table of settings: for each what fits, in words and in code, and its default.
// Knows values. Does not know what a setting is for.

import { tmpdir } from "node:os";
import { nearest } from "../modules/nearest.ts";
import { ImproperlyConfigured } from "./exceptions.ts";
import { checkUrls } from "./paths.ts";
import type { Settings } from "./settings.ts";

/** What fits, and the value as it is kept. `take` gives undefined for what does not fit. */
interface Row {
  readonly fits: string;
  readonly initial: unknown;
  /** Where more can be said than `fits`: what is wrong with a value that does not. */
  readonly wrong?: (value: unknown) => string | undefined;
  take(value: unknown): unknown;
}

const row = (fits: string, initial: unknown, test: (value: unknown) => boolean): Row => ({
  fits,
  initial,
  take: (value) => (test(value) ? value : undefined),
});

const isText = (value: unknown): value is string => typeof value === "string";
const isLine = (value: unknown): boolean => isText(value) && !/[\r\n\0]/.test(value);
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

const flag = (initial: boolean): Row => row("true or false", initial, (value) => typeof value === "boolean");
const maybeFlag = (): Row => row("true, false or null", null, (value) => value === null || typeof value === "boolean");
const text = (initial: string): Row => row("a text of one line", initial, isLine);
const maybeText = (initial: string | null): Row =>
  row("a text of one line, or null", initial, (value) => value === null || isLine(value));
const count = (initial: number): Row => row("a whole number from 0", initial, isCount);
const limit = (initial: number | null): Row =>
  row("a whole number from 0, or null for no limit", initial, (value) => value === null || isCount(value));
const between = (low: number, high: number, initial: number): Row =>
  row(
    `a whole number from ${low} to ${high}`,
    initial,
    (value) => isCount(value) && Number(value) >= low && Number(value) <= high,
  );
const oneOf = (initial: string | null, values: readonly (string | null)[]): Row =>
  row(values.map((value) => JSON.stringify(value)).join(" or "), initial, (value) => values.includes(value as string));
/** An HTTP token (RFC 9110 section 5.6.2): a name of a field or of a cookie. */
const token = (initial: string): Row =>
  row("a name without blanks, quotes or separators", initial, (value) => {
    return isText(value) && /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(value);
  });

function list(fits: string, test: (value: unknown) => boolean, initial: readonly unknown[] = []): Row {
  return {
    fits,
    initial: Object.freeze([...initial]),
    take: (value) => (Array.isArray(value) && value.every(test) ? Object.freeze([...value]) : undefined),
  };
}

const sameSite = (): Row => oneOf("Lax", ["Strict", "Lax", "None"]);
const MIB = 1024 * 1024;
const DAY = 24 * 60 * 60;

/** A host, `.host`, or `*`; with brackets an IPv6 address. No port: the port is not compared. */
const isHostPattern = (value: unknown): boolean =>
  isText(value) && /^(?:\*|\.?[\w-]+(?:\.[\w-]+)*\.?|\[[0-9a-fA-F:.]+\])$/.test(value);
const isHost = (value: unknown): boolean =>
  isText(value) && /^(?:[\w-]+(?:\.[\w-]+)*|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?$/.test(value);
/** A browser takes a cookie for a name, with or without a dot in front (RFC 6265 section 4.1.2.3). */
const domain = (): Row =>
  row('a host name, as "example.org", or null', null, (value) => {
    return value === null || (isText(value) && /^\.?[\w-]+(?:\.[\w-]+)*$/.test(value));
  });
const isOrigin = (value: unknown): boolean =>
  isText(value) && /^https?:\/\/(?:\*\.)?(?:[\w-]+(?:\.[\w-]+)*|\[[0-9a-fA-F:.]+\])(?::\d+)?$/.test(value);

const GROUPS: Readonly<Record<string, Readonly<Record<string, Row>>>> = {
  session: {
    cookieName: token("sessionid"),
    cookieAge: count(14 * DAY),
    cookiePath: row('a path that begins with a slash, as "/"', "/", isCookiePath),
    cookieDomain: domain(),
    cookieSecure: maybeFlag(),
    cookieHttpOnly: flag(true),
    cookieSameSite: sameSite(),
    saveEveryRequest: flag(false),
    expireAtBrowserClose: flag(false),
  },
  csrf: {
    cookieName: token("csrftoken"),
    headerName: token("X-CSRFToken"),
    fieldName: row("a text that is not empty", "csrfToken", (value) => isText(value) && value !== ""),
    cookieAge: row("a whole number from 0, or null", 365 * DAY, (value) => value === null || isCount(value)),
    cookiePath: row('a path that begins with a slash, as "/"', "/", isCookiePath),
    cookieDomain: domain(),
    cookieSecure: maybeFlag(),
    cookieHttpOnly: flag(false),
    cookieSameSite: sameSite(),
    trustedOrigins: list('a list of origins, as "https://example.org" or "https://*.example.org"', isOrigin),
  },
  security: {
    hstsSeconds: count(0),
    hstsIncludeSubdomains: flag(false),
    hstsPreload: flag(false),
    contentTypeNosniff: flag(true),
    referrerPolicy: maybeText("same-origin"),
    crossOriginOpenerPolicy: maybeText("same-origin"),
    frameOptions: oneOf("DENY", ["DENY", "SAMEORIGIN", null]),
    sslRedirect: flag(false),
    sslHost: row('a host, as "example.org" or "example.org:8443", or null', null, (value) => {
      return value === null || isHost(value);
    }),
    // One that keeps its place (g, y) gives another answer each time it is asked.
    redirectExempt: list("a list of regular expressions without the flags g and y", (value) => {
      return value instanceof RegExp && !value.global && !value.sticky;
    }),
    contentSecurityPolicy: maybeText(null),
  },
  static: {
    url: row('a path that begins and ends with a slash, as "/static/"', "/static/", (value) => {
      return isText(value) && /^\/(?:.*\/)?$/.test(value);
    }),
    dirs: list("a list of folders", (value) => isText(value) && value !== "" && !value.includes("\0")),
  },
  compress: {
    minSize: count(200),
    gzipLevel: between(1, 9, 6),
    brotliQuality: between(0, 11, 4),
  },
};

function isCookiePath(value: unknown): boolean {
  return isText(value) && /^\/[^;\r\n\0]*$/.test(value);
}

/** The first entry that is no function, and how it may have come there. */
function wrongMiddleware(value: unknown): string | undefined {
  if (!Array.isArray(value)) return undefined;
  const at = value.findIndex((entry) => typeof entry !== "function");
  const entry: unknown = value[at];
  if (entry === undefined) return `entry ${at} is undefined (is there an export of that name?)`;
  const made = (entry as { constructor?: { name?: unknown } } | null)?.constructor?.name;
  if (typeof entry === "object" && typeof made === "string" && made !== "Object" && made !== "Array") {
    return `entry ${at} is an object of ${made}: give the class, not one that was made of it`;
  }
  return `entry ${at} is ${shown(entry)}`;
}

const HANDLED = ["400", "403", "404", "413", "415", "500"];

const ROWS: Readonly<Record<string, Row>> = {
  debug: flag(false),
  secretKey: text(""),
  secretKeyFallbacks: list("a list of keys", (value) => isText(value) && value !== ""),
  allowedHosts: list('a list of host names, ".example.org" or "*", without a port', isHostPattern, ["*"]),
  urls: {
    fits: "a list of routes, [path(...), ...]",
    initial: undefined,
    take: (value) => checkUrls(value, "settings.urls"),
  },
  middleware: {
    ...list("a list of middleware classes or factories", (value) => typeof value === "function"),
    wrong: wrongMiddleware,
  },
  appendSlash: flag(true),
  prependWww: flag(false),
  forceScriptName: row('a path as "/shop", "" or null', null, (value) => {
    return value === null || value === "" || (isText(value) && /^\/.*[^/]$/.test(value));
  }),
  dataUploadMaxMemorySize: limit(2.5 * MIB),
  dataUploadMaxNumberFields: limit(1000),
  dataUploadMaxNumberFiles: limit(100),
  fileUploadMaxMemorySize: count(2.5 * MIB),
  fileUploadMaxSize: limit(100 * MIB),
  fileUploadTempDir: row("a folder", tmpdir(), (value) => isText(value) && value !== "" && !value.includes("\0")),
};

/** @throws ImproperlyConfigured with a line for each setting that does not fit. */
export function completed(input: unknown): Settings {
  if (!isPlain(input)) {
    throw new ImproperlyConfigured(`settings are an object, { urls: [...] }, not ${shown(input)}`);
  }
  const wrong: string[] = [];
  const settings: Record<string, unknown> = { ...fill(input, ROWS, { prefix: "", wrong, others: OTHERS }) };
  for (const [name, rows] of Object.entries(GROUPS)) {
    const given = input[name] ?? {};
    if (isPlain(given)) {
      settings[name] = Object.freeze(fill(given, rows, { prefix: `${name}.`, wrong, others: [] }));
    } else wrong.push(`${name}: ${shown(given)} does not fit; it takes an object of ${Object.keys(rows).join(", ")}`);
  }
  checkCookieNames(settings, wrong);
  settings["handlers"] = handlers(input["handlers"] ?? {}, wrong);
  const extra = input["extra"] ?? {};
  if (!isPlain(extra)) wrong.push(`extra: ${shown(extra)} does not fit; it takes an object`);
  settings["extra"] = frozenCopy(extra);
  if (input["urls"] === undefined) wrong.unshift(`urls: missing; it takes ${ROWS["urls"]!.fits}`);
  if (wrong.length > 0) {
    throw new ImproperlyConfigured(wrong.length === 1 ? `settings.${wrong[0]}` : `settings:\n  ${wrong.join("\n  ")}`);
  }
  return Object.freeze(settings) as unknown as Settings;
}

/** Each of the two would take the other's value for none of its own, and write over it. */
function checkCookieNames(settings: Record<string, unknown>, wrong: string[]): void {
  const [session, csrf] = [settings["session"], settings["csrf"]] as { readonly cookieName?: string }[];
  if (session?.cookieName !== undefined && session.cookieName === csrf?.cookieName) {
    wrong.push(`csrf.cookieName: "${session.cookieName}" is session.cookieName already; each has a cookie of its own`);
  }
}

const OTHERS = [...Object.keys(GROUPS), "handlers", "extra"];

interface Filling {
  readonly prefix: string;
  readonly wrong: string[];
  readonly others: readonly string[];
}

function fill(given: Record<string, unknown>, rows: Readonly<Record<string, Row>>, filling: Filling): object {
  const { prefix, wrong, others } = filling;
  const known = [...Object.keys(rows), ...others];
  for (const key of Object.keys(given)) {
    if (known.includes(key)) continue;
    const near = nearest(key, known);
    const hint = near === null ? "its own settings an application keeps under extra" : `did you mean ${prefix}${near}?`;
    wrong.push(`${prefix}${key}: there is no such setting; ${hint}`);
  }
  const filled: Record<string, unknown> = {};
  for (const [name, { fits, initial, take, wrong: more }] of Object.entries(rows)) {
    const value = given[name];
    filled[name] = value === undefined ? initial : take(value);
    if (value !== undefined && filled[name] === undefined) {
      wrong.push(`${prefix}${name}: ${more?.(value) ?? `${shown(value, name)} does not fit`}; it takes ${fits}`);
    }
  }
  return filled;
}

function handlers(given: unknown, wrong: string[]): object {
  if (!isPlain(given)) {
    wrong.push(`handlers: ${shown(given)} does not fit; it takes an object, { 404: view }`);
    return {};
  }
  for (const [status, handler] of Object.entries(given)) {
    if (!HANDLED.includes(status)) {
      wrong.push(`handlers.${status}: no such page; there are ${HANDLED.join(", ")}`);
    } else if (handler !== undefined && typeof handler !== "function") {
      wrong.push(
        `handlers.${status}: ${shown(handler)} does not fit; it takes a function (request, error) => Response`,
      );
    }
  }
  return Object.freeze({ ...given });
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // A module's namespace has no prototype either.
  return prototype === Object.prototype || prototype === null;
}

/** Plain objects and lists are copied and frozen; whatever has a class of its own is left as it is. */
function frozenCopy(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze(value.map(frozenCopy));
  if (!isPlain(value)) return value;
  return Object.freeze(Object.fromEntries(Object.entries(value).map(([key, each]) => [key, frozenCopy(each)])));
}

/** A value for a message; a key that signs is never shown. */
function shown(value: unknown, name = ""): string {
  if (/secret/i.test(name)) return `what was given (${Array.isArray(value) ? "a list" : typeof value})`;
  if (typeof value === "function") return `the function ${value.name === "" ? "(without a name)" : value.name}`;
  if (typeof value === "bigint" || typeof value === "symbol") return String(value);
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch {
    text = undefined;
  }
  text ??= String(value);
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}
