// Keeps each visitor's session in a cookie of its own, signed: the visitor can read it and not change it. Read when a view first asks for it,
// written when it was changed. What is not signed by us, or is too old, is an empty session: never an error of the visitor.

import { BadSignature } from "../exceptions.ts";
import { Middleware } from "../middleware.ts";
import type { Request } from "../request.ts";
import type { Provider } from "../request-providers.ts";
import type { Response } from "../response.ts";
import { type SavedSession, Session, type SessionData } from "../session.ts";
import type { Settings } from "../settings.ts";
import { dumps, loads } from "../signing.ts";
import type { GetResponse } from "../types.ts";
import { checkCookie, needsSecretKey } from "./order.ts";
import { varyOnCookie } from "./vary.ts";

/** Name and value of a cookie, encoded: what browsers keep (RFC 6265bis section 5.6). */
const MOST_BYTES = 4096;
const SALT = "tsgi.sessions";

/** Seconds of the epoch when it was signed, the data, and the expiry where it is not that of the settings. */
type Payload = readonly [signedAt: number, data: SessionData, expiry?: number | null];

/** A session with more than a cookie can hold. */
export class SessionTooLarge extends Error {
  override readonly name = "SessionTooLarge";
}

export class SessionMiddleware extends Middleware {
  readonly #provider: Provider<Session>;

  /** @throws ImproperlyConfigured without a secret key, or for a cookie that no browser would keep. */
  constructor(getResponse: GetResponse, settings: Settings) {
    super(getResponse, settings);
    needsSecretKey(settings, "SessionMiddleware");
    checkCookie(settings.session, "session");
    this.#provider = { provide: (request) => new Session(this.#saved(request)) };
  }

  override processRequest(request: Request): undefined {
    request.sessionProvider = this.#provider;
  }

  override processResponse(request: Request, response: Response): Response {
    const { saveEveryRequest } = this.settings.session;
    const session = saveEveryRequest ? request.session : request.openedSession;
    if (session === undefined) return response;
    varyOnCookie(response.headers);
    if (session.isEmpty) this.#forget(request, response);
    // What an error has left half done is not kept (Django, SessionMiddleware).
    else if ((session.modified || saveEveryRequest) && response.status < 500) this.#save(session, request, response);
    return response;
  }

  #saved(request: Request): SavedSession | undefined {
    const { cookieName, cookieAge } = this.settings.session;
    const cookie = request.cookies[cookieName];
    if (cookie === undefined) return undefined;
    let payload: Payload;
    try {
      payload = loads<Payload>(cookie, this.settings, { salt: SALT });
    } catch (error) {
      if (error instanceof BadSignature) return undefined;
      throw error;
    }
    const [signedAt, data, expiry] = payload;
    return now() - signedAt > (expiry ?? cookieAge) ? undefined : { data, expiry };
  }

  #save(session: Session, request: Request, response: Response): void {
    const { cookieName, cookieAge, expireAtBrowserClose } = this.settings.session;
    const data = session.toJSON();
    const { expiry } = session;
    const payload: Payload = expiry === undefined ? [now(), data] : [now(), data, expiry];
    const value = dumps(payload, this.settings, { salt: SALT, compress: true });
    const size = cookieName.length + encodeURIComponent(value).length;
    if (size > MOST_BYTES) throw new SessionTooLarge(tooLarge(size, data));
    const untilClose = expiry === null || (expiry === undefined && expireAtBrowserClose);
    response.setCookie(cookieName, value, {
      ...this.#scope(request),
      maxAge: untilClose ? undefined : (expiry ?? cookieAge),
      httpOnly: this.settings.session.cookieHttpOnly,
    });
  }

  /** Only where there is something to forget. */
  #forget(request: Request, response: Response): void {
    const { cookieName } = this.settings.session;
    if (request.cookies[cookieName] !== undefined) response.deleteCookie(cookieName, this.#scope(request));
  }

  #scope(request: Request) {
    const { cookiePath, cookieDomain, cookieSecure, cookieSameSite } = this.settings.session;
    return {
      path: cookiePath,
      domain: cookieDomain,
      secure: cookieSecure ?? request.isSecure,
      sameSite: cookieSameSite,
    };
  }
}

const now = (): number => Math.floor(Date.now() / 1000);

function tooLarge(size: number, data: SessionData): string {
  const sizes = Object.entries(data)
    .map(([key, value]) => ({ key, bytes: JSON.stringify(value).length }))
    .sort((a, b) => b.bytes - a.bytes);
  const largest = sizes.slice(0, 3).map(({ key, bytes }) => `${JSON.stringify(key)} with ${bytes} characters`);
  return (
    `the session would be a cookie of ${size} bytes, and browsers keep ${MOST_BYTES}: keep less in it, or keep it elsewhere ` +
    `and the key to it here (largest: ${largest.join(", ")})`
  );
}
