import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { RequestError } from "../../src/gateway/exchange.ts";
import { runOf } from "../../src/interfaces/node-run.ts";
import { ask, get, RawClient } from "../support/client.ts";
import { drive } from "../support/node-exchange.ts";
import { serveNode } from "../support/node-worker.ts";
import { nothing } from "../support/worker.ts";

test("a websocket that nobody listens for is answered as any request, and the log says why, once", async (t) => {
  const worker = serveNode(t, (_request, response) => void response.end("plain"));
  const wanted =
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
  for (let i = 0; i < 2; i += 1) assert.equal((await ask(worker.port, get("/", wanted))).body, "plain");
  const said = worker.log.filter(({ level }) => level === "warn").map(({ message }) => message);
  assert.equal(said.length, 1);
  assert.match(said[0]!, /nobody listens to 'upgrade' of the server that is served/);
});

const fails = (): never => {
  throw new Error("broken");
};

for (const [how, listener] of [
  ["a listener that throws", () => fails()],
  ["an async listener", async () => fails()],
  [
    "an async listener that has said its head and nothing else",
    async (_q: unknown, s: { statusCode: number }) => {
      s.statusCode = 201;
      await sleep(1);
      fails();
    },
  ],
] as const) {
  test(`${how} fails before anything was sent: 500 with the request id, a report, and the connection goes on`, async (t) => {
    const worker = serveNode(t, listener as never);
    const client = await RawClient.connect(worker.port);
    t.after(() => client.close());
    for (const id of ["id-1", "id-2"]) {
      client.send(get("/x"));
      const answer = await client.response();
      assert.deepEqual([answer.status, answer.fields["x-request-id"]], [500, id]);
    }
    const { requestId, target, answer, error } = worker.troubles[0]!;
    assert.deepEqual([requestId, target, answer, (error as Error).message], ["id-1", "/x", 500, "broken"]);
  });
}

test("an async listener of a server that the application made is watched too", async (t) => {
  const worker = serveNode(
    t,
    createServer(async () => fails()),
  );
  assert.equal((await fetch(worker.url)).status, 500);
  assert.equal(worker.troubles.length, 1);
});

test("a failure after the head is a cut, and one after the end only a report", async (t) => {
  const worker = serveNode(t, async (q, s) => {
    s.write("begun");
    await sleep(5);
    if (q.url === "/end") s.end();
    fails();
  });
  const cut = await RawClient.connect(worker.port);
  t.after(() => cut.close());
  cut.send(get("/"));
  assert.doesNotMatch(await cut.rest(), /0\r\n\r\n$/);
  assert.equal(await (await fetch(`${worker.url}/end`)).text(), "begun");
  assert.deepEqual(
    worker.troubles.map(({ answer }) => answer),
    ["cut", "none"],
  );
});

test("a listener that never answers is bounded by --request-timeout: 504, and res and req are closed", async (t) => {
  const heard: string[] = [];
  const worker = serveNode(
    t,
    (q, s) => {
      q.on("close", () => heard.push(`req ${q.aborted}`));
      s.on("close", () => heard.push(`res ${s.destroyed}`));
    },
    { requestTimeout: 0.3 },
  );
  assert.equal((await fetch(worker.url)).status, 504);
  await new Promise(setImmediate);
  assert.deepEqual(heard.sort(), ["req true", "res true"]);
});

test("a client's broken body is its own fault: `aborted`, a status of ours where the application lets it go, and no report", async (t) => {
  const heard: string[] = [];
  const worker = serveNode(t, (q) => {
    q.on("aborted", () => heard.push("aborted"));
    q.on("error", (error) => heard.push((error as NodeJS.ErrnoException).code!));
    q.resume();
  });
  const broken = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n";
  assert.equal((await ask(worker.port, broken)).status, 400);
  assert.deepEqual(heard, ["aborted", "ECONNRESET"]);
  assert.deepEqual(worker.troubles, []);
});

test("an application may answer a broken body itself", async (t) => {
  const worker = serveNode(t, (q, s) => {
    q.on("error", () => s.writeHead(422).end("mine"));
    q.resume();
  });
  const broken = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n";
  const answer = await ask(worker.port, broken);
  assert.deepEqual([answer.status, answer.body], [422, "mine"]);
});

