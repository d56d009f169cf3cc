// h3 2 through the fetch interface, on a worker in this process.

import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { createEventStream, getRequestIP, H3, HTTPError, readBody, setCookie } from "h3";
import { WebSocket } from "ws";
import { fetchInterface } from "../../src/interfaces/fetch.ts";
import { acceptWebSocket } from "../../src/interfaces/fetch-api.ts";
import { RawClient } from "../support/client.ts";
import { type InProcess, nothing, serveGateway } from "../support/worker.ts";

function serve(t: TestContext, app: H3): { url: string; server: InProcess } {
  const server = serveGateway(fetchInterface({ fetch: (request) => app.fetch(request) }).gateway);
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${server.port}`, server };
}

test("routes, values, cookies, bodies, forms and errors are h3's", async (t) => {
  const app = new H3();
  app.get("/", () => "hello");
  app.get("/json/:id", (event) => ({ id: event.context.params?.["id"], q: event.url.searchParams.get("q") }));
  app.get("/cookies", (event) => {
    setCookie(event, "a", "1");
    setCookie(event, "b", "2");
    return new Response("baked", { status: 201, headers: { "X-One": "1" } });
  });
  app.post("/json", async (event) => ({ got: await readBody(event) }));
  app.post("/form", async (event) => (await event.req.formData()).get("a"));
  app.get("/error", () => {
    throw new HTTPError({ status: 418, message: "teapot" });
  });
  app.get("/ip", (event) => getRequestIP(event) ?? "none");
  app.get("/stream", () => new Blob(["streamed"]).stream());
  let waited: () => void = nothing;
  const done = new Promise<void>((resolve) => {
    waited = resolve;
  });
  app.get("/later", (event) => {
    event.waitUntil(Promise.resolve().then(waited));
    return "x";
  });
  const { url, server } = serve(t, app);
  const text = async (path: string) => (await fetch(url + path)).text();
  assert.equal(await text("/"), "hello");
  assert.deepEqual(JSON.parse(await text("/json/7?q=%C3%A4")), { id: "7", q: "ä" });
  const cookies = await fetch(`${url}/cookies`);
  assert.deepEqual(
    [cookies.status, cookies.headers.getSetCookie(), cookies.headers.get("x-one"), await cookies.text()],
    [201, ["a=1; Path=/", "b=2; Path=/"], "1", "baked"],
  );
  const posted = await fetch(`${url}/json`, {
    method: "POST",
    body: '{"a":1}',
    headers: { "Content-Type": "application/json" },
  });
  assert.deepEqual(await posted.json(), { got: { a: 1 } });
  const form = new FormData();
  form.set("a", "field");
  assert.equal(await (await fetch(`${url}/form`, { method: "POST", body: form })).text(), "field");
  const failed = await fetch(`${url}/error`);
  assert.deepEqual([failed.status, ((await failed.json()) as { message: string }).message], [418, "teapot"]);
  assert.deepEqual([await text("/ip"), await text("/stream"), await text("/later")], ["127.0.0.1", "streamed", "x"]);
  await done;
  assert.equal((await fetch(`${url}/none`)).status, 404);
  assert.deepEqual(server.troubles, []);
});

test("an event stream goes out event by event, and hears that its client left", async (t) => {
  const app = new H3();
  let left: () => void = nothing;
  const gone = new Promise<void>((resolve) => {
    left = resolve;
  });
  app.get("/events", (event) => {
    const events = createEventStream(event);
    event.req.signal.addEventListener("abort", () => left());
    void events.push("first").then(() => events.push("second"));
    return events.send();
  });
  const { server } = serve(t, app);
  const client = await RawClient.connect(server.port);
  client.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
  await client.until((text) => text.includes("data: second"));
  client.close();
  await gone;
  assert.deepEqual(server.troubles, []);
});

test("a websocket by acceptWebSocket, with what h3 says of headers", async (t) => {
  const app = new H3();
  app.get("/ws", (event) => {
    event.res.headers.set("x-h3", "yes");
    const { socket, response } = acceptWebSocket(event.req as unknown as Request);
    socket.onmessage = ({ data }) => socket.send(data);
    return response;
  });
  const { url, server } = serve(t, app);
  const client = new WebSocket(`${url.replace("http", "ws")}/ws`);
  const [[answer]] = await Promise.all([once(client, "upgrade"), once(client, "open")]);
  assert.equal(answer.headers["x-h3"], "yes");
  client.send("text");
  assert.equal(String((await once(client, "message"))[0]), "text");
  client.close();
  assert.equal((await fetch(`${url}/ws`)).status, 426);
  assert.deepEqual(server.troubles, []);
});
