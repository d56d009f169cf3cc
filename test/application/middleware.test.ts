import assert from "node:assert/strict";
import { test } from "node:test";
import { ImproperlyConfigured, MiddlewareNotUsed, NotFound } from "../../src/application/exceptions.ts";
import { getApplication } from "../../src/application/get-application.ts";
import { methods } from "../../src/application/methods.ts";
import { Middleware, syncMiddleware } from "../../src/application/middleware.ts";
import { path } from "../../src/application/paths.ts";
import type { Request } from "../../src/application/request.ts";
import { Response, TemplateResponse } from "../../src/application/response.ts";
import type { GetResponse, MiddlewareEntry, SyncMiddlewareFactory, View } from "../../src/application/types.ts";
import { call } from "../support/call.ts";

const page: View = () => new Response("page");
const laterPage: View = async () => new Response("later");
const load = (middleware: readonly unknown[], view: View = page) =>
  getApplication({ urls: [path("", view, { name: "home" })], middleware: middleware as MiddlewareEntry[] });

/** A middleware that writes its name before and after. */
function marks(name: string): MiddlewareEntry {
  const made: MiddlewareEntry = (getResponse) => async (request) => {
    const response = await getResponse(request);
    response.headers.append("X-Way", name);
    return response;
  };
  return Object.defineProperty(made, "name", { value: name });
}

const refused = (make: () => unknown, message: RegExp): void =>
  assert.throws(make, (error) => error instanceof ImproperlyConfigured && message.test(error.message), String(message));

test("each wrong middleware is refused when the application is loaded, by its name", () => {
  class NoHandle {
    readonly x = 1;
  }
  const Nothing = (): void => {};
  const Later = async (): Promise<GetResponse> => page as GetResponse;
  const OddHook = (getResponse: GetResponse) => ({ handle: getResponse, processView: true });
  const OddMode = Object.assign((getResponse: GetResponse) => getResponse, { mode: "blocking" });
  const Throws = (): never => {
    throw new RangeError("of its own");
  };
  refused(
    () => load([Nothing]),
    /the middleware Nothing gave nothing; it must give a function \(request\) => Response/,
  );
  refused(() => load([marks("A"), () => 1]), /the middleware settings\.middleware\[1\] gave a number/);
  refused(() => load([NoHandle]), /the middleware NoHandle gave an object without handle\(request\)/);
  class Half {
    processRequest(): void {}
  }
  refused(
    () => load([Half]),
    /with handle\(request\): a class with processRequest or processResponse extends Middleware/,
  );
  class Snake extends Middleware {
    process_request(): void {}
  }
  class Child extends Snake {}
  const Shift = (getResponse: GetResponse) => Object.assign(getResponse, { processexception: () => undefined });
  refused(() => load([Snake]), /^Snake\.process_request would never be called: it is written processRequest$/);
  refused(() => load([Child]), /^Child\.process_request would never be called/);
  refused(() => load([Shift]), /^Shift\.processexception would never be called: it is written processException$/);
  refused(() => load([Later]), /Later gave a promise: a middleware is made at once/);
  refused(() => load([OddHook]), /OddHook\.processView must be a function, not boolean/);
  refused(
    () => load([OddMode]),
    /settings\.middleware\[0\]: its mode is "blocking"; it is "sync", "async" or "either"/,
  );
  refused(() => syncMiddleware(1 as never), /syncMiddleware takes a function/);
  assert.throws(() => load([Throws]), /of its own/);
});

test("one that does not want to be used is left out, and development is told once", async () => {
  const Unused: MiddlewareEntry = () => {
    throw new MiddlewareNotUsed("no key");
  };
  const way = async (debug: boolean) => {
    const application = getApplication({ urls: [path("", page)], middleware: [marks("A"), Unused, marks("B")], debug });
    return [await call(application, "/"), await call(application, "/")] as const;
  };
  const [first, second] = await way(true);
  assert.deepEqual(
    first.headers.filter(([name]) => name === "X-Way").map(([, value]) => value),
    ["B", "A"],
  );
  assert.equal(first.errors, "Unused is not used: no key\n");
  assert.equal(second.errors, "");
  assert.equal((await way(false))[0].errors, "");
});

