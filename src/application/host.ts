// Which host a request is for: what the client says, checked against the hosts that the application serves. A made-up Host field ends up
// in links of mails and pages (Django, "Host header validation").

import type { Environ } from "../gateway/types.ts";
import { DisallowedHost } from "./exceptions.ts";
import type { Settings } from "./settings.ts";

const HOST = /^(?:[a-z0-9._-]+|\[[a-f0-9:.]+\])(?::\d{1,5})?$/i;
const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: "80", https: "443" };
// In development a page must open also where only the real hosts are listed.
const LOCAL: readonly string[] = [".localhost", "127.0.0.1", "[::1]"];

/**
 * The host, with its port where the client named one.
 * @throws DisallowedHost when it is no host, or not one of `settings.allowedHosts`.
 */
export function hostOf(environ: Environ, settings: Pick<Settings, "allowedHosts" | "debug">): string {
  const host = saidHost(environ);
  if (!HOST.test(host)) throw new DisallowedHost(`the Host field ${JSON.stringify(host)} is no host`);
  const allowed = settings.allowedHosts;
  if (allowed.length === 1 && allowed[0] === "*") return host;
  const name = nameOf(host);
  if (allowed.some((pattern) => fits(name, pattern))) return host;
  if (settings.debug && LOCAL.some((pattern) => fits(name, pattern))) return host;
  throw new DisallowedHost(
    `the Host field ${JSON.stringify(host)} is not in allowedHosts: add ${JSON.stringify(name)} to serve it`,
  );
}

function saidHost(environ: Environ): string {
  const said = environ["HTTP_HOST"];
  if (typeof said === "string") return said;
  // HTTP/1.0 has no Host; PEP 3333, URL Reconstruction.
  const name = environ.SERVER_NAME;
  const bare = name.includes(":") && !name.startsWith("[") ? `[${name}]` : name;
  return environ.SERVER_PORT === DEFAULT_PORTS[environ["tsgi.url_scheme"]] ? bare : `${bare}:${environ.SERVER_PORT}`;
}

/** Without port and without the dot of a full name, lower case. */
export function nameOf(host: string): string {
  const name = host.toLowerCase().replace(/:\d+$/, "");
  return name.endsWith(".") ? name.slice(0, -1) : name;
}

/** `*` is any host, `.example.org` it and all below it (Django, ALLOWED_HOSTS). A dot at the end means nothing here either. */
export function fits(name: string, pattern: string): boolean {
  if (pattern === "*") return true;
  const lower = nameOf(pattern);
  return lower.startsWith(".") ? name.endsWith(lower) || name === lower.slice(1) : name === lower;
}
