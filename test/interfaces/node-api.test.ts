import assert from "node:assert/strict";
import { IncomingMessage, Server } from "node:http";
import { Socket } from "node:net";
import { test } from "node:test";
import { requestInfo, server } from "../../src/interfaces/node-api.ts";
import { get, RawClient } from "../support/client.ts";
import { serveNode } from "../support/node-worker.ts";
import { nothing } from "../support/worker.ts";

// The first of all: the server that is offered takes the first application.
test("server is an http.Server, the one that serves the first listener, and whoever attached before stands before it", async (t) => {
  assert.ok(server instanceof Server);
  const before = server.listeners("request");
  server.removeAllListeners("request");
  server.on("request", (q, s) => {
    if (q.url === "/mine") s.end("mine");
    else for (const listener of before) listener.call(server, q, s);
  });
  const { url } = serveNode(t, (_q, s) => s.end("application"));
  assert.equal(await (await fetch(`${url}/mine`)).text(), "mine");
  assert.equal(await (await fetch(url)).text(), "application");
  const next = serveNode(t, (_q, s) => s.end("another"));
  assert.equal(await (await fetch(next.url)).text(), "another");
});

test("requestInfo says the id of the logs and who is on the other end, whatever a proxy says of the client", async (t) => {
  const { url } = serveNode(t, (q, s) => {
    const { requestId, peerAddress } = requestInfo(q);
    s.end(`${requestId} ${peerAddress} ${q.socket.remoteAddress}`);
  });
  const answer = await fetch(url, { headers: { "x-forwarded-for": "203.0.113.7" } });
  assert.equal(await answer.text(), "id-1 127.0.0.1 203.0.113.7");
});

test("signal aborts with the client, draining with the worker, each also for whoever asks too late", async (t) => {
  let request: IncomingMessage | undefined;
  const worker = serveNode(t, (q, s) => {
    request = q;
    s.write("begun");
  });
  const client = await RawClient.connect(worker.port);
  client.send(get("/"));
  await client.until((text) => text.includes("begun"));
  const info = requestInfo(request!);
  assert.deepEqual([info.signal.aborted, info.draining.aborted], [false, false]);
  worker.worker.drain(nothing, nothing, "the test drains it");
  assert.deepEqual([info.signal.aborted, info.draining.aborted], [false, true]);
  const left = new Promise((resolve) => info.signal.addEventListener("abort", resolve));
  client.socket.resetAndDestroy();
  await left;
  assert.equal(requestInfo(request!).signal.aborted, true);
});

test("a request that came another way is refused", () => {
  assert.throws(() => requestInfo(new IncomingMessage(new Socket())), /requestInfo: not a request that tsgi serves/);
});
