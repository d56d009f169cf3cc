// `tsgi.upgrade` through a worker's own connections: a client of the `ws` library, or one that says what it is told.

import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { WebSocket } from "ws";
import { compose } from "../../src/gateway/compose.ts";
import type { Application, WebSocketConnection } from "../../src/gateway/types.ts";
import { validator } from "../../src/gateway/validate.ts";
import { ask, get, RawClient } from "../support/client.ts";
import { deferred } from "../support/deferred.ts";
import { drive } from "../support/exchange.ts";
import { handshake } from "../support/websocket.ts";
import { serveInProcess } from "../support/worker.ts";

const echo = async (socket: WebSocketConnection): Promise<void> => {
  for await (const message of socket) await socket.send(message);
};

const echoing: Application = (environ) => environ["tsgi.upgrade"]!(echo);

/** A server of this application, and a client that is open. */
async function opened(t: TestContext, application: Application, protocols: string[] = []) {
  const server = serveInProcess(application);
  t.after(() => server.close());
  const client = new WebSocket(`ws://127.0.0.1:${server.port}/room`, protocols);
  t.after(() => client.terminate());
  const [[response]] = await Promise.all([once(client, "upgrade"), once(client, "open")]);
  return { server, client, response };
}

/** Until the worker has no connection. */
async function untilEmpty(server: ReturnType<typeof serveInProcess>): Promise<void> {
  while (server.worker.connections > 0) await new Promise(setImmediate);
}

test("what tsgi.upgrade gives, returned, makes a websocket whose messages are iterated and sent", async (t) => {
  const { server, client } = await opened(t, echoing);
  for (const sent of ["text", Buffer.from([1, 2, 3]), ""]) {
    client.send(sent);
    const [data, isBinary] = await once(client, "message");
    assert.deepEqual([data, isBinary], [Buffer.from(sent), typeof sent !== "string"]);
  }
  client.close(1000);
  await once(client, "close");
  await untilEmpty(server);
  assert.deepEqual(server.troubles, []);
});

test("an asynchronous application chooses a subprotocol and adds fields to the answer", async (t) => {
  const application: Application = async (environ) => {
    await Promise.resolve();
    const headers = [
      ["Set-Cookie", "a=1"],
      ["Set-Cookie", "b=2"],
    ] as const;
    return environ["tsgi.upgrade"]!((socket) => socket.send(socket.protocol), { protocol: "two", headers });
  };
  const server = serveInProcess(application);
  t.after(() => server.close());
  const client = new WebSocket(`ws://127.0.0.1:${server.port}/room`, ["one", "two"]);
  const heard = once(client, "message");
  const [[response], [code]] = await Promise.all([once(client, "upgrade"), once(client, "close")]);
  const [said] = await heard;
  assert.deepEqual(
    [response.headers["set-cookie"], client.protocol, String(said), code],
    [["a=1", "b=2"], "two", "two", 1000],
  );
});

test("a handler that is over closes with 1000, and one that throws with 1011, in the log with the request's id", async (t) => {
  const fails = new Error("oh");
  const { server, client } = await opened(t, (environ) =>
    environ["tsgi.upgrade"]!(async () => {
      await Promise.resolve();
      throw fails;
    }),
  );
  const [code] = await once(client, "close");
  assert.equal(code, 1011);
  const [trouble, ...more] = server.troubles;
  assert.deepEqual(more, []);
  assert.deepEqual(
    [trouble?.requestId, trouble?.method, trouble?.target, trouble?.error, trouble?.answer],
    ["id-1", "GET", "/room", fails, "cut"],
  );
});

test("a handler that fails at once, without a promise, is no different", async (t) => {
  const { server, client } = await opened(t, (environ) =>
    environ["tsgi.upgrade"]!(() => {
      throw new TypeError("at once");
    }),
  );
  const [code] = await once(client, "close");
  assert.deepEqual([code, server.troubles.length], [1011, 1]);
});

