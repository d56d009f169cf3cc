// Keeps flash messages between two requests: in the session where there is one, else in a signed cookie of their own. A request that neither
// says nor reads one costs nothing.

import { BadSignature } from "../exceptions.ts";
import { writeLine } from "../log.ts";
import { type Message, Messages, restored, saved } from "../messages.ts";
import { Middleware } from "../middleware.ts";
import type { Request } from "../request.ts";
import type { Provider } from "../request-providers.ts";
import type { Response } from "../response.ts";
import type { Settings } from "../settings.ts";
import { dumps, loads } from "../signing.ts";
import type { GetResponse } from "../types.ts";
import { checkCookie, mustPrecede, needsSecretKey, placeOf } from "./order.ts";
import { SessionMiddleware } from "./session.ts";
import { varyOnCookie } from "./vary.ts";

/** Where they are kept. */
interface Storage {
  load(request: Request): readonly Message[];
  save(messages: readonly Message[], request: Request, response: Response): void;
}

export class MessagesMiddleware extends Middleware {
  readonly #storage: Storage;
  readonly #provider: Provider<Messages>;

  /** @throws ImproperlyConfigured when SessionMiddleware comes after it; or, without sessions, when there is no secret key. */
  constructor(getResponse: GetResponse, settings: Settings) {
    super(getResponse, settings);
    mustPrecede(settings, SessionMiddleware, new.target);
    const storage = placeOf(settings, SessionMiddleware) < 0 ? new InCookie(settings) : IN_SESSION;
    this.#storage = storage;
    this.#provider = { provide: (request) => new Messages(() => storage.load(request)) };
  }

  override processRequest(request: Request): undefined {
    request.messagesProvider = this.#provider;
  }

  override processResponse(request: Request, response: Response): Response {
    const messages = request.openedMessages;
    if (messages === undefined) return response;
    const toSave = messages.toSave;
    varyOnCookie(response.headers);
    if (toSave !== undefined) this.#storage.save(toSave, request, response);
    return response;
  }
}

const KEY = "_messages";

const IN_SESSION: Storage = {
  load: (request) => restored(request.session.get(KEY)),
  save: (messages, request) => {
    if (messages.length > 0) request.session.set(KEY, messages.map(saved));
    else request.session.delete(KEY);
  },
};

const COOKIE_NAME = "messages";
const SALT = "tsgi.messages";
/** Django's: half of what browsers keep. The pages that follow do not get slower by it, and other cookies have room. */
const MOST_BYTES = 2048;

class InCookie implements Storage {
  readonly #settings: Settings;

  constructor(settings: Settings) {
    needsSecretKey(settings, "MessagesMiddleware without SessionMiddleware");
    // Under its own name, with the attributes of a session's.
    checkCookie({ ...settings.session, cookieName: COOKIE_NAME }, "session");
    this.#settings = settings;
  }

  load(request: Request): readonly Message[] {
    const cookie = request.cookies[COOKIE_NAME];
    if (cookie === undefined) return [];
    try {
      return restored(loads(cookie, this.#settings, { salt: SALT }));
    } catch (error) {
      if (error instanceof BadSignature) return [];
      throw error;
    }
  }

  /** The oldest are left out where not all of them fit, and the log says so. */
  save(messages: readonly Message[], request: Request, response: Response): void {
    const { cookiePath, cookieDomain, cookieSecure, cookieSameSite } = this.#settings.session;
    const scope = {
      path: cookiePath,
      domain: cookieDomain,
      secure: cookieSecure ?? request.isSecure,
      sameSite: cookieSameSite,
    };
    for (let dropped = 0; dropped < messages.length; dropped += 1) {
      const value = dumps(messages.slice(dropped).map(saved), this.#settings, { salt: SALT, compress: true });
      if (encodeURIComponent(value).length > MOST_BYTES) continue;
      if (dropped > 0) logDropped(dropped, request);
      response.setCookie(COOKIE_NAME, value, { ...scope, httpOnly: true });
      return;
    }
    if (messages.length > 0) logDropped(messages.length, request);
    if (request.cookies[COOKIE_NAME] !== undefined) response.deleteCookie(COOKIE_NAME, scope);
  }
}

function logDropped(count: number, { environ, path }: Request): void {
  const what = `${count} of the messages for ${JSON.stringify(path)}`;
  writeLine(environ, `${what} did not fit into a cookie of ${MOST_BYTES} bytes and are lost`, "warn");
}
