import assert from "node:assert/strict";
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { after, test } from "node:test";
import express, { type ErrorHandler } from "express";
import { requestInfo } from "../../src/interfaces/node-api.ts";
import { ask, get, RawClient } from "../support/client.ts";
import { serveNode } from "../support/node-worker.ts";

const FOLDER = mkdtempSync(join(tmpdir(), "tsgi-express-"));
const FILE = join(FOLDER, "file.txt");
writeFileSync(FILE, "0123456789");
after(() => rmSync(FOLDER, { recursive: true }));

const json = (body: unknown): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

const bytes = (body: string | Buffer): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/octet-stream" },
  body: body as string,
});

test("res.send, res.json, res.status, res.redirect, res.location, res.cookie, res.type and res.sendStatus", async (t) => {
  const app = express().set("env", "test");
  app.get("/send", (_q, s) => s.send("text"));
  app.get("/json", (_q, s) => s.status(201).json({ a: 1 }));
  app.get("/away", (_q, s) => s.redirect("/send"));
  app.get("/cookie", (_q, s) => s.cookie("a", "1").cookie("b", "2").type("txt").sendStatus(202));
  const { url } = serveNode(t, app);
  const sent = await fetch(`${url}/send`);
  assert.deepEqual([await sent.text(), sent.headers.get("content-length")], ["text", "4"]);
  assert.equal(sent.headers.get("x-powered-by"), "Express");
  const made = await fetch(`${url}/json`);
  assert.deepEqual([made.status, await made.json()], [201, { a: 1 }]);
  const away = await fetch(`${url}/away`, { redirect: "manual" });
  assert.deepEqual([away.status, away.headers.get("location")], [302, "/send"]);
  const cookies = await fetch(`${url}/cookie`);
  assert.deepEqual([cookies.status, cookies.headers.getSetCookie()], [202, ["a=1; Path=/", "b=2; Path=/"]]);
});

test("a conditional request is answered with 304, and HEAD without a body", async (t) => {
  const app = express().set("env", "test");
  app.get("/", (_q, s) => s.send("text"));
  const { url, port } = serveNode(t, app);
  const first = await fetch(url);
  // fetch() adds Cache-Control: no-cache to such a request.
  const again = await ask(port, get("/", `If-None-Match: ${first.headers.get("etag")}\r\n`));
  assert.deepEqual([again.status, again.body], [304, ""]);
  const head = await fetch(url, { method: "HEAD" });
  assert.deepEqual([head.status, head.headers.get("content-length"), await head.text()], [200, "4", ""]);
});

test("res.sendFile: whole, a range, a range that cannot be, and not modified; res.download names the file", async (t) => {
  const app = express().set("env", "test");
  app.get("/file", (_q, s) => s.sendFile(FILE));
  app.get("/download", (_q, s) => s.download(FILE, "other.txt"));
  app.use("/static", express.static(FOLDER));
  const { url, port } = serveNode(t, app);
  const whole = await fetch(`${url}/file`);
  assert.deepEqual([await whole.text(), whole.headers.get("accept-ranges")], ["0123456789", "bytes"]);
  const part = await fetch(`${url}/file`, { headers: { range: "bytes=2-4" } });
  assert.deepEqual([part.status, await part.text(), part.headers.get("content-range")], [206, "234", "bytes 2-4/10"]);
  const none = await fetch(`${url}/file`, { headers: { range: "bytes=20-" } });
  assert.deepEqual([none.status, none.headers.get("content-range")], [416, "bytes */10"]);
  const since = await ask(port, get("/file", `If-Modified-Since: ${whole.headers.get("last-modified")}\r\n`));
  assert.equal(since.status, 304);
  const named = await fetch(`${url}/download`);
  assert.equal(named.headers.get("content-disposition"), "attachment; filename=other.txt");
  assert.equal(await named.text(), "0123456789");
  assert.equal(await (await fetch(`${url}/static/file.txt`)).text(), "0123456789");
  assert.equal((await fetch(`${url}/static/none.txt`)).status, 404);
});

