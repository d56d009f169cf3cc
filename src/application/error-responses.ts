// What a client is answered when something threw: Django's response_for_exception. The status says what is known of the error; the page says
// nothing of it, but for the one in development.

import { wrongAnswer } from "./answers.ts";
import { debugNotFound, debugPage } from "./debug-page.ts";
import { HttpError, Resolver404 } from "./exceptions.ts";
import { leaveToServer, logFailure, logRefusal, logTrouble } from "./log.ts";
import { isPromise } from "./promises.ts";
import type { Request } from "./request.ts";
import type { Resolver } from "./resolver.ts";
import { Response, TemplateResponse } from "./response.ts";
import type { ErrorHandler, Settings } from "./settings.ts";
import { gotRequestException } from "./signals.ts";
import { reasonOf } from "./status.ts";
import type { MaybePromise } from "./types.ts";

export class ErrorResponses {
  readonly #settings: Settings;
  readonly #resolver: Resolver;

  constructor(settings: Settings, resolver: Resolver) {
    this.#settings = settings;
    this.#resolver = resolver;
  }

  /**
   * The response for an error, which is in the log then. A promise only where a handler of the settings gives one.
   *
   * @throws The error, where it belongs to the server: the client left, or was too slow.
   */
  respond(request: Request, error: unknown): MaybePromise<Response> {
    const status = this.#statusOf(request, error);
    if (!(error instanceof HttpError) && status === 500) {
      gotRequestException.sendRobust({ request, error }, (failure) => {
        logTrouble(request.environ, "a receiver of gotRequestException failed", failure);
      });
    }
    const debug = this.#settings.debug ? this.#debug(request, error, status) : undefined;
    if (debug !== undefined) return log(request, error, debug);
    const handler = (this.#settings.handlers as Readonly<Record<number, ErrorHandler | undefined>>)[status];
    if (handler === undefined) return log(request, error, fixedPage(request, status));
    return this.#custom(request, error, { status, handler });
  }

  #statusOf(request: Request, error: unknown): number {
    // Of a subclass it may be anything.
    if (error instanceof HttpError) return isErrors(error.status) ? error.status : 500;
    const status = statusOfServers(error);
    // Nobody is there to be answered, or the server has its own answer ready.
    if (status === 499 || status === 408 || isFarewell(request, error)) throw error;
    return status ?? 500;
  }

  #debug(request: Request, error: unknown, status: number): Response | undefined {
    try {
      if (error instanceof Resolver404) return debugNotFound(request, this.#resolver);
      return status === 500 ? debugPage(request, error) : undefined;
    } catch (trouble) {
      logTrouble(request.environ, "the page for development failed", trouble);
      return undefined;
    }
  }

  #custom(request: Request, error: unknown, how: Handling): MaybePromise<Response> {
    const survive = (trouble: unknown): Response => {
      logTrouble(request.environ, `settings.handlers.${how.status} failed`, trouble);
      return log(request, error, fixedPage(request, how.status));
    };
    const take = (value: unknown): MaybePromise<Response> => {
      if (!(value instanceof Response))
        throw wrongAnswer({ who: `settings.handlers.${how.status}`, from: how.handler }, value);
      const rendered = value instanceof TemplateResponse ? value.render() : value;
      if (isPromise(rendered)) return rendered.then((page) => log(request, error, page));
      return log(request, error, rendered);
    };
    try {
      const outcome: unknown = how.handler(request, error);
      const taken = isPromise(outcome) ? Promise.resolve(outcome).then(take) : take(outcome);
      return isPromise(taken) ? taken.catch(survive) : taken;
    } catch (trouble) {
      return survive(trouble);
    }
  }
}

interface Handling {
  readonly status: number;
  readonly handler: ErrorHandler;
}

function log(request: Request, error: unknown, response: Response): Response {
  // Of a path that leads nowhere there is no more to say; and when a middleware knows a better one, nothing: the handler tells of what goes out.
  if (error instanceof Resolver404) return response;
  if (statusOfServers(error) !== undefined) leaveToServer(response);
  else if (response.status >= 500 || !(error instanceof Error)) logFailure(request, error, response);
  else logRefusal(request, error, response);
  return response;
}

/** The statuses that a server gives to the errors of its input, by their name: any error may have a field called status. */
function statusOfServers(error: unknown): number | undefined {
  if (!(error instanceof Error) || error.name !== "RequestError") return undefined;
  const { status } = error as { readonly status?: unknown };
  return isErrors(status) ? status : undefined;
}

const isErrors = (status: unknown): status is number =>
  Number.isInteger(status) && (status as number) >= 400 && (status as number) <= 599;

/** How an application ends that was told to: with the reason of `tsgi.signal`, or with what fetch and timers make of it. */
function isFarewell(request: Request, error: unknown): boolean {
  const { signal } = request;
  return signal.aborted && (error === signal.reason || (error instanceof Error && error.name === "AbortError"));
}

const TYPES = ["text/html", "application/json", "text/plain"];

/** For the statuses that have no sentence of their own. */
const ANY_SENTENCE = "The request was not answered.";

const SENTENCES: Readonly<Record<number, string>> = {
  400: "The request cannot be understood.",
  403: "You may not have this page.",
  404: "There is no such page.",
  413: "What was sent is too large.",
  415: "A body of this type is not taken here.",
  500: "Something went wrong on the server.",
};

/** A small page, the same for every error of a status. */
export function fixedPage(request: Request, status: number): Response {
  const reason = reasonOf(status) || "Error";
  const sentence = SENTENCES[status] ?? ANY_SENTENCE;
  const type = preferredType(request);
  if (type === "application/json") {
    return new Response(JSON.stringify({ status, error: reason }), { status, contentType: type });
  }
  if (type === "text/plain") {
    return new Response(`${status} ${reason}\n`, { status, contentType: "text/plain; charset=utf-8" });
  }
  const page = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${reason}</title></head>
<body><h1>${reason}</h1><p>${sentence}</p></body>
</html>
`;
  return new Response(page, { status });
}

function preferredType(request: Request): string | undefined {
  try {
    return request.preferred(TYPES);
  } catch {
    // The page for a request that cannot be understood must not need to understand it.
    return undefined;
  }
}
