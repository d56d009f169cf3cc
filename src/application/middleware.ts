// Makes the chain: the middlewares of the settings around the dispatcher, outermost first, each made once (BaseHandler.load_middleware). Every
// layer turns what is thrown below it into a response, so that a middleware always gets one.

import { type Giver, remember, wrongAnswer } from "./answers.ts";
import { Dispatcher } from "./dispatch.ts";
import type { ErrorResponses } from "./error-responses.ts";
import { ImproperlyConfigured, MiddlewareNotUsed } from "./exceptions.ts";
import { isAsyncView } from "./methods.ts";
import { adaptMethodMode } from "./modes.ts";
import { isAsync, isPromise } from "./promises.ts";
import type { Request } from "./request.ts";
import type { Resolver } from "./resolver.ts";
import { Response } from "./response.ts";
import { titleOf } from "./route-table.ts";
import type { Settings } from "./settings.ts";
import type {
  GetResponse,
  MaybePromise,
  MiddlewareClass,
  MiddlewareEntry,
  MiddlewareFactory,
  MiddlewareHooks,
  MiddlewareObject,
  Mode,
  SyncMiddlewareFactory,
} from "./types.ts";

/** What is in front of the views, and what there is to say of how it was made. */
export interface Chain {
  readonly getResponse: GetResponse;
  readonly mode: Mode;
  /** For development: which middlewares did not want to be used. */
  readonly notes: readonly string[];
}

export interface ChainParts {
  readonly settings: Settings;
  readonly resolver: Resolver;
  readonly errors: ErrorResponses;
}

/** @throws ImproperlyConfigured that names the middleware. */
export function loadMiddleware({ settings, resolver, errors }: ChainParts): Chain {
  const dispatcher = new Dispatcher(resolver);
  const notes: string[] = [];
  let chain: Layer = {
    getResponse: convertExceptionToResponse(dispatcher.respond, { by: { who: "the innermost layer" }, errors }),
    ...modeOfViews(settings, resolver),
  };
  /** The innermost middleware that must have its answer at once. */
  let strict: string | undefined;
  for (const [at, entry] of [...settings.middleware.entries()].reverse()) {
    const name = entry.name || `settings.middleware[${at}]`;
    const want = modeOf(entry, name);
    const inner = adaptMethodMode({ want, method: chain.getResponse, is: chain.mode, name, inner: chain.source });
    const made = make(entry, { name, inner, settings, notes });
    if (made === undefined) continue;
    if (want === "sync") strict ??= name;
    if (addHooks(dispatcher, made, name) && chain.mode === "sync") {
      if (strict !== undefined) {
        throw new ImproperlyConfigured(
          `${strict} is of mode "sync", and ${name} has an async hook, which runs inside of it: nothing can wait for that there`,
        );
      }
      chain = { ...chain, mode: "either", source: `a hook of ${name}` };
    }
    const handle = typeof made === "function" ? made : (request: Request) => made.handle(request);
    const mode = modeOfMade(made, { want, inner: chain.mode, name });
    chain = {
      getResponse: convertExceptionToResponse(handle, { by: giverOf(made, name), errors }),
      mode,
      source: mode === "sync" || chain.mode !== "sync" ? chain.source : name,
    };
  }
  return { getResponse: chain.getResponse, mode: chain.mode, notes };
}

interface Layer {
  readonly getResponse: GetResponse;
  readonly mode: Mode;
  /** What in it may answer later, for a message. */
  readonly source: string;
}

export interface Converting {
  /** Who answers, for messages. */
  readonly by: Giver;
  readonly errors: ErrorResponses;
}

/** One layer: gives a response whatever is thrown or given below it, but where the client is gone. */
export function convertExceptionToResponse(getResponse: GetResponse, { by, errors }: Converting): GetResponse {
  return (request) => {
    let outcome: unknown;
    try {
      outcome = getResponse(request);
    } catch (error) {
      return errors.respond(request, error);
    }
    if (outcome instanceof Response) {
      remember(request, outcome);
      return outcome;
    }
    if (!isPromise(outcome)) return errors.respond(request, wrongAnswer(by, outcome));
    return Promise.resolve(outcome).then(
      (value) => {
        if (!(value instanceof Response)) return errors.respond(request, wrongAnswer(by, value));
        remember(request, value);
        return value;
      },
      (error: unknown) => errors.respond(request, error),
    );
  };
}