test("an upload that breaks while it is piped back cuts the response, since nothing else would end it", async (t) => {
  const worker = serveNode(t, (q, s) => void q.pipe(s));
  const client = await RawClient.connect(worker.port);
  t.after(() => client.close());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  await client.until((text) => text.includes("abc"));
  client.send("ZZ\r\n");
  assert.doesNotMatch(await client.rest(), /0\r\n\r\n$/);
  assert.deepEqual(worker.troubles, []);
});

test("an event stream is ended by a drain though it began before it or after, and any other response goes on", async (t) => {
  let goOn: (() => void) | undefined;
  const worker = serveNode(t, (q, s) => {
    if (q.url === "/events") {
      s.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8" }).write("data: 1\n\n");
    } else {
      goOn = () => s.end("whole");
      s.write("a ");
    }
  });
  const events = await RawClient.connect(worker.port);
  const other = await RawClient.connect(worker.port);
  events.send(get("/events"));
  other.send(get("/other"));
  await events.until((text) => text.includes("data: 1"));
  await other.until((text) => text.includes("a "));
  worker.worker.drain(nothing, nothing, "the test drains it");
  assert.match(await events.rest(), /0\r\n\r\n$/);
  goOn!();
  assert.equal((await other.response()).body, "a whole");
});

test("what no listener can serve is refused before one is asked: CONNECT, and a proxy's words that contradict each other", async (t) => {
  const worker = serveNode(t, () => assert.fail("was asked"));
  assert.equal((await ask(worker.port, "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n")).status, 501);
  const lies = "X-Forwarded-Proto: gopher\r\n";
  assert.equal((await ask(worker.port, get("/", lies))).status, 400);
});

test("the access log has the client that a trusted proxy names", async (t) => {
  const worker = serveNode(t, (_q, s) => s.end(), { accessLog: "-", accessLogFormat: "%(h)s %(s)s" });
  await fetch(worker.url, { headers: { "x-forwarded-for": "203.0.113.7" } });
  while (worker.accessLines.length === 0) await new Promise(setImmediate);
  assert.deepEqual(worker.accessLines, ["203.0.113.7 200"]);
});

test("a request of the server's own has no connection: it has a socket all the same, and dropping it ends it", () => {
  const whole = drive((q, s) => s.end(q.socket.remoteAddress));
  assert.equal((whole.pump()[0] as { body: string }).body, "192.0.2.7");
  const dropped = drive((q) => void q.socket.destroy());
  assert.equal((dropped.pump()[0] as { status: number }).status, 499);
});

test("expire answers its status before the head and a cut behind it; abort is heard once", () => {
  const before = drive(() => {});
  before.pump();
  assert.equal((before.exchange.expire(new RequestError(504, "late")) as { status: number }).status, 504);
  const behind = drive((_q, s) => void s.flushHeaders());
  behind.pump();
  assert.equal(behind.exchange.expire(new RequestError(504, "late")).type, "cut");
  let closes = 0;
  const aborted = drive((_q, s) => void s.on("close", () => (closes += 1)));
  aborted.pump();
  aborted.exchange.abort(new RequestError(499, "left"));
  aborted.exchange.abort(new RequestError(499, "left"));
  assert.equal(closes, 1);
});

test("runOf knows requests of this interface and nothing else", () => {
  let run: unknown;
  drive((q, s) => {
    run = runOf(q);
    s.end();
  }).pump();
  assert.notEqual(run, undefined);
  assert.deepEqual([runOf({}), runOf(undefined), runOf(null)], [undefined, undefined, undefined]);
});

test("checkContinue takes the place of request where somebody listens, and 100 is never sent twice", async (t) => {
  const server = createServer(() => assert.fail("request was emitted"));
  server.on("checkContinue", (q, s) => {
    s.writeContinue();
    q.resume().on("end", () => s.end("checked"));
  });
  const worker = serveNode(t, server);
  const client = await RawClient.connect(worker.port);
  t.after(() => client.close());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  assert.equal((await client.response()).status, 100);
  client.send("ok");
  const answer = await client.response();
  assert.deepEqual([answer.status, answer.body], [200, "checked"]);
});
