// Websockets of an ASGI application, on the worker's real sockets with a client of the ws library. The numbers are those of the check-list
// in docs/asgi.md.

import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { type TestContext, test } from "node:test";
import { WebSocket } from "ws";
import { asgiInterface } from "../../src/interfaces/asgi.ts";
import { ClientDisconnectedError } from "../../src/interfaces/asgi-errors.ts";
import type {
  AsgiApplication,
  WebSocketHandler,
  WebSocketIncomingEvent,
  WebSocketReceiveEvent,
} from "../../src/interfaces/asgi-types.ts";
import { ask, get, RawClient } from "../support/client.ts";
import { deferred } from "../support/deferred.ts";
import { CLOSE, closing, frame, handshake, TEXT } from "../support/websocket.ts";
import { type InProcess, nothing, serveGateway } from "../support/worker.ts";

interface Served extends InProcess {
  readonly connect: (protocols?: string[]) => WebSocket;
  /** Kept when the application is over. */
  readonly over: Promise<void>;
}

function serving(t: TestContext, handler: WebSocketHandler): Served {
  let finish: (() => void) | undefined;
  const over = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const application = (async (scope, receive, send) => {
    try {
      await handler(scope as never, receive as never, send);
    } finally {
      setImmediate(finish!);
    }
  }) as AsgiApplication;
  const server = serveGateway(asgiInterface(application).gateway, { accessLog: "-", accessLogFormat: "%(s)s" });
  t.after(() => server.close());
  const connect = (protocols: string[] = []) => {
    const client = new WebSocket(`ws://127.0.0.1:${server.port}/chat?a=b`, protocols);
    client.on("error", nothing);
    t.after(() => client.terminate());
    return client;
  };
  return Object.assign(server, { connect, over });
}

const echo: WebSocketHandler = async (_scope, receive, send) => {
  await receive();
  await send({ type: "websocket.accept" });
  for (let event = await receive(); event.type === "websocket.receive"; event = await receive()) {
    await send(
      event.text === null ? { type: "websocket.send", bytes: event.bytes } : { ...event, type: "websocket.send" },
    );
  }
};

const answerTo = async (client: WebSocket): Promise<readonly [number | undefined, string]> => {
  const [, response] = (await once(client, "unexpected-response")) as [unknown, IncomingMessage];
  let body = "";
  for await (const chunk of response) body += chunk;
  return [response.statusCode, body];
};

/** Waits until a number has not changed for so many turns of the loop, in which all that can move has moved. */
async function still(read: () => number): Promise<void> {
  for (let last = -1, turns = 0; turns < 200; turns += 1) {
    if (read() !== last) turns = 0;
    last = read();
    await new Promise(setImmediate);
  }
}

const said = (server: InProcess) =>
  server.troubles.map(({ error, answer }) => [error instanceof Error ? error.message : error, answer]);

test("A17: websocket.connect comes first, before the handshake is answered", async (t) => {
  let first: WebSocketIncomingEvent | undefined;
  let accept: (() => void) | undefined;
  const server = serving(t, async (_scope, receive, send) => {
    first = await receive();
    await new Promise<void>((resolve) => {
      accept = resolve;
    });
    await send({ type: "websocket.accept" });
    await send({ type: "websocket.close" });
  });
  const client = server.connect();
  while (accept === undefined) await new Promise(setImmediate);
  assert.deepEqual([first, client.readyState], [{ type: "websocket.connect" }, WebSocket.CONNECTING]);
  accept();
  await once(client, "open");
});

test("A18: accept sends 101 with the subprotocol and the headers that it says", async (t) => {
  const server = serving(t, async (scope, receive, send) => {
    await receive();
    await send({ type: "websocket.accept", subprotocol: scope.subprotocols[1], headers: [["X-Mine", "1"]] });
    await receive();
  });
  const client = server.connect(["a", "b"]);
  const [[response]] = await Promise.all([once(client, "upgrade"), once(client, "open")]);
  assert.deepEqual([client.protocol, response.headers["x-mine"], response.statusCode], ["b", "1", 101]);
});