test("express.json, urlencoded and raw read bodies; a large one is 413, a broken one 400, and the connection goes on or closes", async (t) => {
  const app = express().set("env", "test");
  app.post("/json", express.json({ limit: 100 }), (q, s) => s.json(q.body));
  app.post("/form", express.urlencoded({ extended: true }), (q, s) => s.json(q.body));
  app.post("/raw", express.raw({ type: "*/*", limit: "2mb" }), (q, s) => s.send(String(q.body.length)));
  const { url } = serveNode(t, app);
  assert.deepEqual(await (await fetch(`${url}/json`, json({ a: [1] }))).json(), { a: [1] });
  assert.equal((await fetch(`${url}/json`, json("x".repeat(200)))).status, 413);
  assert.equal((await fetch(`${url}/json`, { ...json(0), body: "{" })).status, 400);
  const form = await fetch(`${url}/form`, { method: "POST", body: new URLSearchParams("a[b]=1&c=2") });
  assert.deepEqual(await form.json(), { a: { b: "1" }, c: "2" });
  const raw = await fetch(`${url}/raw`, bytes(Buffer.alloc(1_500_000)));
  assert.equal(await raw.text(), "1500000");
});

test("the worker's own limit of a body is a 413 that the application may answer itself", async (t) => {
  const app = express().set("env", "test");
  app.post("/", express.raw({ type: "*/*" }), (q, s) => s.send(String(q.body.length)));
  const { url } = serveNode(t, app, { limitBody: 10 });
  assert.equal((await fetch(url, bytes("0123456789"))).status, 200);
  assert.equal((await fetch(url, bytes("0123456789+"))).status, 413);
});

test("streams: pipe and pipeline into res, a slow reader, and an upload piped back", async (t) => {
  const app = express().set("env", "test");
  app.get("/pipe", (_q, s) => void createReadStream(FILE).pipe(s));
  app.get("/large", async (_q, s) => {
    await pipeline(
      Readable.from(
        (function* () {
          for (let i = 0; i < 50; i += 1) yield Buffer.alloc(60_000, 65 + (i % 26));
        })(),
      ),
      s,
    );
  });
  app.post("/echo", (q, s) => void q.pipe(s));
  const { url } = serveNode(t, app);
  assert.equal(await (await fetch(`${url}/pipe`)).text(), "0123456789");
  assert.equal((await (await fetch(`${url}/large`)).arrayBuffer()).byteLength, 3_000_000);
  const body = Buffer.alloc(2_000_000, "z");
  const echo = await fetch(`${url}/echo`, { method: "POST", body });
  assert.deepEqual(Buffer.from(await echo.arrayBuffer()), body);
});

test("a client that leaves is heard by req, res, a pipeline and requestInfo's signal, and nothing is reported", async (t) => {
  const app = express().set("env", "test");
  const heard: string[] = [];
  const all = new Promise<void>((resolve) => {
    const note = (what: string) => heard.push(what) === 4 && resolve();
    app.get("/", async (q, s) => {
      q.on("close", () => note("req"));
      s.on("close", () => note(`res ${s.writableFinished}`));
      requestInfo(q).signal.addEventListener("abort", () => note("signal"));
      const endless = new Readable({ read: () => setTimeout(() => endless.push("begun"), 1) });
      await pipeline(endless, s).catch((error) => note(error.code));
    });
  });
  const worker = serveNode(t, app);
  const client = await RawClient.connect(worker.port);
  client.send(get("/"));
  await client.until((received) => received.includes("begun"));
  client.close();
  await all;
  assert.deepEqual(heard.sort(), ["ERR_STREAM_PREMATURE_CLOSE", "req", "res false", "signal"]);
  assert.deepEqual(worker.troubles, []);
});

test("req.ip, req.ips, req.protocol, req.hostname and req.secure behind a trusted proxy, and beside an untrusted client", async (t) => {
  const app = express().set("trust proxy", true);
  app.get("/", (q, s) => s.json([q.ip, q.protocol, q.secure, q.hostname, q.socket.remoteAddress]));
  const trusting = serveNode(t, app, { forwardedAllow: ["127.0.0.1"] });
  const fields = { "x-forwarded-for": "203.0.113.7", "x-forwarded-proto": "https", "x-forwarded-host": "example.org" };
  assert.deepEqual(await (await fetch(trusting.url, { headers: fields })).json(), [
    ...["203.0.113.7", "https", true, "example.org", "203.0.113.7"],
  ]);
  // The same connection, the next client.
  const next = { ...fields, "x-forwarded-for": "203.0.113.8" };
  assert.equal(((await (await fetch(trusting.url, { headers: next })).json()) as string[])[4], "203.0.113.8");
  assert.equal(((await (await fetch(trusting.url)).json()) as string[])[4], "127.0.0.1");
  const plain = express();
  plain.get("/", (q, s) => s.json([q.ip, q.protocol, q.secure]));
  const strict = serveNode(t, plain, { forwardedAllow: [] });
  assert.deepEqual(await (await fetch(strict.url, { headers: fields })).json(), ["127.0.0.1", "http", false]);
});

