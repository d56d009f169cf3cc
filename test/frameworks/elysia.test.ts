// Elysia 1.4 through the fetch interface, on a worker in this process.

import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Elysia, t as type } from "elysia";
import { WebSocket } from "ws";
import { fetchInterface } from "../../src/interfaces/fetch.ts";
import { acceptWebSocket } from "../../src/interfaces/fetch-api.ts";
import { RawClient } from "../support/client.ts";
import { type InProcess, nothing, serveGateway } from "../support/worker.ts";

function serve(t: TestContext, app: { fetch(request: Request): Response | Promise<Response> }) {
  const server: InProcess = serveGateway(fetchInterface(app).gateway);
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${server.port}`, server };
}

test("routes, values, cookies, validation, forms and errors are Elysia's", async (t) => {
  const app = new Elysia()
    .onError(({ error, code }) =>
      code === "UNKNOWN" ? new Response((error as Error).message, { status: 418 }) : undefined,
    )
    .get("/", () => "hello")
    .get("/json/:id", ({ params, query, headers }) => ({ id: params.id, q: query["q"], agent: headers["x-agent"] }))
    .get("/set", ({ set, cookie }) => {
      set.status = 201;
      set.headers["x-one"] = "1";
      cookie["a"]!.value = "1";
      cookie["b"]!.value = "2";
      return "set";
    })
    .get("/response", () => new Response("own", { status: 202, headers: { "x-own": "1" } }))
    .post("/json", ({ body }) => ({ got: body }))
    .post("/checked", ({ body }) => body.n + 1, { body: type.Object({ n: type.Number() }) })
    .post("/form", ({ body }) => `${body.name} ${body.file.name} ${body.file.size}`, {
      body: type.Object({ name: type.String(), file: type.File() }),
    })
    .get("/error", () => {
      throw new Error("known");
    });
  const { url, server } = serve(t, app);
  const text = async (path: string) => (await fetch(url + path)).text();
  assert.deepEqual([await text("/"), await text("/response")], ["hello", "own"]);
  const json = await fetch(`${url}/json/7?q=%C3%A4`, { headers: { "X-Agent": "test" } });
  assert.deepEqual(await json.json(), { id: "7", q: "ä", agent: "test" });
  const set = await fetch(`${url}/set`);
  assert.deepEqual(
    [set.status, set.headers.get("x-one"), set.headers.getSetCookie().length, await set.text()],
    [201, "1", 2, "set"],
  );
  const post = (path: string, body: string | FormData) =>
    fetch(url + path, {
      method: "POST",
      body,
      headers: typeof body === "string" ? { "Content-Type": "application/json" } : {},
    });
  assert.deepEqual(await (await post("/json", '{"a":1}')).json(), { got: { a: 1 } });
  assert.equal(await (await post("/checked", '{"n":1}')).text(), "2");
  assert.equal((await post("/checked", '{"n":"x"}')).status, 422);
  const form = new FormData();
  form.set("name", "n");
  form.set("file", new Blob(["12345"]), "f.txt");
  assert.equal(await (await post("/form", form)).text(), "n f.txt 5");
  const failed = await fetch(`${url}/error`);
  assert.deepEqual([failed.status, await failed.text()], [418, "known"]);
  assert.equal((await fetch(`${url}/none`)).status, 404);
  assert.deepEqual(server.troubles, []);
});

test("a generator streams, and is ended when its client leaves", async (t) => {
  let left: () => void = nothing;
  const gone = new Promise<void>((resolve) => {
    left = resolve;
  });
  const app = new Elysia()
    .get("/stream", async function* () {
      yield "one";
      await turn();
      yield "two";
    })
    .get("/endless", async function* ({ request }) {
      request.signal.addEventListener("abort", () => left());
      for (;;) {
        yield "x";
        await turn();
      }
    });
  const { url, server } = serve(t, app);
  assert.equal(await (await fetch(`${url}/stream`)).text(), "onetwo");
  const client = await RawClient.connect(server.port);
  client.send("GET /endless HTTP/1.1\r\nHost: example.com\r\n\r\n");
  await client.until((text) => text.includes("x\r\n1\r\nx"));
  client.close();
  await gone;
  assert.deepEqual(server.troubles, []);
});

test("a websocket by acceptWebSocket, with what Elysia says of headers", async (t) => {
  const app = new Elysia().get("/ws", ({ request, set }) => {
    set.headers["x-elysia"] = "yes";
    const { socket, response } = acceptWebSocket(request);
    socket.addEventListener("message", (event) => socket.send((event as MessageEvent).data));
    return response;
  });
  const { url, server } = serve(t, app);
  const client = new WebSocket(`${url.replace("http", "ws")}/ws`);
  const [[answer]] = await Promise.all([once(client, "upgrade"), once(client, "open")]);
  assert.equal(answer.headers["x-elysia"], "yes");
  client.send("text");
  assert.equal(String((await once(client, "message"))[0]), "text");
  client.close();
  assert.equal((await fetch(`${url}/ws`)).status, 426);
  assert.deepEqual(server.troubles, []);
});
