import assert from "node:assert/strict";
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { after, type TestContext, test } from "node:test";
import { type FastifyInstance, type FastifyServerOptions, fastify } from "fastify";
import type { Settings } from "../../src/config/options.ts";
import { get, RawClient } from "../support/client.ts";
import { type NodeWorker, serveNode } from "../support/node-worker.ts";

const FOLDER = mkdtempSync(join(tmpdir(), "tsgi-fastify-"));
const FILE = join(FOLDER, "file.txt");
writeFileSync(FILE, "0123456789");
after(() => rmSync(FOLDER, { recursive: true }));

/** Its own server object is what is served, once it is ready. */
async function serve(
  t: TestContext,
  setUp: (app: FastifyInstance) => void,
  { options = {}, settings = {} }: { options?: FastifyServerOptions; settings?: Partial<Settings> } = {},
): Promise<{ readonly worker: NodeWorker; readonly app: FastifyInstance }> {
  const app = fastify(options) as FastifyInstance;
  setUp(app);
  await app.ready();
  return { worker: serveNode(t, app.server, settings), app };
}

const json = (body: unknown): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

test("what handlers return and send: objects, texts, buffers, streams, web streams, nothing", async (t) => {
  const { worker } = await serve(t, (app) => {
    app.get("/object", async () => ({ a: 1 }));
    app.get("/text", (_q, reply) => void reply.code(201).header("X-A", "1").send("text"));
    app.get("/buffer", (_q, reply) => void reply.send(Buffer.from("bytes")));
    app.get("/stream", (_q, reply) => reply.type("text/plain").send(createReadStream(FILE)));
    app.get("/web", async () => new Response(new Blob(["web"]).stream(), { status: 202 }));
    app.get("/none", (_q, reply) => void reply.code(204).send());
  });
  const read = async (path: string) => {
    const answer = await fetch(`${worker.url}/${path}`);
    return [answer.status, await answer.text()];
  };
  assert.deepEqual(await read("object"), [200, '{"a":1}']);
  assert.deepEqual(await read("text"), [201, "text"]);
  assert.deepEqual(await read("buffer"), [200, "bytes"]);
  assert.deepEqual(await read("stream"), [200, "0123456789"]);
  assert.deepEqual(await read("web"), [202, "web"]);
  assert.deepEqual(await read("none"), [204, ""]);
  assert.deepEqual(await read("nowhere"), [
    404,
    '{"message":"Route GET:/nowhere not found","error":"Not Found","statusCode":404}',
  ]);
  const head = await fetch(`${worker.url}/object`, { method: "HEAD" });
  assert.deepEqual([head.status, head.headers.get("content-length"), await head.text()], [200, "7", ""]);
  assert.deepEqual(worker.troubles, []);
});

test("bodies: schemas, bodyLimit, a type that nobody parses, and an empty one", async (t) => {
  const schema = { body: { type: "object", required: ["a"], properties: { a: { type: "integer" } } } };
  const { worker } = await serve(
    t,
    (app) => {
      app.post("/", { schema }, async (request) => request.body);
    },
    { options: { bodyLimit: 1_000 } },
  );
  assert.deepEqual(await (await fetch(worker.url, json({ a: "1" }))).json(), { a: 1 });
  const wrong = await fetch(worker.url, json({ a: "x" }));
  assert.deepEqual([wrong.status, ((await wrong.json()) as { code: string }).code], [400, "FST_ERR_VALIDATION"]);
  assert.equal((await fetch(worker.url, json({ a: "1".repeat(2_000) }))).status, 413);
  assert.equal((await fetch(worker.url, { method: "POST", body: new Blob(["x"], { type: "a/b" }) })).status, 415);
  assert.equal((await fetch(worker.url, { ...json(0), body: "" })).status, 400);
});

test("reply.hijack and reply.raw: the application writes the response itself", async (t) => {
  const { worker } = await serve(t, (app) => {
    app.get("/", (request, reply) => {
      reply.hijack();
      reply.raw.writeHead(203, { "X-Raw": request.raw.url! });
      reply.raw.write("raw ");
      setImmediate(() => reply.raw.end("bytes"));
    });
  });
  const answer = await fetch(worker.url);
  assert.deepEqual([answer.status, answer.headers.get("x-raw"), await answer.text()], [203, "/", "raw bytes"]);
});

test("hooks run in their order, onResponse after the response is out", async (t) => {
  const heard: string[] = [];
  const done = new Promise<void>((resolve) => {
    void serve(t, (app) => {
      app.addHook("onRequest", async () => void heard.push("onRequest"));
      app.addHook("preHandler", async () => void heard.push("preHandler"));
      app.addHook("onSend", async () => void heard.push("onSend"));
      app.addHook("onResponse", async (_q, reply) => {
        heard.push(`onResponse ${reply.statusCode} ${reply.elapsedTime > 0} ${reply.sent}`);
        resolve();
      });
      app.get("/", async () => "x");
    }).then(({ worker }) => fetch(worker.url));
  });
  await done;
  assert.deepEqual(heard, ["onRequest", "preHandler", "onSend", "onResponse 200 true true"]);
});

