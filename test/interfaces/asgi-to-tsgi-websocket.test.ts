// One table of ASGI websocket applications, each on the worker's real sockets: directly, as a TSGI application, and there and back again.
// What the client sees, what the application sees and what is logged are the same.

import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { type TestContext, test } from "node:test";
import { WebSocket } from "ws";
import type { GatewayHost } from "../../src/gateway/host.ts";
import { gatewayFor } from "../../src/gateway/run.ts";
import type { Application } from "../../src/gateway/types.ts";
import { asgiInterface } from "../../src/interfaces/asgi.ts";
import { ClientDisconnectedError } from "../../src/interfaces/asgi-errors.ts";
import { asgiToTsgi } from "../../src/interfaces/asgi-to-tsgi.ts";
import type { AsgiApplication, WebSocketHandler } from "../../src/interfaces/asgi-types.ts";
import { tsgiToAsgi } from "../../src/interfaces/tsgi-to-asgi.ts";
import { RawClient } from "../support/client.ts";
import { handshake } from "../support/websocket.ts";
import { nothing, serveGateway } from "../support/worker.ts";

type Handler = (said: (...what: unknown[]) => void) => WebSocketHandler;
/** What the client does once it is open. */
type Visit = (client: WebSocket) => void;

interface Case {
  readonly app: Handler;
  readonly protocols?: string[];
  readonly visit?: Visit;
  readonly leave?: 1001 | 1012;
}

