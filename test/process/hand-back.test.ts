// What becomes of connections when the code of their worker is old: none is lost, and what had not begun is answered by new code.

import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readlinkSync } from "node:fs";
import { test } from "node:test";
import { get, RawClient } from "../support/client.ts";
import { holdRequest } from "../support/hold.ts";
import { Successors } from "../support/successors.ts";
import { frame, handshake } from "../support/websocket.ts";

/** Empty for a descriptor that is closed already. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

for (const kind of ["tcp", "unix"] as const) {
  test(`idle connections, and what asked and was not answered, are the successor's; what has begun is finished (${kind})`, async (t) => {
    const workers = await Successors.open(t, kind);
    const old = await workers.next();
    const connect = async (): Promise<RawClient> => {
      const client = await RawClient.connect(workers.where);
      t.after(() => client.close());
      return client;
    };
    const idle = await Promise.all(Array.from({ length: 200 }, connect));
    for (const client of idle) client.send(get("/first"));
    for (const client of idle) assert.equal((await client.response()).body, `${old.pid} /first `);
    const [half, events, websocket, leaver] = await Promise.all([connect(), connect(), connect(), connect()]);
    const held = await holdRequest(workers.where);
    leaver.send(get("/leaver"));
    await leaver.response();
    half.send("GET /half HTTP/1.1\r\nHo");
    // Its answer comes after the other's first bytes went in.
    idle[0]!.send(get("/again"));
    await idle[0]!.response();
    events.send(get("/events"));
    websocket.send(handshake({}));
    await events.until((received) => received.includes("hello"));
    await websocket.until((received) => received.includes("\r\n\r\n"));

    workers.agrees = false;
    const asking = await connect();
    asking.send(get("/asking"));
    workers.outdate(old);
    // On a connection that is on its way, and on one that the kernel has.
    for (const client of idle.slice(0, 50)) client.send(get("/at-once"));
    const early = await connect();
    early.send(get("/early"));
    const { body } = await events.response();
    assert.equal(body, "data: hello\n\ndata: bye\n\n");
    await websocket.until((received) => received.endsWith("\x88\x02\x03\xf4"));
    websocket.send(frame({ first: 0x88, payload: Buffer.from([0x03, 0xf4]) }));
    websocket.close();
    half.send("st: h\r\n\r\n");
    assert.equal((await half.response()).body, `${old.pid} /half `);
    await workers.untilReturned(200);
    leaver.close();
    for (const client of idle.slice(50, 100)) client.send(get("/while-held"));

    workers.agrees = true;
    const young = await workers.next();
    for (const client of idle.slice(100)) client.send(get("/later"));
    for (const [at, client] of idle.entries()) {
      const target = at < 50 ? "/at-once" : at < 100 ? "/while-held" : "/later";
      assert.equal((await client.response()).body, `${young.pid} ${target} `);
    }
    assert.equal((await asking.response()).body, `${young.pid} /asking `);
    assert.equal((await early.response()).body, `${young.pid} /early `);
    for (const client of [half, events]) {
      client.send(get("/after"));
      assert.equal((await client.response()).body, `${young.pid} /after `);
    }
    assert.equal((await held.finish()).body, `${old.pid} /hold to the end`);
    await old.gone;
    // A connection may change hands more than once.
    workers.outdate(young);
    idle[0]!.send(get("/third"));
    const third = await workers.next();
    assert.equal((await idle[0]!.response()).body, `${third.pid} /third `);
  });
}

test("a client that asks all the time notices nothing of five workers that follow one another", async (t) => {
  const workers = await Successors.open(t, "tcp");
  let current = await workers.next();
  let stop = false;
  const answers = [0, 0, 0];
  const clients = answers.map(async (_none, at) => {
    let client = await RawClient.connect(workers.where);
    while (!stop) {
      client.send(get("/"));
      const { status, fields } = await client.response();
      assert.equal(status, 200);
      answers[at]! += 1;
      // The last one has a new connection for each, and a connection has a limited number of requests.
      if (at < answers.length - 1 && fields["connection"] !== "close") continue;
      client.close();
      client = await RawClient.connect(workers.where);
    }
    client.close();
  });
  for (let round = 0; round < 4; round += 1) {
    const before = [...answers];
    while (answers.some((count, at) => count < before[at]! + 20)) await new Promise(setImmediate);
    const successor = await workers.boot();
    workers.outdate(current);
    await workers.serve(successor);
    await current.gone;
    current = successor;
  }
  stop = true;
  await Promise.all(clients);
  assert.ok(workers.returned >= 4);
});

test("what a worker had not taken when it died is the next one's", async (t) => {
  const workers = await Successors.open(t, "tcp");
  const old = await workers.next();
  const clients = await Promise.all(Array.from({ length: 30 }, () => RawClient.connect(workers.where)));
  t.after(() => {
    for (const client of clients) client.close();
  });
  for (const client of clients) client.send(get("/first"));
  for (const client of clients) await client.response();
  workers.outdate(old);
  await workers.untilReturned(30);
  // What it is sent from now on lies in its channel.
  workers.onReady = (child) => child.kill("SIGSTOP");
  const dying = await workers.next();
  dying.child.kill("SIGKILL");
  await dying.gone;
  workers.onReady = () => {};
  const young = await workers.next();
  for (const client of clients) client.send(get("/second"));
  for (const client of clients) assert.equal((await client.response()).body, `${young.pid} /second `);
});

const skip = { skip: spawnSync("prlimit", ["--version"]).status !== 0 && "there is no prlimit" };

test(
  "what got lost on its way to a worker that is out of descriptors is sent again, and no worker has one twice",
  skip,
  async (t) => {
    const workers = await Successors.open(t, "tcp");
    const old = await workers.next();
    const clients = await Promise.all(Array.from({ length: 6 }, () => RawClient.connect(workers.where)));
    t.after(() => {
      for (const client of clients) client.close();
    });
    for (const client of clients) client.send(get("/first"));
    for (const client of clients) await client.response();
    workers.outdate(old);
    await workers.untilReturned(6);
    // As many descriptors as it has, and two more.
    const limit = (child: ChildProcess, wanted: number): void => {
      execFileSync("prlimit", [`--pid=${child.pid}`, `--nofile=${wanted}:`]);
    };
    workers.onReady = (child) => limit(child, readdirSync(`/proc/${child.pid}/fd`).length + 2);
    const young = await workers.next();
    for (const client of clients) client.send(get("/second"));
    const answers = clients.map((client) => client.response());
    await Promise.race(answers);
    limit(young.child, 1_000);
    for (const { body } of await Promise.all(answers)) assert.equal(body, `${young.pid} /second `);
    assert.ok(workers.lost > 0, "the limit was too high to lose any");
    const names = readdirSync(`/proc/${young.pid}/fd`).map((fd) => linkOf(`/proc/${young.pid}/fd/${fd}`));
    const sockets = names.filter((name) => name.startsWith("socket:"));
    assert.equal(new Set(sockets).size, sockets.length, "it has a connection twice");
  },
);

test("round-robin: what the master accepts meanwhile waits in the kernel, and what was on its way to the old worker comes back", async (t) => {
  const workers = await Successors.open(t, "tcp", "round-robin");
  const old = await workers.next();
  const first = await RawClient.connect(workers.where);
  t.after(() => first.close());
  first.send(get("/first"));
  assert.equal((await first.response()).body, `${old.pid} /first `);
  const connecting = Array.from({ length: 30 }, async () => {
    const client = await RawClient.connect(workers.where);
    t.after(() => client.close());
    client.send(get("/new"));
    return client.response();
  });
  await workers.untilReturned(0);
  workers.outdate(old);
  first.send(get("/second"));
  const young = await workers.next();
  const bodies = (await Promise.all(connecting)).map(({ body }) => body);
  const expected = new Set([`${old.pid} /new `, `${young.pid} /new `]);
  assert.deepEqual(
    bodies.filter((body) => !expected.has(body)),
    [],
  );
  assert.equal((await first.response()).body, `${young.pid} /second `);
  await old.gone;
});