test("what a handler throws because its client has left is no trouble", async (t) => {
  const over = deferred();
  const { server, client } = await opened(t, (environ) =>
    environ["tsgi.upgrade"]!(async (socket) => {
      try {
        await once(new EventTarget(), "never", { signal: socket.signal });
      } finally {
        over.resolve();
      }
    }),
  );
  client.terminate();
  await over.promise;
  await untilEmpty(server);
  await new Promise(setImmediate);
  assert.deepEqual(server.troubles, []);
});

test("close() of the body is called once, when the websocket is over; of a refused one at once", async (t) => {
  const closed: string[] = [];
  const noting: Application = (environ) => {
    const body = environ["tsgi.upgrade"]!(echo);
    return Object.assign(body as object, { close: () => void closed.push(environ.PATH_INFO) }) as never;
  };
  const { server, client } = await opened(t, noting);
  assert.deepEqual(closed, []);
  client.close();
  await once(client, "close");
  await untilEmpty(server);
  while (closed.length === 0) await new Promise(setImmediate);
  const raw = await RawClient.connect(server.port);
  raw.send(handshake({ target: "/wrong", version: "8" }));
  assert.equal((await raw.response()).status, 426);
  assert.deepEqual(closed, ["/room", "/wrong"]);
});

test("a client that is gone before the answer gets none, the handler is not called, and the body is closed", async (t) => {
  const closed = deferred();
  const left = deferred();
  const server = serveInProcess(async (environ) => {
    environ["tsgi.signal"].addEventListener("abort", () => left.resolve());
    await left.promise;
    const body = environ["tsgi.upgrade"]!(() => assert.fail("there is no websocket"));
    return Object.assign(body as object, { close: () => closed.resolve() }) as never;
  });
  t.after(() => server.close());
  const raw = await RawClient.connect(server.port);
  raw.send(handshake({}));
  raw.close();
  await closed.promise;
  assert.deepEqual([server.worker.websockets, server.troubles], [0, []]);
});

test("a client that has ended its side is dropped, and the body is closed", async (t) => {
  const closed = deferred();
  const ready = deferred();
  const server = serveInProcess(async (environ, startResponse) => {
    if (environ["tsgi.upgrade"] === undefined) {
      ready.resolve();
      startResponse("204 No Content", []);
      return [];
    }
    await ready.promise;
    const body = environ["tsgi.upgrade"](() => assert.fail("there is no websocket"));
    return Object.assign(body as object, { close: () => closed.resolve() }) as never;
  });
  t.after(() => server.close());
  const raw = await RawClient.connect(server.port);
  raw.send(handshake({}));
  raw.socket.end();
  await once(raw.socket, "finish");
  // What another client sends now is read after that end.
  await ask(server.port, get("/"));
  await closed.promise;
  assert.equal(await raw.rest(), "");
  await untilEmpty(server);
  assert.deepEqual([server.worker.websockets, server.troubles], [0, []]);
});

for (const [what, head, status] of [
  ["an old version", handshake({ version: "8" }), 426],
  ["a key that is none", handshake({ key: "short" }), 400],
  ["POST", handshake({ method: "POST", extra: "Content-Length: 0\r\n" }), 405],
] as const) {
  test(`${what}: an application that wants a websocket answers with the refusal, ${status}`, async (t) => {
    const server = serveInProcess(echoing);
    t.after(() => server.close());
    const raw = await RawClient.connect(server.port);
    raw.send(head);
    assert.equal((await raw.response()).status, status);
    assert.deepEqual([server.troubles, server.worker.websockets], [[], 0]);
  });
}

const plain: Application = (environ, startResponse) => {
  startResponse("200 OK", []);
  return [String("tsgi.upgrade" in environ)];
};

