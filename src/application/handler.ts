// The application that a server calls: environ in, status and headers and body out (Django's WSGIHandler). Sets the script prefix, sends the
// signals, and sees to it that whatever a request held is closed exactly once, however it ended.

import type { Application, Body, Chunk, Environ, StartResponse } from "../gateway/types.ts";
import { replaced } from "./answers.ts";
import { ErrorResponses } from "./error-responses.ts";
import { logResponse, logTrouble, writeLine } from "./log.ts";
import { loadMiddleware } from "./middleware.ts";
import { isPromise } from "./promises.ts";
import { Request } from "./request.ts";
import { Resolver } from "./resolver.ts";
import type { Response } from "./response.ts";
import { withScriptPrefix } from "./script-prefix.ts";
import type { Settings } from "./settings.ts";
import { requestFinished, requestStarted } from "./signals.ts";
import type { GetResponse, MaybePromise, Params } from "./types.ts";

/** An application, and what it is made of. */
export interface Handler extends Application {
  readonly settings: Settings;
  readonly resolver: Resolver;
  /** Through all middlewares, without a server. The caller closes the response and the request. */
  readonly getResponse: GetResponse;
  /** The path of a route by its name, with the prefix of the request that is being answered. @throws NoReverseMatch */
  reverse(name: string, params?: Params): string;
}

/** @throws ImproperlyConfigured for routes or middlewares that do not fit. */
export function makeHandler(settings: Settings): Handler {
  const resolver = new Resolver(settings.urls);
  const errors = new ErrorResponses(settings, resolver);
  const { getResponse: respond, notes } = loadMiddleware({ settings, resolver, errors });
  const { forceScriptName } = settings;
  let untold = settings.debug ? notes : [];

  const getResponse: GetResponse = (request) => {
    request.resolver = resolver.below(request.scriptName ?? "");
    return respond(request);
  };

  const answer = (environ: Environ, startResponse: StartResponse): MaybePromise<Body> => {
    if (requestStarted.isHeard) {
      requestStarted.sendRobust({ environ }, (error) =>
        logTrouble(environ, "a receiver of requestStarted failed", error),
      );
    }
    const exchange = new Exchange(new Request(environ, settings), startResponse, errors);
    try {
      const outcome = getResponse(exchange.request);
      if (!isPromise(outcome)) return exchange.begin(outcome);
      return outcome.then(
        (response) => exchange.beginOrLeave(response),
        (error: unknown) => exchange.leave(error),
      );
    } catch (error) {
      return exchange.leave(error);
    }
  };

  const application = (environ: Environ, startResponse: StartResponse): MaybePromise<Body> => {
    if (untold.length > 0) {
      for (const note of untold) writeLine(environ, note, "info");
      untold = [];
    }
    if (forceScriptName !== null) environ.SCRIPT_NAME = forceScriptName;
    const prefix = environ.SCRIPT_NAME;
    // What is undefined is no server's mistake that should cost a request.
    if (prefix === "" || prefix === undefined) return answer(environ, startResponse);
    return withScriptPrefix(prefix, () => answer(environ, startResponse));
  };

  return Object.freeze(
    Object.assign(application, {
      settings,
      resolver,
      getResponse,
      reverse: (name: string, params?: Params) => resolver.reverse(name, params),
    }),
  );
}

interface Closing {
  close?: () => unknown;
}

/**
 * A body of one chunk, which every server sees is one, and whose end is the request's. A class, because V8 moves the literals of one place into
 * the old generation once it has seen some of them live long: there each keeps its whole request from being collected early, which
 * cost a third of a request's time.
 */
class ClosedChunk extends Array<Chunk> {
  declare exchange: Exchange;

  close(): MaybePromise<void> {
    return this.exchange.finish(undefined);
  }
}

/** One request on its way out. */
class Exchange {
  readonly request: Request;
  readonly #startResponse: StartResponse;
  readonly #errors: ErrorResponses;
  #response: Response | undefined = undefined;
  #isOver = false;

  constructor(request: Request, startResponse: StartResponse, errors: ErrorResponses) {
    this.request = request;
    this.#startResponse = startResponse;
    this.#errors = errors;
  }

