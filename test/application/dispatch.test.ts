// The documented order of calls (acceptance of the application side): the same stack written sync, async and mixed, with every way to end early.

import assert from "node:assert/strict";
import { test } from "node:test";
import { getApplication } from "../../src/application/get-application.ts";
import { path } from "../../src/application/paths.ts";
import type { Request } from "../../src/application/request.ts";
import { Response, TemplateResponse } from "../../src/application/response.ts";
import type { MaybePromise, MiddlewareEntry, MiddlewareObject, View } from "../../src/application/types.ts";
import { call } from "../support/call.ts";

type Where = "request" | "view" | "template" | "exception" | "response";
type Kind = "sync" | "async";

/** What each part of the stack does beside writing its name down. */
interface Plan {
  readonly view: "response" | "template" | "throws" | "nothing" | "text" | "badTemplate";
  /** Which middleware ends the way, and where. */
  readonly short?: readonly [middleware: string, where: Where];
  readonly throwsIn?: readonly [middleware: string, where: Where];
}

const NAMES = ["A", "B", "C"];
const ALL: readonly Kind[] = ["sync", "async"];
/** Every mixture of kinds for three middlewares and a view. */
const MIXTURES = ALL.flatMap((a) => ALL.flatMap((b) => ALL.flatMap((c) => ALL.map((v) => [a, b, c, v] as const))));

class Boom extends Error {}

/** A value now, or later, as the part is written. */
function as<T>(kind: Kind, make: () => T): MaybePromise<T> {
  return kind === "sync" ? make() : new Promise((resolve) => setImmediate(resolve)).then(make);
}

function middleware(name: string, kind: Kind, plan: Plan, calls: string[]): MiddlewareEntry {
  const reached = (where: Where): boolean => {
    calls.push(`${name}.${where}`);
    const is = (given: Plan["short"]): boolean => given?.[0] === name && given[1] === where;
    if (is(plan.throwsIn)) throw new Boom(`${name}.${where}`);
    return is(plan.short);
  };
  const early = (where: Where): Response => new Response(`early from ${name}.${where}`);
  const made = (getResponse: (request: Request) => MaybePromise<Response>): MiddlewareObject => {
    const after = (response: Response): Response => {
      calls.push(`${name}.response ${response.status}`);
      if (plan.throwsIn?.[0] === name && plan.throwsIn[1] === "response") throw new Boom(`${name}.response`);
      return response;
    };
    const handleAsync = async (request: Request): Promise<Response> => {
      const isShort = await as("async", () => reached("request"));
      return after(isShort ? early("request") : await getResponse(request));
    };
    return {
      handle:
        kind === "async"
          ? handleAsync
          : (request) => {
              const response = reached("request") ? early("request") : getResponse(request);
              return response instanceof Promise ? response.then(after) : after(response);
            },
      processView: () => as(kind, () => (reached("view") ? early("view") : undefined)),
      processTemplateResponse: (_request, response) =>
        as(kind, () => (reached("template") ? new TemplateResponse(() => `other from ${name}`, undefined) : response)),
      processException: (_request, error) =>
        as(kind, () => {
          assert.ok(error instanceof Boom);
          return reached("exception") ? early("exception") : undefined;
        }),
    };
  };
  return Object.defineProperty(made, "name", { value: name });
}

function view(kind: Kind, plan: Plan, calls: string[]): View {
  const render = (): string => {
    calls.push("render");
    return "page";
  };
  const page = (): Response => {
    calls.push("view");
    if (plan.view === "throws") throw new Boom("view");
    if (plan.view === "template") return new TemplateResponse(() => as(kind, render), undefined);
    if (plan.view === "badTemplate") {
      const template = (): string => {
        calls.push("render");
        throw new Boom("render");
      };
      return new TemplateResponse(template, undefined);
    }
    if (plan.view === "nothing") return undefined as never;
    return plan.view === "text" ? ("page" as never) : new Response("page");
  };
  return kind === "sync" ? page : async () => as("async", page);
}

async function run(kinds: readonly [Kind, Kind, Kind, Kind], plan: Plan) {
  const calls: string[] = [];
  const application = getApplication({
    urls: [path("", view(kinds[3], plan, calls))],
    middleware: NAMES.map((name, i) => middleware(name, kinds[i]!, plan, calls)),
  });
  const answer = await call(application, "/");
  return { calls: calls.join(" "), answer };
}

