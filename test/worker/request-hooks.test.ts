import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Hooks, PostRequestEvent, PreRequestEvent } from "../../src/config/hooks.ts";
import type { ExchangeRequest } from "../../src/gateway/exchange.ts";
import type { Application } from "../../src/gateway/types.ts";
import { withRequestHooks } from "../../src/worker/request-hooks.ts";
import { get, RawClient } from "../support/client.ts";
import { deferred } from "../support/deferred.ts";
import { handshake } from "../support/websocket.ts";
import { serveInProcess } from "../support/worker.ts";

/** A worker with these hooks, a client on it, and what happened in its order. */
async function hooked(t: TestContext, hooks: Hooks, application: Application) {
  const troubles: string[] = [];
  const onTrouble = ({ message }: { readonly message: string }) => void troubles.push(message);
  const server = serveInProcess(application, {}, { requestHooks: { hooks, onTrouble } });
  t.after(() => server.close());
  const client = await RawClient.connect(server.port);
  t.after(() => client.close());
  return { client, troubles, server };
}

const hello: Application = (_environ, startResponse) => {
  startResponse("200 OK", []);
  return ["hello"];
};

test("without a hook of requests, nothing is put around what serves them", () => {
  const serve = (_request: ExchangeRequest) => assert.fail("nobody asked");
  const onTrouble = () => assert.fail("no trouble");
  assert.equal(withRequestHooks(serve, undefined), serve);
  assert.equal(withRequestHooks(serve, { hooks: {}, onTrouble }), serve);
  assert.equal(withRequestHooks(serve, { hooks: { preRequest: undefined }, onTrouble }), serve);
  assert.notEqual(withRequestHooks(serve, { hooks: { postRequest() {} }, onTrouble }), serve);
});

test("both are told of a request, before the application is called and after its response", async (t) => {
  const said: unknown[] = [];
  const over = deferred<PostRequestEvent>();
  const hooks: Hooks = {
    preRequest: ({ requestId, method, target, remoteAddress, headers }) =>
      void said.push([requestId, method, target, remoteAddress, headers]),
    postRequest: over.resolve,
  };
  const { client } = await hooked(t, hooks, (environ, startResponse) => {
    said.push("application");
    startResponse("201 Created", []);
    return ["h\u00e9llo ", environ["tsgi.request_id"]];
  });
  client.send("GET /a?b=1 HTTP/1.1\r\nHost: x\r\nAccept: a\r\nAccept: b\r\n\r\n");
  const id = (await client.response()).body.slice(-4);
  const headers = [
    ["host", "x"],
    ["accept", "a"],
    ["accept", "b"],
  ];
  assert.deepEqual(said, [[id, "GET", "/a?b=1", "127.0.0.1", headers], "application"]);
  const { durationMs, ...rest } = await over.promise;
  assert.deepEqual(rest, { requestId: id, method: "GET", target: "/a?b=1", status: 201, bytes: 11, aborted: false });
  assert.ok(durationMs > 0 && durationMs < 60_000);
});

test("a request waits for an asynchronous preRequest, others of the worker do not", async (t) => {
  const go = deferred();
  const asked: string[] = [];
  const preRequest = ({ target }: PreRequestEvent) => (target === "/slow" ? go.promise : undefined);
  const { client, server } = await hooked(t, { preRequest }, (environ, startResponse) => {
    asked.push(environ.PATH_INFO);
    return hello(environ, startResponse);
  });
  client.send(get("/slow"));
  while (server.worker.inFlight === 0) await new Promise(setImmediate);
  const other = await RawClient.connect(server.port);
  t.after(() => other.close());
  other.send(get("/quick"));
  assert.equal((await other.response()).body, "hello");
  assert.deepEqual(asked, ["/quick"]);
  go.resolve();
  assert.equal((await client.response()).body, "hello");
  assert.deepEqual(asked, ["/quick", "/slow"]);
});

test("a client that leaves while its request is held is told of, and the application never is", async (t) => {
  const go = deferred();
  const over = deferred<PostRequestEvent>();
  const hooks: Hooks = { preRequest: () => go.promise, postRequest: over.resolve };
  const { client, server } = await hooked(t, hooks, () => assert.fail("nobody is there to be answered"));
  client.send(get("/"));
  while (server.worker.inFlight === 0) await new Promise(setImmediate);
  client.socket.resetAndDestroy();
  const { status, bytes, aborted } = await over.promise;
  assert.deepEqual([status, bytes, aborted], [0, 0, true]);
  go.resolve();
  await new Promise(setImmediate);
  assert.deepEqual(server.troubles, []);
});

test("a streamed body is counted, a cut one is called aborted, and HEAD has no bytes", async (t) => {
  const events: PostRequestEvent[] = [];
  const arrived = [deferred(), deferred(), deferred()];
  const postRequest = (event: PostRequestEvent): void => arrived[events.push(event) - 1]!.resolve();
  const application: Application = function* (environ, startResponse) {
    startResponse("200 OK", []);
    yield "one";
    yield "two";
    if (environ.PATH_INFO === "/cut") throw new Error("not whole");
  };
  const { client } = await hooked(t, { postRequest }, application);
  client.send(get("/"));
  assert.equal((await client.response()).body, "onetwo");
  client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
  await arrived[1]!.promise;
  client.send(get("/cut"));
  await arrived[2]!.promise;
  assert.deepEqual(
    events.map(({ method, status, bytes, aborted }) => [method, status, bytes, aborted]),
    [
      ["GET", 200, 6, false],
      ["HEAD", 200, 0, false],
      ["GET", 200, 6, true],
    ],
  );
});

test("hooks that throw or reject are told of, and the request is answered", async (t) => {
  const { client, troubles } = await hooked(
    t,
    {
      preRequest: async () => {
        throw new Error("before");
      },
      postRequest: () => {
        throw new Error("after");
      },
    },
    hello,
  );
  client.send(get("/"));
  assert.equal((await client.response()).status, 200);
  client.send(get("/"));
  assert.equal((await client.response()).status, 200);
  assert.match(troubles[0]!, /^hook preRequest failed: Error: before \(.*request-hooks\.test\.ts:\d+:\d+\)$/);
  assert.match(troubles[1]!, /^hook postRequest failed: Error: after /);
});

test("a request that becomes a websocket is over for the hooks when it does, with 101", async (t) => {
  const ended = deferred<PostRequestEvent>();
  const { client } = await hooked(t, { postRequest: (event) => ended.resolve(event) }, (environ) =>
    environ["tsgi.upgrade"]!((socket) => socket.closed),
  );
  client.send(handshake({ target: "/room" }));
  assert.equal((await client.response()).status, 101);
  const { target, status, aborted } = await ended.promise;
  assert.deepEqual([target, status, aborted], ["/room", 101, false]);
});