  begin(response: Response): MaybePromise<Body> {
    this.#response = response;
    if (response.status >= 400) logResponse(this.request, response);
    let body: Body;
    try {
      response.seal();
      this.#startResponse(response.statusLine, response.headerList());
      body = response.body(this.request.environ);
      if (response.streaming) this.request.seal();
    } catch (error) {
      return this.#beginAgain(error);
    }
    return this.#closing(body);
  }

  beginOrLeave(response: Response): MaybePromise<Body> {
    try {
      return this.begin(response);
    } catch (error) {
      return this.leave(error);
    }
  }

  /** The server answers, or knows that nobody is there. What the request held is closed all the same. */
  leave(error: unknown): never {
    const finished = this.finish(undefined);
    if (isPromise(finished)) {
      finished.then(undefined, (trouble: unknown) => this.#trouble(trouble));
    }
    throw error;
  }

  /** The server did not take the status or a header, or there is no body: an error as any other (PEP 3333, exc_info). */
  #beginAgain(error: unknown): MaybePromise<Body> {
    const before = this.#response;
    const again = (response: Response): MaybePromise<Body> => {
      this.#response = response;
      if (before !== undefined) void this.#close(before, before.close);
      this.#startResponse(response.statusLine, response.headerList(), error);
      return this.#closing(response.body(this.request.environ));
    };
    const outcome = this.#errors.respond(this.request, error);
    return isPromise(outcome) ? outcome.then(again) : again(outcome);
  }

  /** The body, whose close() is the end of the request. A file of the server's own is handed over as it is: it knows a faster way for it. */
  #closing(body: Body): Body {
    if (typeof body === "string" || body instanceof Uint8Array) {
      const whole = new ClosedChunk(1);
      whole[0] = body;
      whole.exchange = this;
      return whole;
    }
    const whole = (Object.isExtensible(body) ? body : unfrozen(body)) as Closing;
    const { close: own } = whole;
    whole.close = () => this.finish(own === undefined ? undefined : { whole, own });
    return whole as Body;
  }

  finish(body: { readonly whole: Closing; readonly own: () => unknown } | undefined): MaybePromise<void> {
    if (this.#isOver) return undefined;
    this.#isOver = true;
    const { request } = this;
    const response = this.#response;
    let waits: Promise<unknown>[] | undefined;
    const attempt = (holder: { close(): unknown }, close = holder.close): void => {
      const waiting = this.#close(holder, close);
      if (waiting === undefined) return;
      waits ??= [];
      waits.push(waiting);
    };
    if (body !== undefined) attempt(body.whole as { close(): unknown }, body.own);
    // Again does nothing, where the body has done it.
    if (response !== undefined) attempt(response);
    for (const other of replaced(request, response)) attempt(other);
    attempt(request);
    if (waits !== undefined) return Promise.all(waits).then(() => this.#tell());
    this.#tell();
    return undefined;
  }

  /** @returns A promise that is never rejected, where it takes time. */
  #close(holder: object, close: () => unknown): Promise<unknown> | undefined {
    try {
      const outcome = close.call(holder);
      if (isPromise(outcome)) {
        return Promise.resolve(outcome).then(undefined, (error: unknown) => this.#trouble(error));
      }
    } catch (error) {
      this.#trouble(error);
    }
    return undefined;
  }

  #tell(): void {
    if (!requestFinished.isHeard) return;
    const { environ } = this.request;
    requestFinished.sendRobust({ environ }, (error) =>
      logTrouble(environ, "a receiver of requestFinished failed", error),
    );
  }

  #trouble(error: unknown): void {
    logTrouble(this.request.environ, "closing what a request held failed", error);
  }
}

/** A body that takes no property: another object with the same chunks. */
function unfrozen(body: object): object {
  const { close } = body as { readonly close?: () => unknown };
  const own = close === undefined ? {} : { close: () => close.call(body) };
  return Symbol.asyncIterator in body
    ? { ...own, [Symbol.asyncIterator]: () => (body as AsyncIterable<unknown>)[Symbol.asyncIterator]() }
    : { ...own, [Symbol.iterator]: () => (body as Iterable<unknown>)[Symbol.iterator]() };
}
