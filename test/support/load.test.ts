// The load itself, against a server that has each fault once: every fault is counted as what it is and as nothing else.

import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { type TestContext, test } from "node:test";
import { MIXTURES } from "./load/asks.ts";
import { ForkedLoad } from "./load/forked.ts";
import type { FailureKind } from "./load/record.ts";
import { Load, type LoadOptions } from "./load.ts";

const PID = 4711;

/** What a right server says to a plain request. */
function right(number: number, body: string, extra = ""): string {
  const text = `pid=${PID} version=one /${number} body=${body}`;
  return `HTTP/1.1 200 OK\r\nX-Pid: ${PID}\r\nX-Version: one\r\n${extra}Content-Length: ${text.length}\r\n\r\n${text}`;
}

type Act = (socket: net.Socket, number: number, body: string) => void;
const answer: Act = (socket, number, body) => socket.write(right(number, body));

/** A server that answers plain requests as it should, but for `act` on the request with the number `on`. */
async function faulty(t: TestContext, act: Act, on = 20): Promise<number> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    let received = "";
    socket.on("error", () => {});
    socket.setEncoding("latin1").on("data", (text) => {
      received += text;
      for (;;) {
        const end = received.indexOf("\r\n\r\n") + 4;
        const length = Number(/^content-length: (\d+)/im.exec(received.slice(0, end))?.[1] ?? 0);
        if (end < 4 || received.length < end + length) return;
        const number = Number(/^\w+ \/(\d+)/.exec(received)![1]);
        (number === on ? act : answer)(socket, number, received.slice(end, end + length));
        received = received.slice(end + length);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as net.AddressInfo).port;
}

const QUICKLY: Omit<LoadOptions, "where" | "mixture"> = { perSecond: 2_000, keepAlive: 4, closing: 4, hangMs: 300 };

const FAULTS: readonly (readonly [kind: FailureKind, why: RegExp, act: Act])[] = [
  ["status", /^answered HTTP\/1\.1 503/, (socket) => socket.write("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n")],
  ["reset", /^ECONNRESET$/, (socket) => socket.resetAndDestroy()],
  ["unanswered", /^ended$/, (socket) => socket.end()],
  [
    "truncated",
    /^ended after \d+ bytes: "HTTP/,
    (socket, number, body) => socket.end(right(number, body).slice(0, -1)),
  ],
  ["truncated", /^ended after 12 bytes/, (socket) => socket.end("HTTP/1.1 200")],
  ["mixed-up", /^the answer to request 19$/, (socket) => socket.write(right(19, ""))],
  ["mixed-up", /^answered "pid=/, (socket, _number, body) => socket.write(right(Number.NaN, body))],
  ["mixed-up", /^1 bytes "x" for 0$/, (socket, number) => socket.write(right(number, "x"))],
  ["hang", /^nothing more in 300 ms$/, () => {}],
];

test("each fault of a server is counted once, as what it is, with the request, the worker and the connection", async (t) => {
  for (const [kind, why, act] of FAULTS) {
    await t.test(`${kind}: ${why}`, async (t) => {
      const load = await Load.start(t, { ...QUICKLY, where: await faulty(t, act) });
      await load.until(() => load.failures.length > 0);
      const { failures, answered, pids } = await load.stop();
      assert.deepEqual(
        failures.map((one) => [one.kind, one.request]),
        [[kind, "GET /20"]],
      );
      const [failure] = failures;
      assert.match(failure!.why, why);
      assert.ok(failure!.port > 0 && failure!.lostAt >= failure!.sentAt);
      // Named by this answer, or by those before it.
      if (!failure!.first) assert.equal(failure!.pid, PID);
      assert.deepEqual([...pids], [[PID, answered]]);
    });
  }
});

test("what a server sends unasked is counted with the next request of the connection", async (t) => {
  const where = await faulty(t, (socket, number, body) => socket.write(`${right(number, body)}surplus`));
  const load = await Load.start(t, { ...QUICKLY, closing: 0, where });
  await load.until(() => load.failures.length > 0);
  const { failures } = await load.stop();
  assert.deepEqual([failures[0]!.kind, failures[0]!.first], ["mixed-up", false]);
  assert.match(failures[0]!.why, /^bytes between two answers: "surplus"$/);
});

test("a port without a server refuses, and that is counted", async (t) => {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  server.close();
  const load = await Load.start(t, { ...QUICKLY, where: port });
  const { failures, answered } = await load.stop();
  assert.equal(answered, 0);
  assert.deepEqual(
    new Set(failures.map(({ kind, why, port, pid }) => [kind, why, port, pid].join())),
    new Set(["refused,ECONNREFUSED on connecting,0,"]),
  );
});

test("a connection that ends after `Connection: close`, or while its client is idle, is no failure", async (t) => {
  for (const act of [
    (socket, number, body) => socket.end(right(number, body, "Connection: close\r\n")),
    (socket, number, body) => {
      socket.write(right(number, body));
      // The client waits ten times as long before it asks again.
      setTimeout(() => socket.end(), 10);
    },
  ] satisfies readonly Act[]) {
    const load = await Load.start(t, {
      ...QUICKLY,
      perSecond: 20,
      closing: 0,
      keepAlive: 2,
      where: await faulty(t, act),
    });
    const { failures, reopened } = await load.stop();
    assert.deepEqual(failures, []);
    assert.ok(reopened <= 1);
  }
});

test("a pipeline is answered in order, and what was sent behind a last answer is nobody's failure", async (t) => {
  const where = await faulty(t, (socket, number, body) => socket.end(right(number, body, "Connection: close\r\n")));
  const load = await Load.start(t, { ...QUICKLY, closing: 0, pipeline: 8, where });
  await load.more(500);
  assert.deepEqual((await load.stop()).failures, []);
});

test("the timeline has every answer, and a bounded rate is kept", async (t) => {
  const where = await faulty(t, answer);
  const load = await Load.start(t, { ...QUICKLY, perSecond: 500, timeline: true, where });
  await load.more(500);
  const { answers, answered } = await load.stop();
  assert.equal(answers.length, answered);
  const took = answers.at(-1)!.sentAt - answers[0]!.sentAt;
  assert.ok(took > 500, `${answered} requests in ${took} ms`);
  assert.deepEqual(new Set(answers.map(({ pid, version }) => `${pid} ${version}`)), new Set([`${PID} one`]));
  const [one] = answers;
  assert.match(one!.request, /^(GET|POST) \/\d+$/);
  assert.ok(answers.some(({ kept, first }) => kept && !first) && answers.some(({ kept, first }) => !kept && first));
});

test("a load in a process of its own tells the same, and is gone when it is stopped", async (t) => {
  const where = await faulty(t, (socket) => socket.end());
  const load = await ForkedLoad.start(t, { ...QUICKLY, where, timeline: true });
  await load.until(() => load.failures.length > 0);
  const { failures, answers, answered, pids, versions } = await load.stop();
  assert.deepEqual(
    failures.map(({ kind, request }) => [kind, request]),
    [["unanswered", "GET /20"]],
  );
  assert.equal(answers.length, answered);
  assert.deepEqual([[...pids], [...versions]], [[[PID, answered]], [["one", answered]]]);
  assert.deepEqual(await load.stop(), load.result);
});

test("the mixture has bodies, slow answers, streams and slow bodies, each named in its answer", () => {
  const asks = Array.from({ length: 20 }, (_none, index) => MIXTURES.usual(index + 1, Math.random));
  const kinds = asks.map(
    ({ name, slowlyMs }) => `${name.replace(/\d+/, "N")}${slowlyMs === undefined ? "" : " slowly"}`,
  );
  assert.deepEqual(
    new Set(kinds),
    new Set(["POST /N", "GET /N", "GET /N?wait=100", "GET /N?pieces=5&wait=20", "POST /N slowly"]),
  );
  const stream = asks[5]!;
  const text = "pid=1 version=one /6?pieces=5&wait=20 body=\n6:1\n6:2\n6:3\n6:4\n6:5";
  const response = { status: 200, head: "", fields: {}, trailers: [] };
  assert.equal(stream.judge({ ...response, body: text }), undefined);
  assert.match(stream.judge({ ...response, body: text.replace("6:3", "7:3") })!, /^20 bytes .* for 20$/);
});