for (const [what, handler, answer, message] of [
  [
    "websocket.close",
    async (_scope, receive, send) => {
      await receive();
      await send({ type: "websocket.close" });
    },
    [403, "403 Forbidden\n"],
    undefined,
  ],
  ["a return", async () => {}, [403, undefined], "the application returned before it sent websocket.accept"],
  ["an error", () => Promise.reject(new Error("mine")), [500, undefined], "mine"],
  [
    "a message",
    async (_scope, _receive, send) => send({ type: "websocket.send", text: "early" }),
    [500, undefined],
    "websocket.send was sent before websocket.accept",
  ],
] as readonly (readonly [string, WebSocketHandler, readonly [number, string | undefined], string | undefined])[]) {
  test(`A19: ${what} before accept refuses the handshake with ${answer[0]}`, async (t) => {
    const server = serving(t, handler);
    const [status, body] = await answerTo(server.connect());
    assert.equal(status, answer[0]);
    if (answer[1] !== undefined) assert.equal(body, answer[1]);
    assert.deepEqual(
      server.troubles.map(({ error }) => (error as Error).message.startsWith(message ?? "?")),
      message === undefined ? [] : [true],
    );
    assert.deepEqual([server.worker.websockets, server.accessLines], [0, [String(answer[0])]]);
  });
}

test("A20: messages come whole, as text or as bytes, the other one null", async (t) => {
  const events: WebSocketReceiveEvent[] = [];
  const server = serving(t, async (_scope, receive, send) => {
    await receive();
    await send({ type: "websocket.accept" });
    for (let event = await receive(); event.type === "websocket.receive"; event = await receive()) events.push(event);
  });
  const client = server.connect();
  await once(client, "open");
  client.send("é", { fin: false });
  client.send("!", { fin: true });
  client.send(Buffer.from([1, 2]));
  client.close();
  await server.over;
  assert.deepEqual(
    events.map(({ text, bytes }) => [text, bytes && [...bytes]]),
    [
      ["é!", null],
      [null, [1, 2]],
    ],
  );
});

test("A20 and A21: text and bytes go back as what they are", async (t) => {
  const client = serving(t, echo).connect();
  await once(client, "open");
  for (const sent of ["é", "x".repeat(100_000), Buffer.alloc(100_000, 7)]) {
    client.send(sent);
    const [data, isBinary] = await once(client, "message");
    assert.deepEqual([Buffer.from(sent).equals(data), isBinary], [true, typeof sent !== "string"]);
  }
});

test("A21: neither or both of text and bytes is refused, and the application may go on", async (t) => {
  const refused: string[] = [];
  const server = serving(t, async (_scope, receive, send) => {
    await receive();
    await send({ type: "websocket.accept" });
    await send({ type: "websocket.send" }).catch(({ message }) => refused.push(message));
    await send({ type: "websocket.accept" }).catch(({ message }) => refused.push(message));
    await send({ type: "websocket.send", text: "fine" });
    await receive();
  });
  const client = server.connect();
  const [data] = await once(client, "message");
  assert.equal(String(data), "fine");
  assert.deepEqual(refused, [
    "websocket.send: neither of text and bytes given: expected one",
    "websocket.accept was sent after websocket.accept",
  ]);
});

test("A22: close says code and reason, and the connection ends when the client has answered", async (t) => {
  const events: WebSocketIncomingEvent[] = [];
  const server = serving(t, async (_scope, receive, send) => {
    await receive();
    await send({ type: "websocket.accept" });
    await send({ type: "websocket.close", code: 4001, reason: "enough" });
    await assert.rejects(send({ type: "websocket.send", text: "late" }), /after the end/);
    events.push(await receive());
  });
  const client = server.connect();
  const [code, reason] = await once(client, "close");
  await server.over;
  assert.deepEqual([code, String(reason), server.troubles], [4001, "enough", []]);
  assert.deepEqual(events, [{ type: "websocket.disconnect", code: 4001, reason: "enough" }]);
});

