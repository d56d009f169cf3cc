import assert from "node:assert/strict";
import { test } from "node:test";
import { getApplication } from "../../src/application/get-application.ts";
import { CommonMiddleware } from "../../src/application/middlewares/common.ts";
import { path } from "../../src/application/paths.ts";
import type { Request } from "../../src/application/request.ts";
import { Response, StreamingResponse, TemplateResponse } from "../../src/application/response.ts";
import type { SettingsInput } from "../../src/application/settings.ts";
import { requestFinished, requestStarted } from "../../src/application/signals.ts";
import type { MiddlewareEntry, View } from "../../src/application/types.ts";
import type { StartResponse } from "../../src/gateway/types.ts";
import { call, environOf } from "../support/call.ts";

const site = (view: View, settings: Partial<SettingsInput> = {}) =>
  getApplication({ urls: [path("", view), path("page/<int:id>/", view, { name: "page" })], ...settings });

/** Counts how often each thing of one request was closed, and when the end was told. */
function counted(response: () => Response) {
  const closed: string[] = [];
  const count = (what: string) => (): void => void closed.push(what);
  const view = (request: Request): Response => {
    const close = request.close.bind(request);
    request.close = () => {
      closed.push("request");
      return close();
    };
    return response().closeWith(count("response"));
  };
  const disconnect = requestFinished.connect(count("finished"));
  return { view, closed, count, [Symbol.dispose]: disconnect };
}

const ONCE = ["response", "request", "finished"];

test("status, headers and one Set-Cookie a cookie are said to the server, then the body is given", async () => {
  const answer = await call(
    site(() => new Response("page", { status: 201 }).setCookie("a", "1").setCookie("b", "2")),
    "/",
  );
  assert.equal(answer.status, 201);
  assert.equal(answer.reason, "Created");
  assert.equal(answer.text, "page");
  assert.equal(answer.header("Content-Type"), "text/html; charset=utf-8");
  assert.equal(answer.headers.filter(([name]) => name === "Set-Cookie").length, 2);
  assert.equal(answer.atOnce, true);
  assert.equal(answer.errors, "");
});

test("everything of a request is closed once, in its order, and then the end is told, on every path", async () => {
  async function* chunks(): AsyncGenerator<string> {
    yield "a";
    yield "b";
  }
  const whole = (): Response => new Response("page");
  const stream = (): Response => new StreamingResponse(chunks());
  for (const [title, make, options] of [
    ["whole", whole, {}],
    ["HEAD", whole, { method: "HEAD" }],
    ["empty", () => new Response("", { status: 204 }), {}],
    ["never iterated", whole, { leaves: true }],
    ["stream", stream, {}],
    ["stream, never iterated", stream, { leaves: true }],
    ["template", () => new TemplateResponse(() => "page", undefined), {}],
  ] as const) {
    using counts = counted(make);
    await call(site(counts.view), "/", options);
    assert.deepEqual(counts.closed, ONCE, title);
    using later = counted(make);
    await call(
      site(async (request) => later.view(request)),
      "/",
      options,
    );
    assert.deepEqual(later.closed, ONCE, `${title}, later`);
  }
});

test("a response that another took the place of is closed as well", async () => {
  for (const middleware of [
    () => () => {
      throw new Error("x");
    },
    () => () => new Response("other"),
    () => async () => Promise.reject(new Error("x")),
  ]) {
    using counts = counted(() => new Response("page"));
    const replace: MiddlewareEntry = (getResponse) => {
      const then = middleware();
      return (request) => {
        const response = getResponse(request);
        assert.ok(response instanceof Response);
        return then();
      };
    };
    await call(site(counts.view, { middleware: [replace] }), "/");
    assert.deepEqual(counts.closed, ONCE);
  }
});

test("a request that fails is closed and its end told, also where the server has to answer", async () => {
  using counts = counted(() => {
    throw new Error("view broke");
  });
  assert.equal((await call(site(counts.view), "/")).status, 500);
  assert.deepEqual(counts.closed, ["request", "finished"]);
  const gone = Object.assign(new Error("gone"), { name: "RequestError", status: 499 });
  for (const wrap of [
    (view: View) => view,
    (view: View): View =>
      async (request, params) =>
        view(request, params),
  ]) {
    using left = counted(() => {
      throw gone;
    });
    await assert.rejects(async () => call(site(wrap(left.view)), "/"), gone);
    assert.deepEqual(left.closed, ["request", "finished"]);
  }
});

test("a status or header that the server does not take, and a body that cannot be had, become a 500", async () => {
  using counts = counted(() => new Response("page"));
  let calls = 0;
  const answer = await call(site(counts.view), "/", {
    startResponse: (_status, _headers, error) => {
      calls += 1;
      if (calls === 1) throw new TypeError("header X-Odd does not fit");
      assert.match(String(error), /X-Odd/);
    },
  });
  assert.equal(answer.status, 500);
  assert.match(answer.errors, /header X-Odd does not fit/);
  assert.deepEqual(counts.closed, ONCE);
  class NoBody extends Response {
    override body(): never {
      throw new Error("no such file");
    }
  }
  using other = counted(() => new NoBody("page"));
  const second = await call(site(other.view), "/");
  assert.equal(second.status, 500);
  assert.match(second.errors, /no such file/);
  assert.deepEqual(other.closed, ONCE);
  // Neither does it take the 500: then it is the server's turn.
  using third = counted(() => new Response("page"));
  const refuse = (): never => {
    throw new TypeError("no");
  };
  await assert.rejects(async () => call(site(third.view), "/", { startResponse: refuse }), /no/);
  assert.deepEqual(third.closed, ONCE);
});

