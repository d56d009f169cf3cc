// Limits and deadlines of a request, as options of the command line.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, get, RawClient } from "../support/client.ts";
import { Server } from "../support/server.ts";

test("each limit has its status, and what just fits is answered", async (t) => {
  const limits = [
    "--limit-request-line",
    "64",
    "--limit-fields",
    "3",
    "--limit-field-size",
    "70",
    "--limit-body",
    "10",
  ];
  const server = await Server.start(t, ["site:application", ...limits]);
  const post = (body: string) => `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const chunked = (size: number) =>
    `POST /hold HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${size.toString(16)}\r\n${"b".repeat(size)}\r\n0\r\n\r\n`;
  // "GET /... HTTP/1.1" is 13 bytes longer than what stands for the dots; "X: ..." is 3.
  const cases: readonly (readonly [string, number])[] = [
    [get(`/${"a".repeat(50)}`), 200],
    [get(`/${"a".repeat(60)}`), 414],
    [get("/", "A: 1\r\nB: 2\r\n"), 200],
    [get("/", "A: 1\r\nB: 2\r\nC: 3\r\n"), 431],
    [get("/", `X: ${"x".repeat(60)}\r\n`), 200],
    [get("/", `X: ${"x".repeat(80)}\r\n`), 431],
    [post("b".repeat(10)), 200],
    [post("b".repeat(11)), 413],
    [chunked(10), 200],
    [chunked(11), 413],
  ];
  for (const [request, status] of cases) {
    const answer = await ask(server.port, request);
    assert.equal(answer.status, status, request.slice(0, 120));
    if (status !== 200) assert.equal(answer.fields["connection"], "close");
  }
});

test("--head-timeout ends a head that does not come to its end with 408", async (t) => {
  const server = await Server.start(t, ["site:application", "--head-timeout", "0.5"]);
  const slow = await RawClient.connect(server.port);
  slow.send("GET / HTTP/1.1\r\nHost: x\r\n");
  const other = await ask(server.port, get("/"));
  assert.equal(other.status, 200);
  const { status, fields } = await slow.response();
  assert.deepEqual([status, fields["connection"]], [408, "close"]);
  slow.close();
});

test("--body-timeout ends a body that stops coming with 408, and the worker goes on", async (t) => {
  const server = await Server.start(t, ["site:application", "--body-timeout", "0.5"]);
  const workers = server.workers();
  const slow = await RawClient.connect(server.port);
  slow.send("POST /hold HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf");
  const { status, fields } = await slow.response();
  assert.deepEqual([status, fields["connection"]], [408, "close"]);
  slow.close();
  assert.equal((await ask(server.port, get("/"))).body, String(workers[0]));
});

test("--keep-alive closes a connection that stays idle, without a word", async (t) => {
  const server = await Server.start(t, ["site:application", "--keep-alive", "0.5"]);
  const client = await RawClient.connect(server.port);
  for (const path of ["/one", "/two"]) {
    client.send(get(path));
    const { status, fields } = await client.response();
    assert.deepEqual([status, fields["connection"]], [200, undefined]);
  }
  assert.equal(await client.rest(), "");
  client.close();
});

test("a request that is refused costs its own connection only, and is in the log", async (t) => {
  const server = await Server.start(t, ["site:application"]);
  const good = await RawClient.connect(server.port);
  good.send(get("/"));
  await good.response();
  const bad = await RawClient.connect(server.port);
  bad.send("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n");
  assert.equal((await bad.response()).status, 400);
  bad.close();
  const record = await server.says(/^refused a request from 127\.0\.0\.1/);
  assert.deepEqual([record.level, record["status"]], ["info", 400]);
  good.send(get("/"));
  assert.equal((await good.response()).status, 200);
});
