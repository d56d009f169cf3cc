// What every site wants of its addresses and lengths (Django's CommonMiddleware): a path that lacks its last slash leads to the one that has
// it, the host is one of ours, perhaps with "www.", and a whole body has its length.

import { PermissionDenied } from "../exceptions.ts";
import { Middleware } from "../middleware.ts";
import type { Request } from "../request.ts";
import { Resolver } from "../resolver.ts";
import { Redirect, type Response } from "../response.ts";
import { headerPair, type Pair } from "../response-headers.ts";
import type { MiddlewareClass } from "../types.ts";
import { fullPathOf } from "../uri.ts";

export class CommonMiddleware extends Middleware {
  /** @throws DisallowedHost */
  override processRequest(request: Request): Redirect | undefined {
    // Asked for always: a host that is not ours ends here, also for views that never look at it.
    const { host } = request;
    if (!this.settings.prependWww || host.startsWith("www.")) return undefined;
    const path = this.#lacksSlash(request) ? withSlash(request) : request.fullPath;
    return movedTo(`${request.scheme}://www.${host}${path}`, request);
  }

  override processResponse(request: Request, response: Response): Response {
    const answer = response.status === 404 && this.#lacksSlash(request) ? this.#slashed(request, response) : response;
    if (!answer.streaming && hasBody(answer.status) && !answer.headers.has("Content-Length")) {
      answer.headers.setPair(lengthPair(answer.contentLength!));
    }
    return answer;
  }

  #slashed(request: Request, response: Response): Redirect {
    if (this.settings.debug && !isSafe(request)) throw new Error(slashMissing(request));
    const redirect = movedTo(withSlash(request), request);
    redirect.closeWith(response);
    return redirect;
  }

  /** Whether only the path with a slash has a view. */
  #lacksSlash(request: Request): boolean {
    const { pathInfo: path, resolver } = request;
    if (!this.settings.appendSlash || path.endsWith("/") || !(resolver instanceof Resolver)) return false;
    return !resolver.matches(path) && resolver.matches(`${path}/`);
  }
}

export interface CommonOptions {
  /** Clients whose User-Agent one of them fits get 403. */
  readonly disallowedUserAgents: readonly RegExp[];
}

/** CommonMiddleware that refuses some clients, as `commonMiddleware({ disallowedUserAgents: [/BadBot/] })` in settings.middleware. */
export function commonMiddleware({ disallowedUserAgents }: CommonOptions): MiddlewareClass {
  for (const pattern of disallowedUserAgents) {
    if (!(pattern instanceof RegExp)) {
      throw new TypeError(
        `commonMiddleware: disallowedUserAgents has ${String(pattern)}: expected regular expressions`,
      );
    }
  }
  return class RefusingCommonMiddleware extends CommonMiddleware {
    override processRequest(request: Request): Redirect | undefined {
      const agent = request.headers.get("User-Agent");
      // One with the flag g keeps its place, and would let each second request through; search does not.
      if (agent !== undefined && disallowedUserAgents.some((pattern) => agent.search(pattern) >= 0)) {
        throw new PermissionDenied(`the user agent ${JSON.stringify(agent)} is not allowed`);
      }
      return super.processRequest(request);
    }
  };
}

const withSlash = (request: Request): string => fullPathOf(`${request.path}/`, request.environ.QUERY_STRING);

const isSafe = ({ method }: Request): boolean => method === "GET" || method === "HEAD";

/** For good; what has a body is sent again with it (RFC 9110 section 15.4.9). */
const movedTo = (location: string, request: Request): Redirect =>
  new Redirect(location, { permanent: true, preserve: !isSafe(request) });

const slashMissing = (request: Request): string =>
  `${request.method} ${request.path} has no slash at its end, and only ${request.path}/ has a view. The client would have to send ` +
  "the body twice: let the form or the program name the address with the slash, or set settings.appendSlash to false. " +
  "(Without settings.debug this is a redirect, 308.)";

const hasBody = (status: number): boolean => status !== 204 && status !== 304;

// Most bodies are small, and their lengths come again and again.
const PAIRS: (Pair | undefined)[] = new Array(4096).fill(undefined);

function lengthPair(length: number): Pair {
  const known = PAIRS[length];
  if (known !== undefined) return known;
  const pair = headerPair("Content-Length", String(length));
  if (length < PAIRS.length) PAIRS[length] = pair;
  return pair;
}