test("what fails to close is told to the operator and stops nothing", async () => {
  for (const fail of [() => Promise.reject(new Error("cannot close")), () => assert.fail("cannot close")]) {
    using counts = counted(() => new Response("page").closeWith(fail));
    const answer = await call(site(counts.view), "/");
    assert.equal(answer.status, 200);
    assert.match(answer.errors, /closing what a request held failed\n.*cannot close/s);
    assert.deepEqual(counts.closed, ONCE);
  }
});

test("a file of the server is handed back as the server made it", async () => {
  const wrapped = {
    async *[Symbol.asyncIterator]() {},
    closed: 0,
    close: (): void => {
      wrapped.closed += 1;
    },
  };
  class FromFile extends Response {
    override body(environ: Parameters<Response["body"]>[0]) {
      return environ["tsgi.file_wrapper"]({ read: () => null });
    }
  }
  using counts = counted(() => new FromFile(""));
  const environ = environOf("/", { environ: { "tsgi.file_wrapper": () => wrapped } });
  const body = await site(counts.view)(environ, (() => () => Promise.resolve()) as StartResponse);
  assert.equal(body, wrapped);
  body.close?.();
  body.close?.();
  assert.equal(wrapped.closed, 1);
  assert.deepEqual(counts.closed, ONCE);
});

test("the start of a request is told before anything of it is made, and a receiver that fails costs nothing", async (t) => {
  const order: string[] = [];
  t.after(requestStarted.connect(({ environ }) => void order.push(`started ${environ.PATH_INFO}`)));
  t.after(
    requestStarted.connect(async () => {
      throw new Error("receiver broke");
    }),
  );
  const answer = await call(
    site(async () => {
      order.push("view");
      await new Promise((resolve) => setImmediate(resolve));
      return new Response();
    }),
    "/",
  );
  assert.deepEqual(order, ["started /", "view"]);
  assert.match(answer.errors, /a receiver of requestStarted failed\n.*receiver broke/s);
});

test("where the application is mounted is known while it answers: by the server, or by the settings", async () => {
  const view = async (request: Request): Promise<Response> => {
    await new Promise((resolve) => setImmediate(resolve));
    return new Response(`${request.path} ${request.reverse("page", { id: 1 })}`);
  };
  const application = site(view);
  assert.equal((await call(application, "/")).text, "/ /page/1/");
  assert.equal((await call(application, "/", { scriptName: "/shop" })).text, "/shop/ /shop/page/1/");
  assert.equal(application.reverse("page", { id: 2 }), "/page/2/");
  const forced = site(view, { forceScriptName: "/forced" });
  assert.equal((await call(forced, "/", { scriptName: "/shop" })).text, "/forced/ /forced/page/1/");
  const none = site(view, { forceScriptName: "" });
  assert.equal((await call(none, "/", { scriptName: "/shop" })).text, "/ /page/1/");
});

test("a body that is made piece by piece still knows where the application is mounted", async () => {
  const view = (request: Request): Response =>
    new StreamingResponse(
      (async function* () {
        await new Promise((resolve) => setImmediate(resolve));
        yield request.reverse("page", { id: 1 });
      })(),
    );
  const application = site(view);
  assert.equal((await call(application, "/", { scriptName: "/shop" })).text, "/shop/page/1/");
  assert.equal((await call(application, "/", { scriptName: "/other" })).text, "/other/page/1/");
  assert.equal((await call(application, "/")).text, "/page/1/");
});

test("what asks whether a path has a view is answered below a prefix too", async () => {
  const application = site(() => new Response(), { middleware: [CommonMiddleware] });
  for (const scriptName of ["", "/shop"]) {
    const answer = await call(application, "/page/1", { scriptName });
    assert.equal(answer.status, 301);
    assert.equal(answer.header("Location"), `${scriptName}/page/1/`);
  }
});

test("a body that takes no property is handed over all the same, and closed", async () => {
  class Frozen extends Response {
    override body() {
      return Object.freeze({
        *[Symbol.iterator]() {
          yield "frozen";
        },
        close: () => this.close(),
      });
    }
  }
  using counts = counted(() => new Frozen(""));
  assert.equal((await call(site(counts.view), "/")).text, "frozen");
  assert.deepEqual(counts.closed, ONCE);
});

test("an empty path is the root, and a response with a status of an error is one line in the log", async () => {
  assert.equal(
    (
      await call(
        site(() => new Response("root")),
        "",
      )
    ).text,
    "root",
  );
  const answer = await call(
    site(() => new Response("", { status: 410 })),
    "/",
  );
  assert.equal(answer.errors, "Gone: /\n");
});

test("a request can be answered without a server", async () => {
  const application = site(() => new Response("page"));
  const { Request: Made } = await import("../../src/application/request.ts");
  const response = await application.getResponse(new Made(environOf("/"), application.settings));
  assert.equal(response.content, "page");
  assert.equal(application.resolver.matches("/page/1/"), true);
  assert.ok(Object.isFrozen(application));
});

test("a response that another visitor was given already is refused, with what was added to it for him", async () => {
  const shared = new Response("page");
  const application = site((request) => shared.setCookie("who", request.headers.get("X-Who") ?? ""));
  assert.equal((await call(application, "/", { headers: { "X-Who": "a" } })).header("Set-Cookie"), "who=a; Path=/");
  const second = await call(application, "/", { headers: { "X-Who": "b" } });
  assert.deepEqual([second.status, second.header("Set-Cookie")], [500, undefined]);
  assert.match(second.errors, /a response was given a second time/);
});
