// The innermost layer: finds the view, asks the hooks of the middlewares in Django's orders, calls the view and renders what is to be rendered
// (BaseHandler._get_response). Where nothing waits, no promise is made.

import { type Giver, remember, wrongAnswer } from "./answers.ts";
import { ImproperlyConfigured, Resolver404 } from "./exceptions.ts";
import { viewFor } from "./methods.ts";
import { isPromise } from "./promises.ts";
import type { Request } from "./request.ts";
import type { Resolver, ResolverMatch } from "./resolver.ts";
import { Response, TemplateResponse } from "./response.ts";
import type { MaybePromise, MiddlewareHooks } from "./types.ts";

/** A middleware that has the hook, and its name for messages. */
export interface Hook<K extends keyof MiddlewareHooks> {
  readonly name: string;
  readonly middleware: Required<Pick<MiddlewareHooks, K>>;
}

/** Each list in the order in which it is asked. */
export interface Hooks {
  /** Outermost first. */
  readonly view: Hook<"processView">[];
  /** Innermost first. */
  readonly template: Hook<"processTemplateResponse">[];
  /** Innermost first. */
  readonly exception: Hook<"processException">[];
}

export class Dispatcher {
  readonly hooks: Hooks = { view: [], template: [], exception: [] };
  readonly #resolver: Resolver;

  constructor(resolver: Resolver) {
    this.#resolver = resolver;
  }

  /** @throws Resolver404, and what the view throws where no middleware has an answer to it. */
  readonly respond = (request: Request): MaybePromise<Response> => {
    const match = this.#resolver.resolve(request.pathInfo);
    if (match === undefined) throw new Resolver404(request.pathInfo);
    request.resolverMatch = match;
    return this.hooks.view.length === 0 ? this.#call(request, match) : this.#asked(request, match, 0);
  };

  #asked(request: Request, match: ResolverMatch, from: number): MaybePromise<Response> {
    const { view } = this.hooks;
    for (let i = from; i < view.length; i += 1) {
      const { name, middleware } = view[i]!;
      const outcome: unknown = middleware.processView(request, match.view, match.params);
      if (outcome === undefined) continue;
      const giver = { who: `${name}.processView`, from: middleware.processView };
      if (!isPromise(outcome)) return this.#finish(request, outcome, giver);
      return Promise.resolve(outcome).then((value) =>
        value === undefined ? this.#asked(request, match, i + 1) : this.#finish(request, value, giver),
      );
    }
    return this.#call(request, match);
  }

  #call(request: Request, match: ResolverMatch): MaybePromise<Response> {
    const { view, params } = match;
    let outcome: unknown;
    try {
      outcome = view(request, params);
    } catch (error) {
      return this.#failed(request, error, 0);
    }
    if (outcome instanceof Response) {
      return outcome instanceof TemplateResponse ? this.#template(request, outcome, 0) : outcome;
    }
    if (!isPromise(outcome)) throw wrongAnswer(giverOf(request, match), outcome);
    return Promise.resolve(outcome).then(
      (value) => this.#finish(request, value, match),
      (error: unknown) => this.#failed(request, error, 0),
    );
  }

  #finish(request: Request, value: unknown, by: Giver | ResolverMatch): MaybePromise<Response> {
    if (!(value instanceof Response)) throw wrongAnswer("who" in by ? by : giverOf(request, by), value);
    return value instanceof TemplateResponse ? this.#template(request, value, 0) : value;
  }

  #template(request: Request, given: TemplateResponse, from: number): MaybePromise<Response> {
    const { template } = this.hooks;
    let response = given;
    for (let i = from; i < template.length; i += 1) {
      const hook = template[i]!;
      const outcome: unknown = hook.middleware.processTemplateResponse(request, response);
      if (isPromise(outcome)) {
        const before = response;
        return Promise.resolve(outcome).then((value) =>
          this.#template(request, exchanged(request, before, templateOf(value, hook)), i + 1),
        );
      }
      response = exchanged(request, response, templateOf(outcome, hook));
    }
    try {
      const rendered = response.render();
      if (!isPromise(rendered)) return exchanged(request, response, rendered);
      return rendered.then(
        (value) => exchanged(request, response, value),
        (error: unknown) => this.#failed(request, error, 0, true),
      );
    } catch (error) {
      return this.#failed(request, error, 0, true);
    }
  }

  /** @param rendering Whether it was a template that failed: what takes its place is rendered, and not shown to the hooks again. */
  #failed(request: Request, error: unknown, from: number, rendering = false): MaybePromise<Response> {
    const { exception } = this.hooks;
    // A client that left is nobody's mistake, and nobody is there to be answered.
    if (isClientGone(error)) throw error;
    for (let i = from; i < exception.length; i += 1) {
      const { name, middleware } = exception[i]!;
      const outcome: unknown = middleware.processException(request, error);
      if (outcome === undefined) continue;
      const take = (value: unknown): MaybePromise<Response> => {
        const giver = { who: `${name}.processException`, from: middleware.processException };
        if (!rendering) return this.#finish(request, value, giver);
        if (!(value instanceof Response)) throw wrongAnswer(giver, value);
        return value instanceof TemplateResponse ? value.render() : value;
      };
      if (!isPromise(outcome)) return take(outcome);
      return Promise.resolve(outcome).then((value) =>
        value === undefined ? this.#failed(request, error, i + 1, rendering) : take(value),
      );
    }
    throw error;
  }
}

/** Another in the place of one that holds something, perhaps: that one is closed with the request. */
function exchanged<R extends Response>(request: Request, before: Response, after: R): R {
  if (after !== before) remember(request, before);
  return after;
}

function giverOf({ method }: Request, { view, route }: ResolverMatch): Giver {
  const from = viewFor(view, method);
  return { who: `the view ${view.name === "" ? "without a name" : view.name} (route "${route}")`, from };
}

function templateOf(value: unknown, { name, middleware }: Hook<"processTemplateResponse">): TemplateResponse {
  if (value instanceof TemplateResponse) return value;
  if (value instanceof Response) {
    throw new ImproperlyConfigured(
      `${name}.processTemplateResponse gave back a ${value.constructor.name}; it must give a TemplateResponse`,
    );
  }
  throw wrongAnswer({ who: `${name}.processTemplateResponse`, from: middleware.processTemplateResponse }, value);
}

const isClientGone = (error: unknown): boolean =>
  error instanceof Error && error.name === "RequestError" && (error as { status?: unknown }).status === 499;