test("a middleware of mode sync has its response at once, and what may answer later is refused around it, by both names", async () => {
  const stamp: SyncMiddlewareFactory = (getResponse) => (request) => {
    const response = getResponse(request);
    response.headers.set("X-Now", "yes");
    return response;
  };
  const Stamp = syncMiddleware(stamp);
  class Strict extends Middleware {
    static readonly mode = "sync";
  }
  const answer = await call(load([Stamp, Strict]), "/");
  assert.equal(answer.header("X-Now"), "yes");
  assert.equal(answer.atOnce, true);
  const Hooked: MiddlewareEntry = (getResponse) => ({ handle: getResponse, processView: async () => undefined });
  class StrictAsync extends Strict {
    override async processRequest(): Promise<undefined> {}
  }
  for (const [make, message] of [
    [
      () => load([Stamp], laterPage),
      /^stamp is of mode "sync" and stands around the view laterPage of route "" \(home\)/,
    ],
    [() => load([Stamp], methods({ POST: laterPage })), /^stamp .* around the view methods\(POST\)/],
    [() => load([Strict, marks("A")]), /^Strict is of mode "sync" and stands around A, which may answer later/],
    [() => load([Stamp, Hooked]), /^stamp .* around a hook of Hooked/],
    [() => load([Hooked, Stamp]), /^stamp is of mode "sync", and Hooked has an async hook/],
    [() => load([StrictAsync]), /^StrictAsync is of mode "sync" and has an async function/],
    [
      () => getApplication({ urls: [], middleware: [Stamp], handlers: { 404: async () => new Response() } }),
      /^stamp .* around settings\.handlers\.404/,
    ],
  ] as const) {
    refused(make, message);
  }
});

test("a plain view that gives a promise below a middleware of mode sync is a 500 that names both", async () => {
  const sneaky: View = () => Promise.resolve(new Response("late"));
  const pass: SyncMiddlewareFactory = (getResponse) => (request) => getResponse(request);
  const answer = await call(load([syncMiddleware(pass)], sneaky), "/");
  assert.equal(answer.status, 500);
  assert.match(
    answer.errors,
    /pass is of mode "sync", and the view home \(route ""\), or a middleware, gave a promise/,
  );
});

test("a middleware of mode async is given a promise whatever is inside of it", async () => {
  let given: unknown;
  const Waits: MiddlewareEntry = Object.assign(
    (getResponse: GetResponse) => (request: Request) => {
      given = getResponse(request);
      return given as Promise<Response>;
    },
    { mode: "async" as const },
  );
  assert.equal((await call(load([Waits]), "/")).text, "page");
  assert.ok(given instanceof Promise);
});

test("what a middleware gives that is no response is a 500 that names it, and the ones outside of it see a response", async () => {
  const Odd: MiddlewareEntry = () => (() => "text") as never;
  const OddLater: MiddlewareEntry = () => (async () => undefined) as never;
  class Forgets extends Middleware {
    override processResponse(): Response {
      return undefined as never;
    }
  }
  class Talks extends Middleware {
    override processRequest(): Response {
      return "closed" as never;
    }
  }
  class Handles extends Middleware {
    override handle(): Response {
      return 1 as never;
    }
  }
  for (const [entry, message] of [
    [
      Forgets,
      /Forgets\.processResponse gave back undefined.*\n +at processResponse \(\/.*middleware\.test\.ts:\d+:\d+\)/,
    ],
    [Talks, /Talks\.processRequest gave back the text "closed"/],
    [Handles, /Handles gave back a number/],
    [Odd, /Odd gave back the text "text"/],
    [OddLater, /OddLater gave back undefined; it must give a Response \(is a return missing\?\)/],
  ] as const) {
    const answer = await call(load([marks("A"), entry]), "/");
    assert.equal(answer.status, 500);
    assert.equal(answer.header("X-Way"), "A");
    assert.match(answer.errors, message);
  }
});

test("a middleware as a class may look at the request, the response, or both, now or later", async () => {
  const seen: string[] = [];
  class Both extends Middleware {
    override processRequest(request: Request): Response | undefined {
      seen.push(`request ${request.path}`);
      return request.path === "/early" ? new Response("early") : undefined;
    }
    override processResponse(_request: Request, response: Response): Response {
      seen.push(`response ${response.status}`);
      response.headers.set("X-Both", this.settings.csrf.fieldName);
      return response;
    }
  }
  class Later extends Middleware {
    override async processRequest(request: Request): Promise<Response | undefined> {
      return request.path === "/late" ? new Response("late") : undefined;
    }
    override async processResponse(_request: Request, response: Response): Promise<Response> {
      seen.push(`later ${response.status}`);
      return response;
    }
  }
  const now = load([Both]);
  const answer = await call(now, "/");
  assert.equal(answer.atOnce, true);
  assert.equal(answer.header("X-Both"), "csrfToken");
  assert.equal((await call(now, "/early")).text, "early");
  assert.equal((await call(load([Both, Later], laterPage), "/")).text, "later");
  assert.equal((await call(load([Both, Later]), "/late")).text, "late");
  assert.deepEqual(seen, [
    ...["request /", "response 200", "request /early", "response 200"],
    ...["request /", "later 200", "response 200", "request /late", "later 200", "response 200"],
  ]);
  class None extends Middleware {}
  assert.equal((await call(load([None]), "/")).text, "page");
});