test("onRequestAbort hears a client that leaves, and so does the stream that was sent", async (t) => {
  const heard: string[] = [];
  const both = new Promise<void>((resolve) => {
    const note = (what: string) => heard.push(what) === 2 && resolve();
    void serve(t, (app) => {
      app.addHook("onRequestAbort", async (_request) => void note("abort"));
      app.get("/", (_q, reply) => {
        const endless = new Readable({ read: () => void setTimeout(() => endless.push("begun"), 1) });
        endless.on("close", () => note("stream closed"));
        return reply.send(endless);
      });
    }).then(async ({ worker }) => {
      const client = await RawClient.connect(worker.port);
      client.send(get("/"));
      await client.until((received) => received.includes("begun"));
      client.close();
    });
  });
  await both;
  assert.deepEqual(heard.sort(), ["abort", "stream closed"]);
});

test("onTimeout hears connectionTimeout, and the connection is dropped", async (t) => {
  const timeout = new Promise<string>((resolve) => {
    void serve(
      t,
      (app) => {
        app.addHook("onTimeout", async (request) => resolve(request.url));
        app.get("/slow", () => new Promise(() => {}));
      },
      { options: { connectionTimeout: 30 } },
    ).then(({ worker }) => fetch(`${worker.url}/slow`).catch(() => {}));
  });
  assert.equal(await timeout, "/slow");
});

test("errors: thrown, rejected, by setErrorHandler, and a stream that fails before and after its first bytes", async (t) => {
  const { worker } = await serve(t, (app) => {
    app.setErrorHandler((error, _q, reply) => void reply.code(418).send(`handled ${(error as Error).message}`));
    app.get("/throws", () => {
      throw new Error("thrown");
    });
    app.get("/rejects", async () => Promise.reject(new Error("rejected")));
    app.get("/before", (_q, reply) => reply.send(new Readable({ read: () => undefined }).destroy(new Error("before"))));
    app.get("/after", (_q, reply) => {
      const stream = new Readable({ read: () => undefined });
      stream.push("begun");
      setTimeout(() => stream.destroy(new Error("after")), 10);
      return reply.send(stream);
    });
  });
  for (const [path, text] of [
    ["throws", "handled thrown"],
    ["rejects", "handled rejected"],
    ["before", "handled before"],
  ] as const) {
    const answer = await fetch(`${worker.url}/${path}`);
    assert.deepEqual([answer.status, await answer.text()], [418, text]);
  }
  await assert.rejects(async () => (await fetch(`${worker.url}/after`)).text());
});

test("request.ip, ips, host, protocol and socket with trustProxy, behind a proxy that the worker trusts and one that it does not", async (t) => {
  const setUp = (app: FastifyInstance) =>
    void app.get("/", async (q) => [q.ip, q.protocol, q.hostname, q.socket.remoteAddress]);
  const fields = { "x-forwarded-for": "203.0.113.7", "x-forwarded-proto": "https", "x-forwarded-host": "example.org" };
  const { worker } = await serve(t, setUp, { options: { trustProxy: true } });
  assert.deepEqual(await (await fetch(worker.url, { headers: fields })).json(), [
    ...["203.0.113.7", "https", "example.org", "203.0.113.7"],
  ]);
  const strict = await serve(t, setUp, { settings: { forwardedAllow: [] } });
  const [ip, protocol, , peer] = (await (await fetch(strict.worker.url, { headers: fields })).json()) as string[];
  assert.deepEqual([ip, protocol, peer], ["127.0.0.1", "http", "127.0.0.1"]);
});

test("100 Continue goes out when the body is parsed, and early hints and trailers as they are sent", async (t) => {
  const { worker } = await serve(t, (app) => {
    app.post("/", async (request) => request.body);
    app.get("/", async (_q, reply) => {
      reply.raw.writeEarlyHints({ link: "</a.css>; rel=preload" });
      reply.trailer("x-sum", async () => "3");
      return "abc";
    });
  });
  const client = await RawClient.connect(worker.port);
  t.after(() => client.close());
  client.send(
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n",
  );
  assert.equal((await client.response()).status, 100);
  client.send("{}");
  assert.equal((await client.response()).body, "{}");
  client.send(get("/", "TE: trailers\r\nConnection: TE\r\n"));
  assert.equal((await client.response()).status, 103);
  const answer = await client.response();
  assert.deepEqual([answer.body, answer.trailers], ["abc", ["x-sum: 3"]]);
});

test("inject goes by the application alone, while the worker serves it too", async (t) => {
  const { worker, app } = await serve(t, (app) => void app.get("/", async (q) => q.socket?.remoteAddress ?? "none"));
  assert.equal((await app.inject("/")).payload, "127.0.0.1");
  assert.equal(await (await fetch(worker.url)).text(), "127.0.0.1");
  assert.equal(app.server.listening, true);
  assert.equal((app.server.address() as { port: number }).port, worker.port);
});

test("close() runs the hooks of the application when the worker has stopped", async () => {
  const heard: string[] = [];
  const app = fastify();
  app.addHook("preClose", async () => void heard.push("preClose"));
  app.addHook("onClose", async () => void heard.push("onClose"));
  app.get("/", async () => "x");
  await app.ready();
  const ends: (() => void)[] = [];
  const worker = serveNode({ after: (end: () => void) => void ends.push(end) } as unknown as TestContext, app.server);
  assert.equal(await (await fetch(worker.url, { headers: { connection: "close" } })).text(), "x");
  const closing = app.close();
  for (const end of ends) end();
  await closing;
  assert.deepEqual(heard, ["preClose", "onClose"]);
});
