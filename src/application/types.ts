// What the pieces of the application side agree on: views, the chain of middlewares, and how each of them answers.
// Types only. Django's names where Django has one; what differs, and why, is in docs/application.md.

import type { Request } from "./request.ts";
import type { Response, TemplateResponse } from "./response.ts";
import type { Settings } from "./settings.ts";

export type MaybePromise<T> = T | Promise<T>;

/**
 * How something answers: at once, with a promise always, or now so, now so. Decided when the middlewares are loaded, so that a request
 * which never waits for anything never meets a promise.
 */
export type Mode = "sync" | "async" | "either";

/** Answers a request: what a view is wrapped into, and what each middleware is given and gives back. */
export type GetResponse = (request: Request) => MaybePromise<Response>;

/** The same for one that never waits, as a middleware of mode "sync" is given it. */
export type GetResponseNow = (request: Request) => Response;

/** What a route took out of the path, converted. */
export type Params = Readonly<Record<string, unknown>>;

/** Answers one route. `params` has what its converters made of the path. */
export type View<P = Params> = (request: Request, params: P) => MaybePromise<Response>;

/** What a middleware may do beside wrapping the rest. Django's orders: view hooks outermost first, the other two innermost first. */
export interface MiddlewareHooks {
  /** Before the view is called. A response ends the search: neither the other hooks nor the view are called. */
  processView?(request: Request, view: View, params: Params): MaybePromise<Response | undefined>;
  /** After a view gave a TemplateResponse, before it is rendered. Must give one back. */
  processTemplateResponse?(request: Request, response: TemplateResponse): MaybePromise<TemplateResponse>;
  /** After a view, or the rendering, threw. A response ends the search; nothing lets the error go on. */
  processException?(request: Request, error: unknown): MaybePromise<Response | undefined>;
}

/** A middleware, made. */
export interface MiddlewareObject extends MiddlewareHooks {
  handle(request: Request): MaybePromise<Response>;
}

/** A class of middleware; made once when the application is loaded. */
export interface MiddlewareClass {
  new (getResponse: GetResponse, settings: Settings): MiddlewareObject;
  readonly mode?: Mode;
}

/** A function that makes a middleware. An async function that it gives back is of mode "async", any other of mode "either". */
export interface MiddlewareFactory {
  (getResponse: GetResponse, settings: Settings): GetResponse | MiddlewareObject;
  readonly mode?: Mode;
}

/** A factory of mode "sync": made with `syncMiddleware(factory)`, and refused at load where what it wraps may be a promise. */
export type SyncMiddlewareFactory = (getResponse: GetResponseNow, settings: Settings) => GetResponseNow;

export type MiddlewareEntry = MiddlewareClass | MiddlewareFactory;