/** Who it is that gives the response of a middleware. */
function giverOf(made: Made, name: string): Giver {
  if (typeof made === "function") return { who: name, from: made };
  if (!(made instanceof Middleware) || made.handle !== Middleware.prototype.handle) {
    return { who: name, from: made.handle };
  }
  // What the chain inside gives is a response, so it is the last of the two that had a say.
  if (made.processResponse !== undefined) return { who: `${name}.processResponse`, from: made.processResponse };
  return { who: `${name}.processRequest`, from: made.processRequest };
}

/** Plain views are taken to answer at once, until one does not: then a middleware of mode "sync" says so. */
function modeOfViews(settings: Settings, { routes }: Resolver): { mode: Mode; source: string } {
  const route = routes.find(({ view }) => isAsyncView(view));
  if (route !== undefined)
    return { mode: "either", source: `the view ${route.view.name || "without a name"} of ${titleOf(route)}` };
  const status = Object.entries(settings.handlers).find(([, handler]) => isAsync(handler))?.[0];
  if (status !== undefined) return { mode: "either", source: `settings.handlers.${status}` };
  return { mode: "sync", source: "views" };
}

const MODES: readonly unknown[] = ["sync", "async", "either", undefined];

function modeOf(entry: MiddlewareEntry, name: string): Mode {
  const { mode } = entry;
  if (MODES.includes(mode)) return mode ?? "either";
  throw new ImproperlyConfigured(`${name}: its mode is ${JSON.stringify(mode)}; it is "sync", "async" or "either"`);
}

interface Making {
  readonly name: string;
  readonly inner: GetResponse;
  readonly settings: Settings;
  readonly notes: string[];
}

type Made = GetResponse | MiddlewareObject;

/** Undefined for one that does not want to be used. */
function make(entry: MiddlewareEntry, { name, inner, settings, notes }: Making): Made | undefined {
  let made: unknown;
  try {
    made = isClass(entry) ? new entry(inner, settings) : entry(inner, settings);
  } catch (error) {
    if (!(error instanceof MiddlewareNotUsed)) throw error;
    notes.push(`${name} is not used${error.message === "" ? "" : `: ${error.message}`}`);
    return undefined;
  }
  if (typeof made === "function") return made as GetResponse;
  if (isPromise(made)) {
    made.then(undefined, () => undefined);
    throw new ImproperlyConfigured(
      `${name} gave a promise: a middleware is made at once, by a function that gives an async one`,
    );
  }
  if (typeof made === "object" && made !== null && typeof (made as { handle?: unknown }).handle === "function") {
    return made as MiddlewareObject;
  }
  const halves = made as { processRequest?: unknown; processResponse?: unknown } | null | undefined;
  const isHalf = halves?.processRequest !== undefined || halves?.processResponse !== undefined;
  const hint = isHalf ? ": a class with processRequest or processResponse extends Middleware" : "";
  const kind = typeof made === "object" ? "an object without handle(request)" : `a ${typeof made}`;
  const what = made === undefined || made === null ? "nothing" : kind;
  throw new ImproperlyConfigured(
    `the middleware ${name} gave ${what}; it must give a function (request) => Response, or an object with handle(request)${hint}`,
  );
}

/** A class cannot be called without `new`, and an arrow function not with it. */
const isClass = (entry: MiddlewareEntry): entry is MiddlewareClass =>
  /^class\b/.test(Function.prototype.toString.call(entry)) ||
  typeof (entry as { prototype?: { handle?: unknown } }).prototype?.handle === "function";

const HOOKS = ["processView", "processTemplateResponse", "processException"] as const;