for (const [what, head, has] of [
  ["asks for a websocket", handshake({}), true],
  ["offers others beside it", handshake({ upgrade: "h2c, WebSocket" }), true],
  ["asks with a wrong handshake", handshake({ version: "8" }), true],
  ["asks for h2c", handshake({ upgrade: "h2c" }), false],
  ["does not name the field in Connection", handshake({ connection: "keep-alive" }), false],
  ["is of HTTP/1.0", handshake({ protocol: "HTTP/1.0" }), false],
  ["has a body", handshake({ method: "POST", extra: "Content-Length: 1\r\n" }, "x"), false],
  ["asks for nothing", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", false],
] as const) {
  test(`tsgi.upgrade is ${has ? "there" : "not there"} for a request that ${what}, and whoever ignores it answers as ever`, async (t) => {
    const server = serveInProcess(plain);
    t.after(() => server.close());
    const raw = await RawClient.connect(server.port);
    raw.send(head);
    const { status, body } = await raw.response();
    assert.deepEqual([status, body], [200, String(has)]);
  });
}

test("tsgi.upgrade is not there for a request of the server's own, which has no connection", async () => {
  const fields = ["host", "a", "upgrade", "websocket", "connection", "upgrade"];
  assert.equal((await drive(plain, { fields })).body, "false");
});

for (const [what, arguments_, message] of [
  ["a handler that is none", [undefined], /tsgi\.upgrade: undefined: expected a function/],
  ["a subprotocol that is not offered", [echo, { protocol: "x" }], /"x": the client offers none/],
  ["a field of the handshake", [echo, { headers: [["Sec-WebSocket-Accept", "x"]] }], /is the server's/],
  ["a field that speaks of a body", [echo, { headers: [["Content-Length", "1"]] }], /a 101 has no body/],
  ["a field of the connection", [echo, { headers: [["Upgrade", "x"]] }], /Upgrade/],
] as const) {
  test(`${what} is a TypeError at the line that said it`, async (t) => {
    const server = serveInProcess((environ) =>
      (environ["tsgi.upgrade"] as unknown as (...all: unknown[]) => never)(...arguments_),
    );
    t.after(() => server.close());
    const raw = await RawClient.connect(server.port);
    raw.send(handshake({}));
    assert.equal((await raw.response()).status, 500);
    const { error } = server.troubles[0]!;
    assert.ok(error instanceof TypeError);
    assert.match(error.message, message);
  });
}

test("what was given goes through middlewares and the validator untouched; startResponse may be called, and is not heard", async (t) => {
  const said: Application = (environ, startResponse) => {
    startResponse("200 OK", [["X-Said", "1"]]);
    return environ["tsgi.upgrade"]!(echo);
  };
  const { server, client, response } = await opened(
    t,
    compose(
      validator,
      (inner) =>
        (...all) =>
          inner(...all),
    )(said),
  );
  assert.equal(response.headers["x-said"], undefined);
  client.send("x");
  assert.equal(String((await once(client, "message"))[0]), "x");
  assert.deepEqual(server.troubles, []);
});

test("a middleware that reads it as a body is told what to do instead", async (t) => {
  const reading: Application = async (environ) => {
    const chunks: unknown[] = [];
    for await (const chunk of environ["tsgi.upgrade"]!(echo) as AsyncIterable<unknown>) chunks.push(chunk);
    return [];
  };
  const server = serveInProcess(reading);
  t.after(() => server.close());
  const raw = await RawClient.connect(server.port);
  raw.send(handshake({}));
  assert.equal((await raw.response()).status, 500);
  assert.match(String(server.troubles[0]?.error), /a middleware has to return it as it is/);
});

test("after a response was begun nothing can be upgraded: the response is cut", async (t) => {
  const server = serveInProcess(async (environ, startResponse) => {
    await startResponse("200 OK", [])("begun");
    return environ["tsgi.upgrade"]!(echo);
  });
  t.after(() => server.close());
  const raw = await RawClient.connect(server.port);
  raw.send(handshake({}));
  assert.match(await raw.rest(), /begun\r\n$/);
  assert.match(String(server.troubles[0]?.error), /after the response had begun/);
});