const TABLE: Readonly<Record<string, Case>> = {
  "the scope, an echo of text and bytes, and a close of the client": {
    app: (said) => async (scope, receive, send) => {
      const { type, scheme, path, raw_path, query_string, root_path, subprotocols, headers, extensions } = scope;
      said(type, scheme, path, raw_path, query_string, root_path, subprotocols, "method" in scope);
      said(headers.find(([name]) => name === "x-one")?.[1], Object.keys(extensions).sort());
      said((await receive()).type);
      await send({
        ...{ type: "websocket.accept", subprotocol: "b" },
        headers: [
          ["X-Served", "é"],
          ["set-cookie", "a=1"],
          ["set-cookie", "b=2"],
        ],
      });
      const { signal } = extensions.tsgi!;
      for (let event = await receive(); ; event = await receive()) {
        if (event.type !== "websocket.receive") {
          said(event, signal.aborted);
          break;
        }
        said(event.text, event.bytes === null ? null : Buffer.from(event.bytes).toString());
        await send(
          event.text === null
            ? { type: "websocket.send", bytes: event.bytes }
            : { type: "websocket.send", text: event.text },
        );
      }
      await assert.rejects(receive(), ClientDisconnectedError);
      await assert.rejects(send({ type: "websocket.send", text: "late" }), ClientDisconnectedError);
    },
    protocols: ["a", "b"],
    visit: (client) => {
      client.send("é");
      client.send(Buffer.from("bytes"));
      client.once("message", () => client.once("message", () => client.close(3001, "bye é")));
    },
  },
  "a close of the application, with a reason": {
    app: (said) => async (_scope, receive, send) => {
      await receive();
      await send({ type: "websocket.accept" });
      await send({ type: "websocket.send", text: "one" });
      await send({ type: "websocket.close", code: 4000, reason: "enough" });
      await send({ type: "websocket.send", text: "late" }).catch((error) => said(error.message));
      said(await receive());
    },
  },
  "a return": {
    app: () => async (_scope, receive, send) => {
      await receive();
      await send({ type: "websocket.accept" });
    },
  },
  "an error after accept": {
    app: () => async (_scope, receive, send) => {
      await receive();
      await send({ type: "websocket.accept" });
      throw new Error("mine");
    },
  },
  "an error behind an accept that nobody awaits": {
    app: () => async (_scope, receive, send) => {
      await receive();
      void send({ type: "websocket.accept" });
      throw new Error("mine");
    },
  },
  "an error before accept": { app: () => () => Promise.reject(new Error("mine")) },
  "an error while it is called": {
    app: () => () => {
      throw new Error("mine");
    },
  },
  "a return before it has decided": { app: () => async () => {} },
  "a close before accept": {
    app: (said) => async (_scope, receive, send) => {
      await receive();
      await send({ type: "websocket.close" });
      said(await receive());
    },
  },
  "an answer of its own": {
    app: (said) => async (_scope, receive, send) => {
      await receive();
      await send({ type: "websocket.http.response.start", status: 401, headers: [["X-Why", "no"]] });
      await send({ type: "websocket.accept" }).catch((error) => said(error.message));
      await send({ type: "websocket.http.response.body", body: "go ", more_body: true });
      await send({ type: "websocket.http.response.body", body: "away" });
      said(await receive());
    },
  },
  "an answer that is never finished": {
    app: () => async (_scope, receive, send) => {
      await receive();
      await send({ type: "websocket.http.response.start", status: 401 });
    },
  },
  "what may not be sent": {
    app: (said) => async (_scope, receive, send) => {
      const wrong = async (event: object) => send(event as never).then(nothing, (error) => said(error.message));
      await receive();
      await wrong({ type: "websocket.send", text: "early" });
      await wrong({ type: "websocket.accept", subprotocol: "c" });
      await wrong({ type: "websocket.accept", headers: [["sec-websocket-protocol", "x"]] });
      await wrong({ type: "websocket.accept", headers: [["x", "a\r\nb: c"]] });
      await wrong({ type: "websocket.http.response.start", status: 20 });
      await wrong({ type: "websocket.http.response.body" });
      await wrong({ type: "http.response.start", status: 200 });
      await wrong({ type: "websocket.close", code: 1006 });
      await send({ type: "websocket.accept", subprotocol: "a" });
      await wrong({ type: "websocket.accept" });
      await wrong({ type: "websocket.send" });
      await wrong({ type: "websocket.send", text: "a", bytes: new Uint8Array(1) });
      await wrong({ type: "websocket.send", text: 1 });
      await wrong({ type: "websocket.close", code: 999 });
      await wrong({ type: "websocket.close", reason: "é".repeat(62) });
      await wrong({ type: "websocket.http.response.start", status: 200 });
    },
    protocols: ["a"],
  },
  "two that receive at once": {
    app: (said) => async (_scope, receive, send) => {
      await receive();
      const first = receive();
      await receive().catch((error) => said(error.message));
      await send({ type: "websocket.accept" });
      await receive().catch((error) => said(error.message));
      said(await first);
    },
    visit: (client) => client.send("a"),
  },
  "a client that goes without a word": {
    app: (said) => async (_scope, receive, send) => {
      await receive();
      await send({ type: "websocket.accept" });
      said(await receive());
    },
    visit: (client) => client.terminate(),
  },
  "a server that restarts": {
    app: (said) => async (_scope, receive, send) => {
      await receive();
      await send({ type: "websocket.accept" });
      said(await receive());
      await send({ type: "websocket.send", text: "late" });
    },
    leave: 1012,
  },
};

interface Seen {
  readonly client: unknown[];
  readonly said: unknown[];
  readonly logged: unknown[];
}

type Way = (application: AsgiApplication, errors: unknown[]) => (host: GatewayHost) => ReturnType<typeof gatewayFor>;

const direct: Way = (application) => asgiInterface(application).gateway;
const asTsgi: Way = (application, errors) => (host) =>
  gatewayFor(asgiToTsgi(application), { ...host, writeError: (text) => void errors.push(messageIn(text)) });
const andBack: Way = (application, errors) => {
  const adapted = asgiToTsgi(application);
  const heard: Application = (environ, startResponse) => {
    const write = (text: string) => void errors.push(messageIn(text));
    return adapted({ ...environ, "tsgi.errors": { ...environ["tsgi.errors"], write } }, startResponse);
  };
  return asgiInterface(tsgiToAsgi(heard)).gateway;
};