test("each middleware is made once, from the innermost to the outermost, with the settings", async () => {
  const made: string[] = [];
  const maker =
    (name: string): MiddlewareEntry =>
    (getResponse, settings) => {
      made.push(`${name} ${settings.static.url}`);
      return getResponse;
    };
  const application = load([maker("A"), maker("B")]);
  await call(application, "/");
  await call(application, "/");
  assert.deepEqual(made, ["B /static/", "A /static/"]);
});

test("a function with hooks is a middleware too", async () => {
  const Hooked: MiddlewareEntry = (getResponse) =>
    Object.assign((request: Request) => getResponse(request), {
      processException: (_request: Request, error: unknown) =>
        error instanceof NotFound ? new Response("caught", { status: 404 }) : undefined,
    });
  const view = (): never => {
    throw new NotFound();
  };
  assert.equal((await call(load([Hooked], view), "/")).text, "caught");
});

/** What a library of queries gives: its `then` gives nothing back. */
const thenable = (value: unknown): unknown => ({
  // biome-ignore lint/suspicious/noThenProperty: it is what is tested
  then: (resolve: (value: unknown) => void): void => resolve(value),
});

test("what has a then of its own is waited for wherever a promise is, though its then gives none", async () => {
  class Asking extends Middleware {
    override processRequest(): undefined {
      return thenable(undefined) as undefined;
    }
    override processResponse(_request: Request, response: Response): Response {
      return thenable(response) as Response;
    }
    processView(): undefined {
      return thenable(undefined) as undefined;
    }
    processTemplateResponse(_request: Request, response: TemplateResponse): TemplateResponse {
      return thenable(response) as TemplateResponse;
    }
    processException(): Response {
      return thenable(new Response("caught")) as Response;
    }
  }
  const views: readonly (readonly [View, string])[] = [
    [() => thenable(new Response("plain")) as Response, "plain"],
    [() => new TemplateResponse(() => thenable("rendered") as string, {}), "rendered"],
    [() => assert.fail("a view that fails"), "caught"],
  ];
  for (const [view, text] of views) {
    const answer = await call(load([Asking], view), "/");
    assert.equal(answer.status, 200, answer.errors);
    assert.equal(answer.text, text);
  }
  const handlers = { 404: () => thenable(new Response("nowhere", { status: 404 })) as Response };
  assert.equal((await call(getApplication({ urls: [], handlers }), "/")).text, "nowhere");
});

test("what is async has a promise of what is inside, also where a plain part of that throws", async () => {
  class Outer {
    static readonly mode = "async";
    readonly #getResponse: GetResponse;
    constructor(getResponse: GetResponse) {
      this.#getResponse = getResponse;
    }
    handle(request: Request): Promise<Response> {
      return (this.#getResponse(request) as Promise<Response>).then((response) => response);
    }
  }
  class Inner extends Middleware {
    override processRequest(): undefined {
      throw new NotFound();
    }
    override async processResponse(_request: Request, response: Response): Promise<Response> {
      return response;
    }
  }
  assert.equal((await call(load([Outer, Inner]), "/")).status, 404);
});

test("a page that another took the place of is closed with the request", async () => {
  const closed: string[] = [];
  const held = (): TemplateResponse<unknown> =>
    new TemplateResponse(() => "page", {}).closeWith(() => closed.push("closed"));
  class Other extends Middleware {
    processTemplateResponse(): TemplateResponse {
      return new TemplateResponse(() => "other", {});
    }
  }
  assert.equal((await call(load([Other], held), "/")).text, "other");
  const replaced: View = () => held().addPostRenderCallback(() => new Response("after"));
  assert.equal((await call(load([], replaced), "/")).text, "after");
  assert.deepEqual(closed, ["closed", "closed"]);
});

test("what processRequest gives is a response or nothing, and it is named where it is neither", async () => {
  for (const early of [null, "text", {}]) {
    class Sooner extends Middleware {
      override processRequest(): undefined {
        return early as unknown as undefined;
      }
      override processResponse(_request: Request, response: Response): Response {
        return response;
      }
    }
    class Later extends Sooner {
      override processRequest(): undefined {
        return Promise.resolve(early) as unknown as undefined;
      }
    }
    for (const middleware of [Sooner, Later]) {
      const answer = await call(load([middleware]), "/");
      assert.equal(answer.status, 500);
      assert.match(answer.errors, new RegExp(`${middleware.name}.processRequest gave back`));
    }
  }
});
