// The cookies that the test client keeps between requests, as a browser would (RFC 6265 section 5): path, expiry, Secure, deletion. One host
// only, so Domain is kept and not judged.

/** A cookie as a response set it. */
export interface ClientCookie {
  readonly name: string;
  readonly value: string;
  /** Defaults to the folder of the page that set it (RFC 6265 section 5.1.4). */
  readonly path: string;
  readonly domain: string | undefined;
  /** Milliseconds of the clock; undefined for one that ends with the browser. */
  readonly expiresAt: number | undefined;
  /** Seconds, as it was sent. */
  readonly maxAge: number | undefined;
  readonly secure: boolean;
  readonly httpOnly: boolean;
  readonly sameSite: string | undefined;
}

/** Reads one Set-Cookie. @param path The path of the request that it answers. */
export function readSetCookie(field: string, path: string, now: number): ClientCookie | undefined {
  const [pair = "", ...rest] = field.split(";");
  const equals = pair.indexOf("=");
  if (equals < 1) return undefined;
  const attributes = new Map<string, string>();
  for (const text of rest) {
    const at = text.indexOf("=");
    const name = (at < 0 ? text : text.slice(0, at)).trim().toLowerCase();
    attributes.set(name, at < 0 ? "" : text.slice(at + 1).trim());
  }
  const maxAgeText = attributes.get("max-age");
  const maxAge = maxAgeText !== undefined && /^-?[0-9]+$/.test(maxAgeText) ? Number(maxAgeText) : undefined;
  const expires = Date.parse(attributes.get("expires") ?? "");
  const given = attributes.get("path");
  return {
    name: pair.slice(0, equals).trim(),
    value: unquoted(pair.slice(equals + 1).trim()),
    path: given?.startsWith("/") === true ? given : folderOf(path),
    domain: attributes.get("domain"),
    // Max-Age counts where both are given (RFC 6265 section 5.3).
    expiresAt: maxAge !== undefined ? now + maxAge * 1000 : Number.isNaN(expires) ? undefined : expires,
    maxAge,
    secure: attributes.has("secure"),
    httpOnly: attributes.has("httponly"),
    sameSite: attributes.get("samesite"),
  };
}

/** What a client remembers. Values are kept as they are on the wire, undecoded. */
export class CookieJar {
  readonly #cookies = new Map<string, ClientCookie>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Takes over what a response set, and answers it. @param path That of the request. */
  take(fields: readonly string[], path: string): readonly ClientCookie[] {
    const cookies = fields.flatMap((field) => readSetCookie(field, path, this.#now()) ?? []);
    for (const cookie of cookies) this.store(cookie);
    return cookies;
  }

  /** Takes over one. One that is over already deletes. */
  store(cookie: ClientCookie): void {
    const key = `${cookie.name};${cookie.path}`;
    if (cookie.expiresAt !== undefined && cookie.expiresAt <= this.#now()) this.#cookies.delete(key);
    // Set anew, so that the order is that of the last setting.
    else this.#cookies.set(key, cookie);
  }

  /** Puts a cookie there that no response has set. The value is sent as it is. */
  set(name: string, value: string, path = "/"): void {
    if (/[;,\s"\\]/.test(value) || !/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) {
      throw new TypeError(
        `cookie ${JSON.stringify(`${name}=${value}`)}: expected a token and a value without blanks or any of ;,"\\`,
      );
    }
    const free = { domain: undefined, expiresAt: undefined, maxAge: undefined, sameSite: undefined };
    this.store({ name, value, path, secure: false, httpOnly: false, ...free });
  }

  /** The value of a cookie, whatever its path. */
  get(name: string): string | undefined {
    return this.#live().find((cookie) => cookie.name === name)?.value;
  }

  delete(name: string): void {
    for (const [key, cookie] of this.#cookies) if (cookie.name === name) this.#cookies.delete(key);
  }

  clear(): void {
    this.#cookies.clear();
  }

  [Symbol.iterator](): Iterator<ClientCookie> {
    return this.#live()[Symbol.iterator]();
  }

  /** The Cookie field for a request; undefined when there is nothing to send. Longer paths first (RFC 6265 section 5.4). */
  header(path: string, secure: boolean): string | undefined {
    const fit = this.#live().filter((cookie) => pathFits(path, cookie.path) && (secure || !cookie.secure));
    if (fit.length === 0) return undefined;
    return fit
      .sort((a, b) => b.path.length - a.path.length)
      .map(({ name, value }) => `${name}=${value}`)
      .join("; ");
  }

  #live(): ClientCookie[] {
    const now = this.#now();
    return [...this.#cookies.values()].filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now);
  }
}

/** RFC 6265 section 5.1.4. */
function pathFits(path: string, of: string): boolean {
  if (path === of) return true;
  return path.startsWith(of) && (of.endsWith("/") || path[of.length] === "/");
}

const folderOf = (path: string): string => path.slice(0, Math.max(1, path.lastIndexOf("/")));

const unquoted = (value: string): string =>
  value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