for (const [what, leave, expected] of [
  ["with a code and a reason", (client: WebSocket) => client.close(4000, "bye"), [4000, "bye"]],
  ["without a code", (client: WebSocket) => client.close(), [1005, ""]],
  ["without a word", (client: WebSocket) => client.terminate(), [1006, ""]],
] as const) {
  test(`A23: a client that leaves ${what} is one websocket.disconnect; the signal aborts, and later calls reject`, async (t) => {
    const events: WebSocketIncomingEvent[] = [];
    const errors: unknown[] = [];
    let aborted: boolean | undefined;
    const server = serving(t, async (scope, receive, send) => {
      const { signal } = scope.extensions.tsgi!;
      await receive();
      await send({ type: "websocket.accept" });
      events.push(await receive());
      aborted = signal.aborted;
      await send({ type: "websocket.send", text: "late" }).catch((error) => errors.push(error));
      await receive().catch((error) => errors.push(error));
      await send({ type: "websocket.send", text: "let through" });
    });
    const client = server.connect();
    await once(client, "open");
    leave(client);
    await server.over;
    const [code, reason] = expected;
    assert.deepEqual(events, [{ type: "websocket.disconnect", code, reason }]);
    assert.ok(errors.length === 2 && errors.every((error) => error instanceof ClientDisconnectedError));
    assert.deepEqual([aborted, server.troubles], [true, []]);
  });
}

test("A24: a text that is no UTF-8 ends with 1007, and the application hears of an end", async (t) => {
  const server = serving(t, echo);
  const client = server.connect();
  await once(client, "open");
  client.send(Buffer.from([0xff]), { binary: false });
  const [code] = await once(client, "close");
  await server.over;
  assert.deepEqual([code, server.troubles], [1007, []]);
});

test("A24: messages wait where the client is while the application does not ask, and all arrive", async (t) => {
  let go: (() => void) | undefined;
  let count = 0;
  const server = serving(t, async (_scope, receive, send) => {
    await receive();
    await send({ type: "websocket.accept" });
    await new Promise<void>((resolve) => {
      go = resolve;
    });
    while ((await receive()).type === "websocket.receive") count += 1;
  });
  const client = server.connect();
  await once(client, "open");
  // More than the buffers of the kernel take, so that the client has to keep a part.
  const message = Buffer.alloc(1_000_000);
  for (let i = 0; i < 40; i += 1) client.send(message);
  await still(() => client.bufferedAmount);
  assert.ok(client.bufferedAmount > 10_000_000, `${client.bufferedAmount} bytes wait at the client`);
  go!();
  client.close();
  await server.over;
  assert.equal(count, 40);
});

test("A10: a message waits while the client does not read", async (t) => {
  let sent = 0;
  const server = serving(t, async (_scope, receive, send) => {
    await receive();
    await send({ type: "websocket.accept" });
    for (; sent < 40; sent += 1) await send({ type: "websocket.send", bytes: new Uint8Array(1_000_000) });
  });
  const client = server.connect();
  await once(client, "open");
  client.pause();
  await still(() => sent);
  assert.ok(sent < 30, `${sent} messages are out`);
  client.resume();
  await once(client, "close");
  assert.equal(sent, 40);
});

test("A25: a worker that leaves closes with its code; draining aborts, and sends reject with the error that is not logged", async (t) => {
  const events: WebSocketIncomingEvent[] = [];
  let error: unknown;
  let early: unknown;
  const server = serving(t, async (scope, receive, send) => {
    scope.extensions.tsgi!.draining.addEventListener(
      "abort",
      () =>
        void send({ type: "websocket.send", text: "late" }).catch((caught) => {
          early = caught;
        }),
    );
    await receive();
    await send({ type: "websocket.accept" });
    events.push(await receive());
    await send({ type: "websocket.send", text: "late" }).catch((caught) => {
      error = caught;
      throw caught;
    });
  });
  const client = server.connect();
  await once(client, "open");
  const left = new Promise<void>((resolve) => server.worker.drain(nothing, resolve, "a test", 1012));
  const [code] = await once(client, "close");
  await Promise.all([left, server.over]);
  assert.deepEqual(
    [code, events, server.troubles],
    [1012, [{ type: "websocket.disconnect", code: 1012, reason: "" }], []],
  );
  assert.ok(error instanceof ClientDisconnectedError && early instanceof ClientDisconnectedError);
});

test("A26: a handshake is denied with a response of the application's own", async (t) => {
  const events: WebSocketIncomingEvent[] = [];
  const server = serving(t, async (_scope, receive, send) => {
    await receive();
    await send({ type: "websocket.http.response.start", status: 401, headers: [["x-why", "token"]] });
    await send({ type: "websocket.http.response.body", body: "no ", more_body: true });
    await send({ type: "websocket.http.response.body", body: "token" });
    events.push(await receive());
  });
  assert.deepEqual(await answerTo(server.connect()), [401, "no token"]);
  await server.over;
  assert.deepEqual([events, server.troubles], [[{ type: "websocket.disconnect", code: 1006, reason: "" }], []]);
});

