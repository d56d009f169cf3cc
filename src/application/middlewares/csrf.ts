// Refuses what another site makes a visitor's browser send (Django's CsrfViewMiddleware): who changes something shows a token that only our
// pages can read, and comes from an origin that is ours. Reads no body but that of a form which brings its token in a field.

import { HeadIsOut, PermissionDenied } from "../exceptions.ts";
import { html } from "../html.ts";
import { viewFor } from "../methods.ts";
import { Middleware } from "../middleware.ts";
import type { Request } from "../request.ts";
import type { Provider } from "../request-providers.ts";
import { Response } from "../response.ts";
import type { CsrfSettings, Settings } from "../settings.ts";
import type { GetResponse, MaybePromise, View } from "../types.ts";
import { originObjection } from "./csrf-origin.ts";
import { isToken, maskedToken, newSecret, readSecret, tokenFits } from "./csrf-token.ts";
import { checkCookie } from "./order.ts";
import { varyOnCookie } from "./vary.ts";

/** 403. `reason` is for the log and for the page in development. */
export class CsrfFailure extends PermissionDenied {
  readonly reason: string;

  constructor(reason: string) {
    super(`CSRF check failed: ${reason}`);
    this.reason = reason;
  }
}

/** Methods without effect (RFC 9110 section 9.2.1): nothing to protect. */
const SAFE = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);
const FORMS = new Set(["application/x-www-form-urlencoded", "multipart/form-data"]);

const EXEMPT = new WeakSet<View<never>>();

/** The same view, also as one of views by method, never checked: for what other programs send with a key of their own. */
export function csrfExempt<V extends View<never>>(view: V): V {
  EXEMPT.add(view);
  return view;
}

/**
 * A new secret for this visitor: to be called at a login, so that a token that was known before is worth nothing.
 * @throws ImproperlyConfigured without CsrfMiddleware; HeadIsOut where the new cookie cannot go out any more.
 */
export function rotateCsrfToken(request: Request): void {
  if (request.isSealed) throw new HeadIsOut("rotateCsrfToken()");
  request.csrfToken();
  if (request.csrfProvider instanceof Opened) request.csrfProvider.secret = newSecret();
}

/** What stands in the request once somebody has asked for a token. */
class Opened implements Provider<string> {
  secret: string;

  constructor(secret: string) {
    this.secret = secret;
  }

  provide(): string {
    return maskedToken(this.secret);
  }
}

export class CsrfMiddleware extends Middleware {
  readonly #csrf: CsrfSettings;
  readonly #provider: Provider<string>;

  /** @throws ImproperlyConfigured for a cookie that no browser would keep. */
  constructor(getResponse: GetResponse, settings: Settings) {
    super(getResponse, settings);
    const csrf = settings.csrf;
    checkCookie(csrf, "csrf");
    this.#csrf = csrf;
    this.#provider = {
      provide(request) {
        const opened = new Opened(readSecret(request.cookies[csrf.cookieName]) ?? newSecret());
        request.csrfProvider = opened;
        return opened.provide();
      },
    };
  }

  override processRequest(request: Request): undefined {
    request.csrfProvider = this.#provider;
  }

  /** Here and not before: which view it is decides whether there is anything to check. @throws CsrfFailure */
  processView(request: Request, view: View): MaybePromise<Response | undefined> {
    if (SAFE.has(request.method) || EXEMPT.has(view) || EXEMPT.has(viewFor(view, request.method))) return undefined;
    if (!this.settings.debug) return this.#check(request);
    try {
      return this.#check(request)?.then(undefined, explained);
    } catch (error) {
      return explained(error);
    }
  }

  #check(request: Request): Promise<undefined> | undefined {
    const objection = originObjection(request, this.#csrf.trustedOrigins);
    if (objection !== undefined) throw new CsrfFailure(objection);
    const { cookieName, headerName, fieldName } = this.#csrf;
    const secret = readSecret(request.cookies[cookieName]);
    if (secret === undefined) {
      throw new CsrfFailure(`there is no cookie ${cookieName}, or it is none of ours; does the browser take cookies?`);
    }
    const header = request.headers.get(headerName);
    if (header !== undefined) return judge(header, secret, `the header ${headerName}`);
    if (!FORMS.has(request.contentType)) {
      throw new CsrfFailure(`there is no header ${headerName}, and no form that could have the field ${fieldName}`);
    }
    return request.form().then(({ fields }) => {
      const field = fields.get(fieldName);
      if (field === null)
        throw new CsrfFailure(`the form has no field ${fieldName}, and there is no header ${headerName}`);
      return judge(field, secret, `the field ${fieldName}`);
    });
  }

  override processResponse(request: Request, response: Response): Response {
    const opened = request.csrfProvider;
    if (!(opened instanceof Opened)) return response;
    varyOnCookie(response.headers);
    const { cookieName, cookieAge, cookiePath, cookieDomain, cookieSecure, cookieHttpOnly, cookieSameSite } =
      this.#csrf;
    // Sent again each time, so that it is renewed as long as the visitor is here.
    return response.setCookie(cookieName, opened.secret, {
      maxAge: cookieAge ?? undefined,
      path: cookiePath,
      domain: cookieDomain,
      secure: cookieSecure ?? request.isSecure,
      httpOnly: cookieHttpOnly,
      sameSite: cookieSameSite,
    });
  }
}

/** For development: what was missing, and how it is brought. */
function explained(error: unknown): Response {
  if (!(error instanceof CsrfFailure)) throw error;
  const page = html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>403: CSRF check failed</title></head>
<body style="font: 16px/1.5 system-ui, sans-serif; max-width: 42rem; margin: 3rem auto; padding: 0 1rem">
<h1>403: the CSRF check failed</h1>
<p>Reason: <strong>${error.reason}</strong>.</p>
<p>A form must bring what <code>request.csrfToken()</code> gives, in a hidden field; a script sends it as a header, or what it reads from the
cookie. Both names are in <code>settings.csrf</code>. A view for other programs, which have a key of their own, is marked with
<code>csrfExempt(view)</code>. Pages of other origins are named in <code>settings.csrf.trustedOrigins</code>.</p>
<p>This page is for development. Without <code>settings.debug</code> there is only the page for 403.</p>
</body>
</html>
`;
  // The policy of the site would rarely let a style in the page through.
  const headers = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  };
  return new Response(page, { status: 403, headers });
}

function judge(token: string, secret: string, where: string): undefined {
  if (!isToken(token)) throw new CsrfFailure(`${where} is no token`);
  if (!tokenFits(token, secret)) throw new CsrfFailure(`the token in ${where} does not belong to the cookie`);
}
