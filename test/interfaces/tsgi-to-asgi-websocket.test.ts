// TSGI applications with websockets, on the worker's real sockets: by the gateway's own loop, and behind an ASGI server. What the client sees,
// what the application sees and what is logged are the same.

import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { type TestContext, test } from "node:test";
import { WebSocket } from "ws";
import { gatewayFor } from "../../src/gateway/run.ts";
import type { Application, WebSocketHandler as Converse, UpgradeOptions } from "../../src/gateway/types.ts";
import { asgiInterface } from "../../src/interfaces/asgi.ts";
import type {
  AsgiApplication,
  WebSocketHandler,
  WebSocketIncomingEvent,
  WebSocketScope,
} from "../../src/interfaces/asgi-types.ts";
import { tsgiToAsgi } from "../../src/interfaces/tsgi-to-asgi.ts";
import type { Gateway } from "../../src/worker/reception.ts";
import { nothing, serveGateway } from "../support/worker.ts";

type Said = (...what: unknown[]) => void;

interface Case {
  readonly app: (said: Said) => Application;
  readonly protocols?: string[];
  readonly visit?: (client: WebSocket) => void;
  readonly leave?: 1001 | 1012;
  /** It leaves when all was sent that can be. */
  readonly isLate?: boolean;
}

const upgrading =
  (converse: (said: Said) => Converse, options?: UpgradeOptions): Case["app"] =>
  (said) =>
  (environ) =>
    environ["tsgi.upgrade"]!(converse(said), options);

const TABLE: Readonly<Record<string, Case>> = {
  "an echo, and a close of the client": {
    app: (said) => (environ) => {
      said(environ.PATH_INFO, environ.QUERY_STRING, environ.REMOTE_ADDR, environ["tsgi.url_scheme"]);
      said(environ["HTTP_SEC_WEBSOCKET_PROTOCOL"], environ.REQUEST_METHOD);
      const headers = [
        ["X-Served", "é"],
        ["Set-Cookie", "a=1"],
        ["Set-Cookie", "b=2"],
      ] as const;
      const body = environ["tsgi.upgrade"]!(
        async (socket) => {
          said(socket.protocol);
          for await (const message of socket) await socket.send(message);
          said(await socket.closed, socket.signal.aborted);
          await assert.rejects(socket.send("late"), { status: 499 });
        },
        { protocol: "b", headers },
      );
      return Object.assign(body, { close: () => said("closed") });
    },
    protocols: ["a", "b"],
    visit: (client) => {
      client.send("é");
      client.send(Buffer.from("bytes"));
      client.once("message", () => client.once("message", () => client.close(3001, "bye é")));
    },
  },
  "a close of the application, with a reason": {
    app: upgrading((said) => async (socket) => {
      void socket.send("one");
      socket.close(4000, "enough");
      await socket.send("late").catch(({ status }) => said(status));
      said(await socket.closed);
    }),
  },
  "a handler that is over": { app: upgrading(() => nothing) },
  "a handler that fails": {
    app: upgrading(() => () => {
      throw new Error("mine");
    }),
  },
  "a handler that fails later": {
    app: upgrading(() => async (socket) => {
      for await (const _message of socket) throw new Error("mine");
    }),
    visit: (client) => client.send("a"),
  },
  "a protocol that was not offered": { app: upgrading(() => nothing, { protocol: "c" }), protocols: ["a"] },
  "a field that is the handshake's": { app: upgrading(() => nothing, { headers: [["Sec-WebSocket-Accept", "x"]] }) },
  "a field that would split": { app: upgrading(() => nothing, { headers: [["X", "a\r\nb: c"]] }) },
  "a response": {
    app: () =>
      async function* (_environ, startResponse) {
        startResponse("401 Unauthorized", [["X-Why", "no"]]);
        yield "go ";
        yield "away";
      },
  },
  "an error before": {
    app: () => () => {
      throw new Error("mine");
    },
  },
  "many messages that are read slowly": {
    app: upgrading((said) => async (socket) => {
      let size = 0;
      for await (const message of socket) {
        size += message.length;
        if (size < 3_000_000) await new Promise(setImmediate);
        else socket.close();
      }
      said(size);
    }),
    visit: (client) => {
      for (let i = 0; i < 300; i += 1) client.send(Buffer.alloc(10_000));
    },
  },
  "a client that goes without a word": {
    app: upgrading((said) => async (socket) => {
      for await (const message of socket) said(message);
      said(await socket.closed);
    }),
    visit: (client) => client.terminate(),
  },
  "a server that stops while more waits than the application asks for": {
    app: upgrading((said) => async (socket) => {
      said(await socket.closed, socket.signal.aborted);
    }),
    visit: (client) => {
      for (let i = 0; i < 50; i += 1) client.send(Buffer.alloc(10_000));
    },
    leave: 1001,
    isLate: true,
  },
  "a server that stops": {
    app: upgrading((said) => async (socket) => {
      for await (const message of socket) said(message);
      said(await socket.closed);
      await socket.send("late");
    }),
    leave: 1001,
  },
};

