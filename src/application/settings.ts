// The settings of an application: one typed object, checked against one table, completed with defaults, frozen to the bottom.
// A setting that does not fit is refused with its name, what was given and what fits. Knows no request and no server.

import type { Urls } from "./paths.ts";
import type { Request } from "./request.ts";
import type { Response } from "./response.ts";
import { completed } from "./settings-check.ts";
import type { MaybePromise, MiddlewareEntry } from "./types.ts";

/** Answers an error. One that itself fails is survived: the fixed page is sent. */
export type ErrorHandler = (request: Request, error: unknown) => MaybePromise<Response>;

export type ErrorHandlers = { readonly [Status in 400 | 403 | 404 | 413 | 415 | 500]?: ErrorHandler };

export type SameSite = "Strict" | "Lax" | "None";

export interface SessionSettings {
  /** Default `"sessionid"`. */
  readonly cookieName: string;
  /** Seconds; default two weeks. */
  readonly cookieAge: number;
  /** Default `"/"`. */
  readonly cookiePath: string;
  /** Default null: the host that set it, and no other. */
  readonly cookieDomain: string | null;
  /** Default null: where the request is secure. */
  readonly cookieSecure: boolean | null;
  /** Default true: scripts of the page may not read it. */
  readonly cookieHttpOnly: boolean;
  /** Default `"Lax"`. */
  readonly cookieSameSite: SameSite;
  /** Default false: the cookie is sent again only when the session changed. */
  readonly saveEveryRequest: boolean;
  /** Default false. */
  readonly expireAtBrowserClose: boolean;
}

export interface CsrfSettings {
  /** Default `"csrftoken"`. */
  readonly cookieName: string;
  /** Default `"X-CSRFToken"`. */
  readonly headerName: string;
  /** Default `"csrfToken"`. */
  readonly fieldName: string;
  /** Seconds; default one year. Null: until the browser closes. */
  readonly cookieAge: number | null;
  /** Default `"/"`. */
  readonly cookiePath: string;
  /** Default null: the host that set it, and no other. */
  readonly cookieDomain: string | null;
  /** Default null: where the request is secure. */
  readonly cookieSecure: boolean | null;
  /** Default false: a script may send it as the header. */
  readonly cookieHttpOnly: boolean;
  /** Default `"Lax"`. */
  readonly cookieSameSite: SameSite;
  /** Origins, `https://example.org` or `https://*.example.org`, whose forms are taken. Default none. */
  readonly trustedOrigins: readonly string[];
}

export interface SecuritySettings {
  /** Seconds of Strict-Transport-Security; default 0: not sent. */
  readonly hstsSeconds: number;
  /** Default false. */
  readonly hstsIncludeSubdomains: boolean;
  /** Default false. */
  readonly hstsPreload: boolean;
  /** `X-Content-Type-Options: nosniff`; default true. */
  readonly contentTypeNosniff: boolean;
  /** Default `"same-origin"`; null: not sent. */
  readonly referrerPolicy: string | null;
  /** Default `"same-origin"`; null: not sent. */
  readonly crossOriginOpenerPolicy: string | null;
  /** Default `"DENY"`; null: not sent. */
  readonly frameOptions: "DENY" | "SAMEORIGIN" | null;
  /** Default false. */
  readonly sslRedirect: boolean;
  /** Where `sslRedirect` leads; default null: the host that was asked for. */
  readonly sslHost: string | null;
  /** Paths, without their first slash, that `sslRedirect` leaves alone. */
  readonly redirectExempt: readonly RegExp[];
  /** The value of Content-Security-Policy; default null: not sent. */
  readonly contentSecurityPolicy: string | null;
}

export interface StaticSettings {
  /** Where the files are served; default `"/static/"`. */
  readonly url: string;
  /** Folders, the first that has the file wins. Default none. */
  readonly dirs: readonly string[];
}

export interface CompressSettings {
  /** Bytes below which a body is left as it is; default 200. */
  readonly minSize: number;
  /** 1 to 9; default 6. */
  readonly gzipLevel: number;
  /** 0 to 11; default 4: the size of gzip 6 or better, at its cost. */
  readonly brotliQuality: number;
}

export interface Settings {
  /** Pages with code and request for errors; default false. Never true where strangers come. */
  readonly debug: boolean;
  /** Signs cookies and tokens. Default `""`: what signs refuses to. */
  readonly secretKey: string;
  /** Former keys, still taken when a signature is checked. Default none. */
  readonly secretKeyFallbacks: readonly string[];
  /** Host names, `.example.org` for it and all below it, `*` for any. Default `["*"]`. */
  readonly allowedHosts: readonly string[];
  /** The routes. */
  readonly urls: Urls;
  /** Outermost first. Default none. */
  readonly middleware: readonly MiddlewareEntry[];
  /** Redirect a path without its last slash to the one with it, where only that is routed; default true. */
  readonly appendSlash: boolean;
  /** Redirect to the host with `www.`; default false. */
  readonly prependWww: boolean;
  /** Instead of the server's SCRIPT_NAME; default null. */
  readonly forceScriptName: string | null;
  /** Bytes of a body that is kept in memory, uploaded files not counted; default 2.5 MiB. Null: no limit. */
  readonly dataUploadMaxMemorySize: number | null;
  /** Default 1000. Null: no limit. */
  readonly dataUploadMaxNumberFields: number | null;
  /** Default 100. Null: no limit. */
  readonly dataUploadMaxNumberFiles: number | null;
  /** Bytes from which an uploaded file goes to disk; default 2.5 MiB. */
  readonly fileUploadMaxMemorySize: number;
  /** Bytes of one uploaded file; default 100 MiB. Null: no limit. */
  readonly fileUploadMaxSize: number | null;
  /** Default the folder of the system. */
  readonly fileUploadTempDir: string;
  readonly session: SessionSettings;
  readonly csrf: CsrfSettings;
  readonly security: SecuritySettings;
  readonly static: StaticSettings;
  readonly compress: CompressSettings;
  /** Views for errors, by status. Default none: small fixed pages. */
  readonly handlers: ErrorHandlers;
  /** The application's own; tsgi looks at nothing in it. */
  readonly extra: Readonly<Record<string, unknown>>;
}

type Partly<T> = T extends readonly unknown[] | RegExp ? T : T extends object ? { readonly [K in keyof T]?: T[K] } : T;

/** What a person writes: the routes, and whatever differs from the defaults. */
export type SettingsInput = { readonly [K in keyof Omit<Settings, "urls">]?: Partly<Settings[K]> } & {
  readonly urls: Urls;
};

const CHECKED = new WeakSet<object>();

/**
 * @returns The settings, complete and frozen; those that were checked before as they are.
 * @throws ImproperlyConfigured that names each setting that does not fit.
 */
export function setup(input: SettingsInput): Settings {
  if (typeof input === "object" && input !== null && CHECKED.has(input)) return input as Settings;
  const settings = completed(input);
  CHECKED.add(settings);
  return settings;
}