/** The first line of a failure, which has the name of the error in front. */
const messageIn = (text: string) => /(?:Error: )(.*)/.exec(text)?.[1] ?? text;

async function visit(t: TestContext, { app, protocols = [], visit, leave }: Case, way: Way): Promise<Seen> {
  const seen: Seen = { client: [], said: [], logged: [] };
  const handler = app((...what) => void seen.said.push(...what));
  let finish = nothing;
  const over = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const application = (async (scope, receive, send) => {
    try {
      await handler(scope as never, receive as never, send);
    } finally {
      finish();
    }
  }) as AsgiApplication;
  const server = serveGateway(way(application, seen.logged));
  t.after(() => server.close());
  const client = new WebSocket(`ws://127.0.0.1:${server.port}/a%20b?c=%20`, protocols, { headers: { "X-One": "1" } });
  t.after(() => client.terminate());
  client.on("error", nothing);
  client.on("message", (data, isBinary) => seen.client.push(String(data), isBinary));
  client.on("upgrade", ({ headers }) => seen.client.push(headers["x-served"], headers["set-cookie"]));
  const ended = new Promise<void>((resolve) => {
    client.on("close", (code, reason) => {
      seen.client.push(client.protocol, code, reason.toString());
      resolve();
    });
    client.on("unexpected-response", async (_request: unknown, response: IncomingMessage) => {
      let body = "";
      for await (const chunk of response) body += chunk;
      const { headers } = response;
      const type = headers["content-type"];
      seen.client.push(response.statusCode, type, headers["x-why"], body.replace(/id-\d|[0-9a-f-]{36}/, "id"));
      client.terminate();
      resolve();
    });
  });
  client.on("open", () => {
    visit?.(client);
    if (leave !== undefined) server.worker.drain(nothing, nothing, "a test", leave);
  });
  await Promise.all([ended, over]);
  while (server.worker.connections > 0) await new Promise(setImmediate);
  seen.logged.push(...server.troubles.map(({ error }) => (error as Error).message));
  return seen;
}

for (const [name, one] of Object.entries(TABLE)) {
  test(`${name}: the same directly, as a TSGI application, and there and back again`, async (t) => {
    const expected = await visit(t, one, direct);
    assert.deepEqual(await visit(t, one, asTsgi), expected);
    assert.deepEqual(await visit(t, one, andBack), expected);
  });
}

test("a handshake that is wrong never reaches the application", async (t) => {
  let calls = 0;
  const adapted = asgiToTsgi(async () => {
    calls += 1;
  });
  const server = serveGateway((host) => gatewayFor(adapted, host));
  t.after(() => server.close());
  const client = await RawClient.connect(server.port);
  t.after(() => client.close());
  client.send(handshake({ key: "short" }));
  const { status } = await client.response();
  assert.deepEqual([status, calls], [400, 0]);
});

test("a client that leaves while the application thinks is a disconnect, and its accept does not hang", async (t) => {
  const said: unknown[] = [];
  let begun = nothing;
  const called = new Promise<void>((resolve) => {
    begun = resolve;
  });
  let finish = nothing;
  const over = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const adapted = asgiToTsgi((async (_scope, receive, send) => {
    await receive();
    begun();
    said.push(await receive());
    await send({ type: "websocket.accept" }).catch((error) => said.push(error instanceof ClientDisconnectedError));
    finish();
  }) as AsgiApplication);
  const server = serveGateway((host) => gatewayFor(adapted, host));
  t.after(() => server.close());
  const client = new WebSocket(`ws://127.0.0.1:${server.port}/`);
  client.on("error", nothing);
  await called;
  client.terminate();
  await over;
  assert.deepEqual([said, server.troubles], [[{ type: "websocket.disconnect", code: 1006, reason: "" }, true], []]);
});
