import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { WebSocket } from "ws";
import { getApplication } from "../../src/application/get-application.ts";
import { path } from "../../src/application/paths.ts";
import type { SettingsInput } from "../../src/application/settings.ts";
import type { View } from "../../src/application/types.ts";
import { WebSocketResponse } from "../../src/application/websocket-response.ts";
import { ask, get, RawClient } from "../support/client.ts";
import { handshake } from "../support/websocket.ts";
import { serveInProcess } from "../support/worker.ts";

function serve(t: TestContext, view: View, middleware: readonly unknown[] = []) {
  const application = getApplication({
    urls: [path("ws/", view)],
    middleware,
    secretKey: "s".repeat(50),
  } as SettingsInput);
  const server = serveInProcess(application);
  t.after(() => server.close());
  return server;
}

const echo: View = (request) =>
  new WebSocketResponse(
    request,
    async (socket) => {
      for await (const message of socket) await socket.send(message);
    },
    { protocol: "chat", headers: { "X-View": "1" } },
  );

test("a view gives back a websocket: messages go both ways, and what view and middlewares add is in the 101", async (t) => {
  const adding = (inner: (request: unknown) => Promise<WebSocketResponse>) => async (request: unknown) => {
    const response = await inner(request);
    response.headers.set("X-Added", "2");
    response.setCookie("seen", "yes");
    return response;
  };
  const server = serve(t, echo, [adding]);
  const client = new WebSocket(`ws://127.0.0.1:${server.port}/ws/`, ["chat"]);
  t.after(() => client.terminate());
  const [[response]] = await Promise.all([once(client, "upgrade"), once(client, "open")]);
  const { headers } = response;
  assert.deepEqual(
    [headers["x-view"], headers["x-added"], headers["content-type"], client.protocol],
    ["1", "2", undefined, "chat"],
  );
  assert.match(String(headers["set-cookie"]), /^seen=yes/);
  client.send("hello");
  assert.equal(String((await once(client, "message"))[0]), "hello");
  assert.deepEqual(server.troubles, []);
});

test("a request that asks for no websocket gets 426, and one with a wrong handshake its refusal", async (t) => {
  const server = serve(t, echo);
  assert.equal((await ask(server.port, get("/ws/"))).status, 426);
  const raw = await RawClient.connect(server.port);
  raw.send(handshake({ target: "/ws/", key: "short", extra: "Sec-WebSocket-Protocol: chat\r\n" }));
  assert.equal((await raw.response()).status, 400);
});

test("what the response holds is closed when the websocket is over, not before", async (t) => {
  const closed: string[] = [];
  const server = serve(t, (request) =>
    new WebSocketResponse(request, (socket) => socket.closed).closeWith(() => void closed.push("closed")),
  );
  const client = new WebSocket(`ws://127.0.0.1:${server.port}/ws/`);
  await once(client, "open");
  assert.deepEqual(closed, []);
  client.terminate();
  while (closed.length === 0) await new Promise(setImmediate);
  assert.deepEqual(closed, ["closed"]);
});