test("error handlers answer before the head; after it the connection is cut, as Express asks for", async (t) => {
  const app = express().set("env", "test");
  app.get("/throws", () => {
    throw new Error("thrown");
  });
  app.get("/rejects", async () => {
    await null;
    throw Object.assign(new Error("late"), { status: 409 });
  });
  app.get("/after", (_q, s, next) => {
    s.write("begun");
    setImmediate(() => next(new Error("after the head")));
  });
  app.use<ErrorHandler>((error, _q, s, next) => {
    if (s.headersSent) next(error);
    else s.status(error.status ?? 500).send(`handled ${error.message}`);
  });
  const worker = serveNode(t, app);
  for (const [path, status, text] of [
    ["throws", 500, "handled thrown"],
    ["rejects", 409, "handled late"],
  ] as const) {
    const answer = await fetch(`${worker.url}/${path}`);
    assert.deepEqual([answer.status, await answer.text()], [status, text]);
  }
  await assert.rejects(async () => (await fetch(`${worker.url}/after`)).text());
  assert.equal((await fetch(`${worker.url}/nowhere`)).status, 404);
});

test("server-sent events are ended by a drain, and the application hears that its client is gone", async (t) => {
  const app = express().set("env", "test");
  const closed = new Promise<void>((resolve) => {
    app.get("/", (q, s) => {
      s.setHeader("Content-Type", "text/event-stream");
      s.write("data: 1\n\n");
      q.on("close", resolve);
    });
  });
  const worker = serveNode(t, app);
  const client = await RawClient.connect(worker.port);
  t.after(() => client.close());
  client.send(get("/"));
  await client.until((received) => received.includes("data: 1"));
  worker.worker.drain(
    () => {},
    () => {},
    "the test drains it",
  );
  assert.match(await client.rest(), /\r\n0\r\n\r\n$/);
  await closed;
});

test("an upload that is cut, too slow or broken is an error of the body reader, and the worker goes on", async (t) => {
  const app = express().set("env", "test");
  const failed: string[] = [];
  app.post("/", express.raw({ type: "*/*" }), (_q, s) => s.send("read"));
  app.use<ErrorHandler>((error, _q, s, _next) => {
    failed.push(error.type!);
    s.status(400).send("bad upload");
  });
  const worker = serveNode(t, app);
  const cut = await RawClient.connect(worker.port);
  cut.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: a/b\r\nContent-Length: 10\r\n\r\nabc");
  await new Promise((resolve) => setTimeout(resolve, 20));
  cut.close();
  const broken = await RawClient.connect(worker.port);
  t.after(() => broken.close());
  broken.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: a/b\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n");
  assert.equal((await broken.response()).status, 400);
  while (failed.length < 2) await new Promise(setImmediate);
  assert.deepEqual(failed, ["request.aborted", "request.aborted"]);
  assert.equal((await fetch(worker.url, { method: "POST", body: "x" })).status, 200);
  assert.deepEqual(worker.troubles, []);
});

test("trailers and early hints pass through Express", async (t) => {
  const app = express().set("env", "test");
  app.get("/", (_q, s) => {
    s.writeEarlyHints({ link: "</a.css>; rel=preload; as=style" });
    s.set("Trailer", "X-Sum");
    s.write("abc");
    s.addTrailers({ "X-Sum": "3" });
    s.end();
  });
  const { port } = serveNode(t, app);
  const client = await RawClient.connect(port);
  t.after(() => client.close());
  client.send(get("/", "TE: trailers\r\nConnection: TE\r\n"));
  const hints = await client.response();
  assert.deepEqual([hints.status, hints.fields["link"]], [103, "</a.css>; rel=preload; as=style"]);
  const answer = await client.response();
  assert.deepEqual([answer.body, answer.trailers], ["abc", ["X-Sum: 3"]]);
});

test("res.on('finish') and the connection's own events come once, so that loggers count right", async (t) => {
  const app = express().set("env", "test");
  const lines: string[] = [];
  app.use((q, s, next) => {
    s.on("finish", () => lines.push(`${q.method} ${q.originalUrl} ${s.statusCode} ${s.getHeader("content-length")}`));
    next();
  });
  app.get("/a", (_q, s) => s.send("abc"));
  const { url } = serveNode(t, app);
  await (await fetch(`${url}/a?b=1`)).text();
  await (await fetch(`${url}/c`)).text();
  assert.deepEqual([lines[0], lines.length], ["GET /a?b=1 200 3", 2]);
});
