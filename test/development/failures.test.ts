import assert from "node:assert/strict";
import { mock, type TestContext, test } from "node:test";
import { Hono } from "hono";
import Koa from "koa";
import { Failures } from "../../src/development/failures.ts";
import { gatewayFor } from "../../src/gateway/run.ts";
import { adopt } from "../../src/interfaces/adopt.ts";
import type { Gateway } from "../../src/worker/reception.ts";
import { get, RawClient } from "../support/client.ts";
import { serveGateway } from "../support/worker.ts";

// Before it is listened to.
mock.method(console, "error", () => {});

const OPTIONS = { root: "/", boot: null };

async function served(t: TestContext, gateway: Gateway) {
  const failures = new Failures(OPTIONS);
  const server = serveGateway(failures.around(gateway));
  t.after(() => server.close());
  const client = await RawClient.connect(server.port);
  t.after(() => client.close());
  return { client, server, failures };
}

/** One of each interface that throws. */
const FAILING: Readonly<Record<string, unknown>> = {
  tsgi: () => {
    throw new TypeError("broken tsgi");
  },
  asgi: async (_scope: unknown, _receive: unknown, _send: unknown) => {
    throw new TypeError("broken asgi");
  },
  fetch: {
    fetch() {
      throw new TypeError("broken fetch");
    },
  },
  node: (_request: unknown, _response: unknown) => {
    throw new TypeError("broken node");
  },
};

for (const [name, application] of Object.entries(FAILING)) {
  test(`what a handler of the interface ${name} throws is shown in place of the plain 500, and reported as ever`, async (t) => {
    const adopted = await adopt(application, {
      asked: name as "tsgi",
      declared: undefined,
      owner: undefined,
      nativeResponse: true,
    });
    assert.ok("served" in adopted);
    const gateway: Gateway = adopted.served?.gateway ?? ((host) => gatewayFor(application as never, host));
    const { client, server } = await served(t, gateway);
    client.send(get("/"));
    const { status, body } = await client.response();
    assert.equal(status, 500);
    assert.match(
      body,
      new RegExp(
        `^The application failed this request\\n\\nTypeError: broken ${name}\\n\\n.*failures\\.test\\.ts:\\d+`,
      ),
    );
    assert.equal(server.troubles.length, 1);
    client.send(get("/"));
    assert.equal((await client.response()).status, 500, "the connection goes on");
  });
}

test("a response that has begun is cut, and a 500 of the application's own stays", async (t) => {
  const { client } = await served(t, (host) =>
    gatewayFor(function* (environ, startResponse) {
      startResponse(environ.PATH_INFO === "/own" ? "500 Mine" : "200 OK", [["Content-Type", "text/plain"]]);
      yield "mine";
      if (environ.PATH_INFO !== "/own") throw new Error("too late");
    }, host),
  );
  client.send(get("/own"));
  assert.equal((await client.response()).body, "mine");
  client.send(get("/"));
  assert.match(await client.rest(), /mine\r\n$/);
});

test("a 500 that says nothing shows the error that was given to console.error, and none without one", async (t) => {
  const { client } = await served(t, (host) =>
    gatewayFor(async (environ, startResponse) => {
      await null;
      if (environ.PATH_INFO === "/said") console.error(new RangeError("said"));
      startResponse("500 Internal Server Error", [["Content-Type", "text/plain; charset=UTF-8"]]);
      return ["Internal Server Error"];
    }, host),
  );
  client.send(get("/silent"));
  assert.equal((await client.response()).body, "Internal Server Error");
  client.send(get("/said"));
  assert.match((await client.response()).body, /RangeError: said/);
});

test("Hono and Koa say their error to the console and nothing to the client, who sees it all the same", async (t) => {
  const hono = new Hono().get("/", () => {
    throw new TypeError("broken Hono");
  });
  const koa = new Koa();
  koa.use(() => {
    throw new TypeError("broken Koa");
  });
  for (const [name, application] of Object.entries({ Hono: hono, Koa: koa })) {
    const adopted = await adopt(application, {
      ...{ asked: "auto", declared: undefined, owner: undefined, nativeResponse: true },
    });
    assert.ok("served" in adopted && adopted.served !== null);
    const { client } = await served(t, adopted.served.gateway);
    client.send(get("/"));
    assert.match((await client.response()).body, new RegExp(`TypeError: broken ${name}\\n\\n.*failures\\.test\\.ts`));
  }
});

test("requests that are open when an error ends the process are answered with it, and those that have begun are not", async (t) => {
  const { client, server, failures } = await served(t, (host) => gatewayFor(() => new Promise<never>(() => {}), host));
  client.send(get("/"));
  while (server.worker.inFlight === 0) await new Promise(setImmediate);
  await failures.answerLast(new Error("the end"));
  const { status, body } = await client.response();
  assert.equal(status, 500);
  assert.match(body, /^An error that nobody caught .*\n\nError: the end\n/);
  await failures.answerLast(new Error("nobody is there"));
});