const ROWS: readonly (readonly [title: string, plan: Plan, calls: string, status: number, text: string | RegExp])[] = [
  [
    "a response goes through all of them, hooks of the view outermost first",
    { view: "response" },
    "A.request B.request C.request A.view B.view C.view view C.response 200 B.response 200 A.response 200",
    200,
    "page",
  ],
  [
    "a template is rendered after its hooks, which are asked innermost first",
    { view: "template" },
    "A.request B.request C.request A.view B.view C.view view C.template B.template A.template render C.response 200 B.response 200 A.response 200",
    200,
    "page",
  ],
  [
    "a hook may give another template",
    { view: "template", short: ["B", "template"] },
    "A.request B.request C.request A.view B.view C.view view C.template B.template A.template C.response 200 B.response 200 A.response 200",
    200,
    "other from B",
  ],
  [
    "a middleware that answers hides what is inside of it",
    { view: "response", short: ["B", "request"] },
    "A.request B.request B.response 200 A.response 200",
    200,
    "early from B.request",
  ],
  [
    "a view hook that answers hides the hooks after it and the view, and no middleware",
    { view: "response", short: ["B", "view"] },
    "A.request B.request C.request A.view B.view C.response 200 B.response 200 A.response 200",
    200,
    "early from B.view",
  ],
  [
    "what a view throws is asked of every hook, innermost first, and then becomes a 500 that all of them see",
    { view: "throws" },
    "A.request B.request C.request A.view B.view C.view view C.exception B.exception A.exception C.response 500 B.response 500 A.response 500",
    500,
    /Internal Server Error/,
  ],
  ...NAMES.map(
    (name, i) =>
      [
        `an exception hook of ${name} that answers hides those outside of it`,
        { view: "throws", short: [name, "exception"] },
        `A.request B.request C.request A.view B.view C.view view ${NAMES.slice(i)
          .reverse()
          .map((each) => `${each}.exception`)
          .join(" ")} C.response 200 B.response 200 A.response 200`,
        200,
        `early from ${name}.exception`,
      ] as const,
  ),
  [
    "what the rendering throws is asked of the exception hooks too",
    { view: "badTemplate", short: ["B", "exception"] },
    "A.request B.request C.request A.view B.view C.view view C.template B.template A.template render C.exception B.exception C.response 200 B.response 200 A.response 200",
    200,
    "early from B.exception",
  ],
  [
    "and where none has an answer it becomes a 500",
    { view: "badTemplate" },
    "A.request B.request C.request A.view B.view C.view view C.template B.template A.template render C.exception B.exception A.exception C.response 500 B.response 500 A.response 500",
    500,
    /Internal Server Error/,
  ],
  ...NAMES.map((name, i) => {
    const inside = NAMES.slice(0, i + 1).map((each) => `${each}.request`);
    const outside = NAMES.slice(0, i)
      .reverse()
      .map((each) => `${each}.response 500`);
    return [
      `what ${name} throws on the way in is a response to those outside of it, and asked of no hook`,
      { view: "response", throwsIn: [name, "request"] },
      [...inside, ...outside].join(" "),
      500,
      /Internal Server Error/,
    ] as const;
  }),
  ...NAMES.map((name, i) => {
    const back = [
      ...NAMES.slice(i)
        .reverse()
        .map((each) => `${each}.response 200`),
      ...NAMES.slice(0, i)
        .reverse()
        .map((each) => `${each}.response 500`),
    ];
    return [
      `what ${name} throws on the way out is a response to those outside of it`,
      { view: "response", throwsIn: [name, "response"] },
      `A.request B.request C.request A.view B.view C.view view ${back.join(" ")}`,
      500,
      /Internal Server Error/,
    ] as const;
  }),
  [
    "what a view hook throws is asked of no exception hook",
    { view: "response", throwsIn: ["B", "view"] },
    "A.request B.request C.request A.view B.view C.response 500 B.response 500 A.response 500",
    500,
    /Internal Server Error/,
  ],
  [
    "what an exception hook throws takes the place of the error",
    { view: "throws", throwsIn: ["B", "exception"] },
    "A.request B.request C.request A.view B.view C.view view C.exception B.exception C.response 500 B.response 500 A.response 500",
    500,
    /Internal Server Error/,
  ],
];

for (const [title, plan, calls, status, text] of ROWS) {
  test(`${title}, sync, async and in every mixture`, async () => {
    for (const kinds of MIXTURES) {
      const found = await run(kinds, plan);
      assert.equal(found.calls, calls, kinds.join(" "));
      assert.equal(found.answer.status, status, kinds.join(" "));
      if (typeof text === "string") assert.equal(found.answer.text, text, kinds.join(" "));
      else assert.match(found.answer.text, text, kinds.join(" "));
      // Where nothing waits, no promise is made; the outermost waits in any case.
      if (kinds.every((kind) => kind === "sync")) assert.equal(found.answer.atOnce, true);
      if (kinds[0] === "async") assert.equal(found.answer.atOnce, false);
    }
  });
}

test("a view that gives no response is named, with its route and what it gave", async () => {
  for (const kind of ALL) {
    const nothing = await run(["sync", "sync", "sync", kind], { view: "nothing" });
    assert.equal(nothing.answer.status, 500);
    assert.match(
      nothing.answer.errors,
      /the view .*\(route ""\) gave back undefined; it must give a Response \(is a return missing\?\)\n +at \S+ \(\/.*dispatch\.test\.ts:\d+:\d+\)/,
    );
    const text = await run(["sync", "sync", "sync", kind], { view: "text" });
    assert.match(text.answer.errors, /gave back the text "page"; it must give a Response: new Response\(text\)/);
    // It is no error of the view's code: no hook is asked.
    assert.doesNotMatch(text.calls, /exception/);
  }
});

test("a hook that gives something else is named", async () => {
  for (const [hook, value, message] of [
    ["processView", "text", /Odd\.processView gave back the text "text"/],
    ["processTemplateResponse", undefined, /Odd\.processTemplateResponse gave back undefined/],
    [
      "processTemplateResponse",
      new Response("x"),
      /Odd\.processTemplateResponse gave back a Response; it must give a TemplateResponse/,
    ],
    ["processException", 1, /Odd\.processException gave back a number/],
  ] as const) {
    const Odd: MiddlewareEntry = (getResponse) => ({ handle: getResponse, [hook]: () => value });
    const page = (): Response => {
      if (hook === "processException") throw new Boom("x");
      return new TemplateResponse(() => "page", undefined);
    };
    const answer = await call(getApplication({ urls: [path("", page)], middleware: [Odd] }), "/");
    assert.equal(answer.status, 500);
    assert.match(answer.errors, message);
  }
});

test("an exception hook is not asked about a client that left", async () => {
  const gone = Object.assign(new Error("client gone"), { name: "RequestError", status: 499 });
  const Asked: MiddlewareEntry = (getResponse) => ({
    handle: getResponse,
    processException: () => assert.fail("asked"),
  });
  const page = (): never => {
    throw gone;
  };
  await assert.rejects(async () => call(getApplication({ urls: [path("", page)], middleware: [Asked] }), "/"), gone);
});