/** @returns Whether one of them is async. */
function addHooks({ hooks }: Dispatcher, made: Made, name: string): boolean {
  const middleware = made as Required<MiddlewareHooks>;
  checkSpelling(made, name);
  for (const hook of HOOKS) {
    const given: unknown = middleware[hook];
    if (given !== undefined && typeof given !== "function") {
      throw new ImproperlyConfigured(
        `${name}.${hook} must be a function, not ${given === null ? "null" : typeof given}`,
      );
    }
  }
  // Middlewares are made from the innermost to the outermost.
  if (middleware.processView !== undefined) hooks.view.unshift({ name, middleware });
  if (middleware.processTemplateResponse !== undefined) hooks.template.push({ name, middleware });
  if (middleware.processException !== undefined) hooks.exception.push({ name, middleware });
  return HOOKS.some((hook) => isAsync(middleware[hook]));
}

const SPELLINGS: ReadonlyMap<string, string> = new Map(
  [...HOOKS, "processRequest", "processResponse"].map((member) => [member.toLowerCase(), member]),
);

/** Django's own names, and what a shift key does to ours, would be members that nobody asks for. */
function checkSpelling(made: Made, name: string): void {
  for (let at: object | null = made; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    for (const member of Object.getOwnPropertyNames(at)) {
      const meant = SPELLINGS.get(member.replaceAll("_", "").toLowerCase());
      if (meant === undefined || meant === member) continue;
      throw new ImproperlyConfigured(`${name}.${member} would never be called: it is written ${meant}`);
    }
  }
}

interface Judging {
  readonly want: Mode;
  readonly inner: Mode;
  readonly name: string;
}

function modeOfMade(made: Made, { want, inner, name }: Judging): Mode {
  const parts: readonly unknown[] =
    typeof made === "function"
      ? [made]
      : [made.handle, (made as Middleware).processRequest, (made as Middleware).processResponse];
  const waits = parts.some(isAsync);
  if (waits && want === "sync") {
    throw new ImproperlyConfigured(
      `${name} is of mode "sync" and has an async function: say "async", or leave the mode out`,
    );
  }
  return want !== "either" ? want : waits ? "async" : inner;
}

/** A factory whose middleware has every response at once; refused at load around what may answer later. */
export function syncMiddleware(factory: SyncMiddlewareFactory): MiddlewareFactory {
  if (typeof factory !== "function") {
    throw new ImproperlyConfigured(
      `syncMiddleware takes a function (getResponse) => middleware, not ${typeof factory}`,
    );
  }
  // Loaded with mode "sync", it is given a getResponse that answers at once.
  const made = (getResponse: GetResponse, settings: Settings) =>
    factory(getResponse as (request: Request) => Response, settings);
  return Object.defineProperties(made, { mode: { value: "sync" }, name: { value: factory.name } }) as MiddlewareFactory;
}

/**
 * A middleware as a class: `processRequest` before the rest, `processResponse` after it, or one of them. Either may be async, and so may
 * everything inside: a promise is made only where one was given.
 */
export class Middleware implements MiddlewareObject {
  protected readonly getResponse: GetResponse;
  protected readonly settings: Settings;

  constructor(getResponse: GetResponse, settings: Settings) {
    this.getResponse = getResponse;
    this.settings = settings;
  }

  /** A response ends the way in: `processResponse` is still asked. */
  processRequest?(request: Request): MaybePromise<Response | undefined>;

  /** Must give a response: this one or another. */
  processResponse?(request: Request, response: Response): MaybePromise<Response>;

  handle(request: Request): MaybePromise<Response> {
    if (this.processRequest !== undefined) {
      const early = this.processRequest(request);
      if (isPromise(early)) return this.#later(request, early as Promise<Response | undefined>);
      if (early !== undefined) return this.#after(request, this.#checked(early));
    }
    return this.#after(request, this.getResponse(request));
  }

  #after(request: Request, outcome: MaybePromise<Response>): MaybePromise<Response> {
    if (this.processResponse === undefined) return outcome;
    if (!isPromise(outcome)) return this.processResponse(request, outcome);
    return Promise.resolve(outcome).then((response) => this.processResponse!(request, response));
  }

  async #later(request: Request, early: Promise<Response | undefined>): Promise<Response> {
    const response = await early;
    return this.#after(request, response === undefined ? this.getResponse(request) : this.#checked(response));
  }

  /** Before `processResponse` has to do with it. */
  #checked(early: unknown): Response {
    if (early instanceof Response) return early;
    throw wrongAnswer({ who: `${this.constructor.name}.processRequest`, from: this.processRequest }, early);
  }
}