test("A26: a denial is not mixed with an accept, and has to be whole", async (t) => {
  const server = serving(t, async (_scope, _receive, send) => {
    await send({ type: "websocket.http.response.start", status: 401 });
    await send({ type: "websocket.accept" });
  });
  assert.equal((await answerTo(server.connect()))[0], 500);
  assert.deepEqual(said(server), [["websocket.accept was sent after websocket.http.response.start", 500]]);
});

for (const [what, handler, code, troubles] of [
  ["throws after accept", () => Promise.reject(new Error("mine")), 1011, [["mine", "cut"]]],
  ["returns after accept", async () => {}, 1000, []],
] as readonly (readonly [string, () => Promise<void>, number, unknown[]])[]) {
  test(`A27: an application that ${what} closes with ${code}`, async (t) => {
    const server = serving(t, async (_scope, receive, send) => {
      await receive();
      await send({ type: "websocket.accept" });
      await handler();
    });
    const [heard] = await once(server.connect(), "close");
    assert.deepEqual([heard, said(server)], [code, troubles]);
  });
}

test("A27: one that does not await its accept and throws closes with 1011 all the same", async (t) => {
  const application: AsgiApplication = (_scope, _receive, send) => {
    void send({ type: "websocket.accept" });
    throw new Error("mine");
  };
  const server = serveGateway(asgiInterface(application).gateway);
  t.after(() => server.close());
  const [heard] = await once(new WebSocket(`ws://127.0.0.1:${server.port}/`), "close");
  assert.deepEqual([heard, said(server)], [1011, [["mine", "none"]]]);
});

test("a client that leaves before the handshake was answered is a websocket.disconnect of 1006", async (t) => {
  const events: WebSocketIncomingEvent[] = [];
  let isCalled = false;
  const server = serving(t, async (_scope, receive) => {
    await receive();
    isCalled = true;
    events.push(await receive());
  });
  const client = server.connect();
  while (!isCalled) await new Promise(setImmediate);
  client.terminate();
  await server.over;
  assert.deepEqual([events, server.troubles], [[{ type: "websocket.disconnect", code: 1006, reason: "" }], []]);
});

test("a client that has ended its side while its websocket is made: accept rejects, and 1006 is said", async (t) => {
  const events: unknown[] = [];
  const ready = deferred();
  const over = deferred();
  const application = (async (scope, receive, send) => {
    if (scope.type === "http") {
      ready.resolve();
      await send({ type: "http.response.start", status: 204 });
      return send({ type: "http.response.body" });
    }
    await receive();
    await ready.promise;
    const accepted = send({ type: "websocket.accept" });
    events.push(await receive());
    await assert.rejects(accepted, ClientDisconnectedError);
    await assert.rejects(send({ type: "websocket.send", text: "a" }), ClientDisconnectedError);
    over.resolve();
  }) as AsgiApplication;
  const server = serveGateway(asgiInterface(application).gateway);
  t.after(() => server.close());
  const raw = await RawClient.connect(server.port);
  raw.send(handshake({}));
  raw.socket.end();
  await once(raw.socket, "finish");
  // What another client sends now is read after that end.
  await ask(server.port, get("/"));
  await over.promise;
  assert.deepEqual([events, server.troubles], [[{ type: "websocket.disconnect", code: 1006, reason: "" }], []]);
});

test("what a client sends behind the close of the server is for nobody, also where the application waits for it", async (t) => {
  const events: unknown[] = [];
  const server = serving(t, async (_scope, receive, send) => {
    await receive();
    await send({ type: "websocket.accept" });
    events.push(await receive());
    const next = receive();
    await send({ type: "websocket.close", code: 4000 });
    events.push(await next);
  });
  const raw = await RawClient.connect(server.port);
  t.after(() => raw.close());
  raw.send(handshake({}, frame({ first: TEXT, payload: "one" })));
  await raw.until((received) => received.includes("\x0f\xa0"));
  raw.send(frame({ first: TEXT, payload: "two" }) + frame({ first: CLOSE, payload: closing(4000) }));
  await server.over;
  assert.deepEqual(events, [
    { type: "websocket.receive", text: "one", bytes: null },
    { type: "websocket.disconnect", code: 4000, reason: "" },
  ]);
});
