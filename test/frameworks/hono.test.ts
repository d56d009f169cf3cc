// Hono 4 through the fetch interface: its own routing, helpers and streaming, on a worker in this process.

import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { type Context, Hono } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { cors } from "hono/cors";
import { HTTPException } from "hono/http-exception";
import { secureHeaders } from "hono/secure-headers";
import { stream, streamSSE, streamText } from "hono/streaming";
import type { MiddlewareHandler } from "hono/types";
import type { WSContext as HonoWSContext } from "hono/ws";
import { WebSocket } from "ws";
import { fetchInterface } from "../../src/interfaces/fetch.ts";
import { type FetchEnv, getConnInfo, upgradeWebSocket } from "../../src/interfaces/fetch-api.ts";
import { RawClient } from "../support/client.ts";
import { type InProcess, nothing, serveGateway } from "../support/worker.ts";

type Variables = { Bindings: FetchEnv };

function serve(t: TestContext, app: Hono<Variables>): { url: string; server: InProcess } {
  const server = serveGateway(fetchInterface(app).gateway, { accessLog: "-" });
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${server.port}`, server };
}

test("routes, parameters, queries, status and headers are Hono's", async (t) => {
  const app = new Hono<Variables>();
  app.get("/", (c) => c.text("hello"));
  app.get("/users/:id", (c) => c.json({ id: c.req.param("id"), q: c.req.query("q"), agent: c.req.header("x-agent") }));
  app.get("/html", (c) => c.html("<p>hé</p>", 201, { "X-One": "1" }));
  app.get("/go", (c) => c.redirect("/there", 301));
  app.get("/empty", (c) => c.body(null, 204));
  app.get("/header", (c) => {
    c.header("X-A", "1");
    c.header("X-A", "2", { append: true });
    return c.text("x");
  });
  const { url, server } = serve(t, app);
  const hello = await fetch(url);
  assert.deepEqual(
    [hello.status, await hello.text(), hello.headers.get("content-type"), hello.headers.get("content-length")],
    [200, "hello", "text/plain;charset=UTF-8", "5"],
  );
  const user = await fetch(`${url}/users/a%20b?q=1&q=2`, { headers: { "X-Agent": "test" } });
  assert.deepEqual(await user.json(), { id: "a b", q: "1", agent: "test" });
  const html = await fetch(`${url}/html`);
  assert.deepEqual(
    [html.status, await html.text(), html.headers.get("x-one"), html.headers.get("content-length")],
    [201, "<p>hé</p>", "1", "10"],
  );
  const go = await fetch(`${url}/go`, { redirect: "manual" });
  assert.deepEqual([go.status, go.headers.get("location")], [301, "/there"]);
  const empty = await fetch(`${url}/empty`);
  assert.deepEqual([empty.status, empty.headers.get("content-length"), await empty.text()], [204, null, ""]);
  assert.equal((await fetch(`${url}/header`)).headers.get("x-a"), "1, 2");
  assert.equal((await fetch(`${url}/none`)).status, 404);
  const head = await fetch(url, { method: "HEAD" });
  assert.deepEqual([head.status, await head.text()], [200, ""]);
  assert.deepEqual(server.troubles, []);
});

test("cookies, and middlewares that change the response afterwards", async (t) => {
  const app = new Hono<Variables>();
  app.use(cors(), secureHeaders());
  app.use(async (c, next) => {
    await next();
    c.res.headers.set("X-After", "yes");
    c.res = new Response(c.res.body, c.res);
    c.header("X-Late", "1");
  });
  app.get("/", (c) => {
    setCookie(c, "a", "1");
    setCookie(c, "b", "2", { httpOnly: true });
    return c.text(`${getCookie(c, "x")}`);
  });
  const { url, server } = serve(t, app);
  const answer = await fetch(url, { headers: { Cookie: "x=y; z=1" } });
  assert.equal(await answer.text(), "y");
  assert.deepEqual(answer.headers.getSetCookie(), ["a=1; Path=/", "b=2; Path=/; HttpOnly"]);
  for (const [name, value] of [
    ["x-after", "yes"],
    ["x-late", "1"],
    ["access-control-allow-origin", "*"],
    ["x-content-type-options", "nosniff"],
  ] as const) {
    assert.equal(answer.headers.get(name), value);
  }
  assert.deepEqual(server.troubles, []);
});

test("bodies: text, JSON, forms with files, bytes, and a stream that is passed on", async (t) => {
  const app = new Hono<Variables>();
  app.post("/json", async (c) => c.json(await c.req.json()));
  app.post("/text", async (c) => c.text((await c.req.text()).toUpperCase()));
  app.post("/form", async (c) => {
    const { file, name } = await c.req.parseBody();
    assert(file instanceof File);
    return c.text(`${name} ${file.name} ${file.type} ${(await file.text()).length}`);
  });
  app.post("/size", async (c) => c.text(String((await c.req.arrayBuffer()).byteLength)));
  app.post("/echo", (c) => new Response(c.req.raw.body));
  app.post("/clone", async (c) => c.text((await c.req.raw.clone().text()) + (await c.req.text())));
  const { url, server } = serve(t, app);
  const post = (path: string, body: unknown) => fetch(url + path, { method: "POST", body: body as string });
  assert.deepEqual(await (await post("/json", '{"a":[1]}')).json(), { a: [1] });
  assert.equal(await (await post("/text", "grüße")).text(), "GRÜSSE");
  assert.equal((await post("/json", "{")).status, 500);
  const form = new FormData();
  form.set("name", "n");
  form.set("file", new Blob(["x".repeat(1_000)], { type: "text/x" }), "f.txt");
  assert.equal(await (await post("/form", form)).text(), "n f.txt text/x 1000");
  const large = new Uint8Array(2_000_000).fill(7);
  assert.equal(await (await post("/size", large)).text(), "2000000");
  assert.deepEqual(new Uint8Array(await (await post("/echo", large)).arrayBuffer()), large);
  assert.equal(await (await post("/clone", "ab")).text(), "abab");
  assert.equal(server.troubles.length, 0, "Hono answers a body that is no JSON itself");
});

test("streams, and events that a client leaves", async (t) => {
  const app = new Hono<Variables>();
  let left: () => void = nothing;
  const gone = new Promise<void>((resolve) => {
    left = resolve;
  });
  app.get("/text", (c) =>
    streamText(c, async (out) => {
      await out.writeln("one");
      await out.sleep(1);
      await out.write("two");
    }),
  );
  app.get("/bytes", (c) => stream(c, (out) => out.pipe(new Blob(["bytes"]).stream())));
  app.get("/events", (c) =>
    streamSSE(c, async (out) => {
      out.onAbort(() => left());
      for (let id = 0; !out.aborted; id += 1) {
        await out.writeSSE({ data: "x", id: String(id) });
        await turn();
      }
    }),
  );
  const { url, server } = serve(t, app);
  assert.equal(await (await fetch(`${url}/text`)).text(), "one\ntwo");
  assert.equal(await (await fetch(`${url}/bytes`)).text(), "bytes");
  const client = await RawClient.connect(server.port);
  client.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
  const heard = await client.until((text) => text.includes("id: 3"));
  assert.match(heard, /content-type: text\/event-stream/);
  client.close();
  await gone;
  assert.deepEqual(server.troubles, []);
});

test("errors: Hono's handlers answer, and an error of the error handler is a 500 with the request's id", async (t) => {
  const app = new Hono<Variables>();
  app.get("/known", () => {
    throw new HTTPException(418, { message: "teapot" });
  });
  app.get("/custom", () => {
    throw new HTTPException(401, { res: new Response("no", { status: 401, headers: { "WWW-Authenticate": "x" } }) });
  });
  app.get("/broken", () => {
    throw new Error("first");
  });
  app.onError((error) => {
    if (error instanceof HTTPException) return error.getResponse();
    throw new Error("second");
  });
  const { url, server } = serve(t, app);
  const known = await fetch(`${url}/known`);
  assert.deepEqual([known.status, await known.text()], [418, "teapot"]);
  const custom = await fetch(`${url}/custom`);
  assert.deepEqual([custom.status, custom.headers.get("www-authenticate"), await custom.text()], [401, "x", "no"]);
  const failed = await fetch(`${url}/broken`);
  assert.equal(failed.status, 500);
  assert.deepEqual(
    server.troubles.map(({ error, answer, requestId }) => [(error as Error).message, answer, requestId]),
    [["second", 500, failed.headers.get("x-request-id")!]],
  );
});

test("the environment, the execution context and who the client is", async (t) => {
  const app = new Hono<Variables>();
  app.get("/", (c) => {
    c.executionCtx.waitUntil(Promise.reject(new Error("afterwards")));
    return c.json({ id: c.env.requestId, from: getConnInfo(c) });
  });
  const { url, server } = serve(t, app);
  const { id, from } = (await (await fetch(url)).json()) as { id: string; from: { remote: { port: number } } };
  assert.equal(id, "id-1");
  assert.deepEqual(from, {
    remote: { transport: "tcp", address: "127.0.0.1", addressType: "IPv4", port: from.remote.port },
  });
  assert.deepEqual(
    server.troubles.map(({ error, requestId }) => [(error as Error).message, requestId]),
    [["afterwards", "id-1"]],
  );
});

test("a request's signal aborts when the client leaves", async (t) => {
  const app = new Hono<Variables>();
  let tell: (reason: unknown) => void = nothing;
  const told = new Promise((resolve) => {
    tell = resolve;
  });
  let entered: () => void = nothing;
  const inside = new Promise<void>((resolve) => {
    entered = resolve;
  });
  app.get("/", async (c) => {
    const { signal } = c.req.raw;
    entered();
    await once(signal, "abort");
    tell(signal.reason);
    throw signal.reason;
  });
  const { server } = serve(t, app);
  const client = await RawClient.connect(server.port);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await inside;
  client.close();
  assert.equal(((await told) as Error).name, "RequestError");
  await turn();
  assert.deepEqual(server.troubles, []);
});

test("a websocket in Hono's way, with the fields of its middlewares, and what is no websocket goes on", async (t) => {
  const app = new Hono<Variables>();
  app.use(async (c, next) => {
    await next();
    c.header("X-Middleware", "yes");
  });
  const closed: unknown[] = [];
  const handler: MiddlewareHandler = upgradeWebSocket((c: Context) => ({
    onOpen: (_event, ws) => ws.send(`open ${c.req.query("room")}`),
    onMessage: (event, ws) => {
      if (event.data === "fail") throw new Error("a listener");
      if (event.data === "bye") ws.close(4_000, "bye");
      else ws.send(event.data);
    },
    onClose: (event) => closed.push(event.code),
  }));
  app.get("/ws", handler, (c) => c.text("not a websocket"));
  const { url, server } = serve(t, app);
  const client = new WebSocket(`${url.replace("http", "ws")}/ws?room=1`, ["chat"]);
  const [[answer], [hello]] = await Promise.all([once(client, "upgrade"), once(client, "message")]);
  assert.deepEqual([answer.headers["x-middleware"], String(hello), client.protocol], ["yes", "open 1", "chat"]);
  client.send(Buffer.from([1, 2]));
  assert.deepEqual((await once(client, "message"))[0], Buffer.from([1, 2]));
  client.send("bye");
  assert.deepEqual((await once(client, "close")).map(String), ["4000", "bye"]);
  assert.equal(await (await fetch(`${url}/ws`)).text(), "not a websocket");
  const other = new WebSocket(`${url.replace("http", "ws")}/ws`);
  await once(other, "message");
  other.send("fail");
  assert.equal((await once(other, "close"))[0], 1011);
  while (closed.length < 2) await turn();
  assert.deepEqual(
    server.troubles.map(({ error }) => (error as Error).message),
    ["a listener"],
  );
  assert.deepEqual(closed, [4_000, 1011]);
});

/** Compiled only: listeners that were typed for Hono's own helper fit. */
export const typed = upgradeWebSocket(() => ({
  onMessage(event: MessageEvent, ws: HonoWSContext) {
    ws.send(String(event.data));
  },
}));

/** Compiled only: a route with a parameter, its handler typed by nobody. */
export const routed = new Hono<Variables>().get(
  "/rooms/:room",
  upgradeWebSocket((c) => ({ onOpen: (_event, ws) => ws.send(c.req.param("room")) })),
);