async function visit(
  t: TestContext,
  { protocols = [], visit, leave, isLate }: Case,
  gateway: Gateway,
): Promise<unknown[]> {
  const seen: unknown[] = [];
  const server = serveGateway(gateway);
  t.after(() => server.close());
  const client = new WebSocket(`ws://127.0.0.1:${server.port}/a%20b?c=%20`, protocols);
  t.after(() => client.terminate());
  client.on("error", nothing);
  client.on("message", (data, isBinary) => seen.push(String(data), isBinary));
  client.on("upgrade", ({ headers }) => seen.push(headers["x-served"], headers["set-cookie"]));
  client.on("open", async () => {
    visit?.(client);
    if (isLate === true) for (let i = 0; i < 100; i += 1) await new Promise(setImmediate);
    if (leave !== undefined) server.worker.drain(nothing, nothing, "a test", leave);
  });
  await new Promise<void>((resolve) => {
    client.on("close", (code, reason) => {
      seen.push(client.protocol, code, reason.toString());
      resolve();
    });
    client.on("unexpected-response", async (_request: unknown, response: IncomingMessage) => {
      let body = "";
      for await (const chunk of response) body += chunk;
      const { headers } = response;
      seen.push(response.statusCode, headers["content-type"], headers["x-why"], body);
      client.terminate();
    });
  });
  while (server.worker.connections > 0) await new Promise(setImmediate);
  return [...seen, ...server.troubles.map(({ error }) => (error as Error).message)];
}

for (const [name, one] of Object.entries(TABLE)) {
  test(`${name}: the same by the gateway's loop and behind an ASGI server`, async (t) => {
    const said: unknown[][] = [[], []];
    const [direct, adapted] = said.map((list) => one.app((...what) => void list.push(...what)));
    const expected = await visit(t, one, (host) => gatewayFor(direct!, host));
    assert.deepEqual(await visit(t, one, asgiInterface(tsgiToAsgi(adapted!)).gateway), expected);
    assert.deepEqual(said[1], said[0]);
  });
}

// What another server than tsgi may give: no extension of tsgi's, no fields of the handshake.
const SCOPE: WebSocketScope = {
  ...{ type: "websocket", asgi: { version: "3.0", spec_version: "2.5" }, http_version: "2", scheme: "wss" },
  ...{ path: "/a", raw_path: "/a", query_string: "", root_path: "", headers: [["host", "h"]], client: null },
  ...{ server: null, subprotocols: ["a"], state: {}, extensions: {} },
};

async function play(application: Application, incoming: WebSocketIncomingEvent[]): Promise<unknown[]> {
  const sent: unknown[] = [];
  const receive = async () => incoming.shift() ?? new Promise<never>(nothing);
  const adapted = tsgiToAsgi(application) as AsgiApplication as unknown as WebSocketHandler;
  await adapted(SCOPE, receive, async (event) => void sent.push(event));
  return sent;
}

test("a server that keeps the handshake to itself will do", async () => {
  const sent = await play(
    (environ) =>
      environ["tsgi.upgrade"]!(
        async (socket) => {
          for await (const message of socket) await socket.send(message);
        },
        { protocol: "a" },
      ),
    [
      { type: "websocket.connect" },
      { type: "websocket.receive", text: "hi", bytes: null },
      { type: "websocket.disconnect", code: 1000, reason: "" },
    ],
  );
  assert.deepEqual(sent, [
    { type: "websocket.accept", subprotocol: "a", headers: [] },
    { type: "websocket.send", text: "hi" },
  ]);
});

test("where the server cannot send a response in place of the handshake, it closes", async () => {
  const sent = await play(
    (_environ, startResponse) => {
      startResponse("401 Unauthorized", []);
      return ["go away"];
    },
    [{ type: "websocket.connect" }],
  );
  assert.deepEqual(sent, [{ type: "websocket.close" }]);
});

test("a client that leaves while the application thinks aborts its signal", async () => {
  const seen: unknown[] = [];
  const sent = await play(
    async (environ) => {
      const signal = environ["tsgi.signal"];
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      seen.push((signal.reason as { status?: number }).status);
      return environ["tsgi.upgrade"]!(nothing);
    },
    [{ type: "websocket.connect" }, { type: "websocket.disconnect", code: 1006, reason: "" }],
  );
  assert.deepEqual([seen, sent], [[499], []]);
});

test("what a handler throws after its websocket is over is said all the same", async (t) => {
  const write = t.mock.method(process.stderr, "write", () => true);
  let fail = nothing;
  await play(
    (environ) =>
      environ["tsgi.upgrade"]!(async () => {
        await new Promise<void>((resolve) => {
          fail = resolve;
        });
        throw new Error("mine");
      }),
    [{ type: "websocket.connect" }, { type: "websocket.disconnect", code: 1000, reason: "" }],
  );
  fail();
  await new Promise(setImmediate);
  write.mock.restore();
  const lines = write.mock.calls.map(({ arguments: [text] }) => String(text));
  assert.equal(lines.filter((line) => /mine[\s\S]*\(request [-0-9a-f]{36}\)\n/.test(line)).length, 1, lines.join(""));
});
