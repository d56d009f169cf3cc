import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import type { Application } from "../../src/gateway/types.ts";
import { ask, get, RawClient } from "../support/client.ts";
import { deferred } from "../support/deferred.ts";
import { nothing, open } from "../support/worker.ts";

const hello: Application = (environ, startResponse) => {
  startResponse("200 OK", [["Content-Type", "text/plain"]]);
  return [`hello ${environ.PATH_INFO}`];
};

const echo: Application = async (environ, startResponse) => {
  const body = await environ["tsgi.input"].read();
  startResponse("200 OK", []);
  return [body];
};

test("a request is answered with Date, Server and a length, and the connection is kept", async (t) => {
  const [client] = await open(t, hello);
  for (const path of ["/one", "/two"]) {
    client.send(get(path));
    const response = await client.response();
    assert.deepEqual([response.status, response.body, response.fields["content-length"]], [200, `hello ${path}`, "10"]);
    assert.equal(response.fields["server"], "tsgi/test");
    assert.ok(Math.abs(Date.parse(response.fields["date"]!) - Date.now()) < 5_000);
    assert.equal("connection" in response.fields, false);
  }
});

test("a request that comes byte by byte is answered like a whole one", async (t) => {
  const [client] = await open(t, echo);
  for (const byte of "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc") {
    client.send(byte);
    await new Promise(setImmediate);
  }
  assert.equal((await client.response()).body, "abc");
});

test("pipelined requests are answered in order, whatever each of them takes", async (t) => {
  const slow = deferred();
  const [client] = await open(t, async (environ, startResponse) => {
    if (environ.PATH_INFO === "/slow") await slow.promise;
    startResponse("200 OK", []);
    return [environ.PATH_INFO];
  });
  client.send(get("/slow") + get("/b") + get("/c"));
  setImmediate(slow.resolve);
  assert.deepEqual(
    [(await client.response()).body, (await client.response()).body, (await client.response()).body],
    ["/slow", "/b", "/c"],
  );
});

test("more pipelined requests than one turn takes are all answered", async (t) => {
  const [client] = await open(t, hello);
  client.send(get("/x").repeat(500));
  for (let i = 0; i < 500; i += 1) assert.equal((await client.response()).body, "hello /x");
});

test("HTTP/1.0 is answered and closed, and kept when the client asks for it", async (t) => {
  const [client] = await open(t, hello);
  client.send("GET /k HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  assert.equal((await client.response()).fields["connection"], "keep-alive");
  client.send("GET /c HTTP/1.0\r\n\r\n");
  assert.equal((await client.response()).body, "hello /c");
  assert.equal(await client.rest(), "");
});

test("a streamed body is chunked for 1.1, and ends with the connection for 1.0", async (t) => {
  const stream: Application = async function* (_environ, startResponse) {
    startResponse("200 OK", []);
    yield "one ";
    yield "two";
  };
  const [client, server] = await open(t, stream);
  client.send(get("/"));
  const response = await client.response();
  assert.deepEqual([response.fields["transfer-encoding"], response.body], ["chunked", "one two"]);
  const old = await ask(server.port, "GET / HTTP/1.0\r\n\r\n");
  assert.deepEqual(
    [old.fields["transfer-encoding"], old.fields["connection"], old.body],
    [undefined, "close", "one two"],
  );
});

test("HEAD is answered without a body, and the next request on the connection is answered right", async (t) => {
  const [client] = await open(t, hello);
  client.send("HEAD /abc HTTP/1.1\r\nHost: h\r\n\r\n");
  assert.equal((await client.response({ bodyless: true })).fields["content-length"], "10");
  client.send(get("/next"));
  assert.equal((await client.response()).body, "hello /next");
});

for (const [name, request] of [
  ["with a length", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n0123456789"],
  ["chunked", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n"],
] as const) {
  test(`a body ${name} is read whole, and one that nobody reads is discarded before the next request`, async (t) => {
    const [client] = await open(t, (environ, startResponse) =>
      environ.REQUEST_METHOD === "POST" && environ.PATH_INFO === "/"
        ? echo(environ, startResponse)
        : hello(environ, startResponse),
    );
    client.send(request);
    assert.equal((await client.response()).body, "0123456789");
    client.send(request.replace("POST /", "POST /unread"));
    assert.equal((await client.response()).body, "hello /unread");
    client.send(get("/after"));
    assert.equal((await client.response()).body, "hello /after");
  });
}

test("an unread body larger than what is discarded ends the connection after the answer", async (t) => {
  const [client] = await open(t, hello);
  client.send("POST /big HTTP/1.1\r\nHost: h\r\nContent-Length: 10000000\r\n\r\nabc");
  const response = await client.response();
  assert.deepEqual([response.body, response.fields["connection"]], ["hello /big", "close"]);
  client.socket.end();
  assert.equal(await client.rest(), "");
});

test("a chunked body that goes on beyond what is discarded ends the connection", async (t) => {
  const [client] = await open(t, hello);
  client.send("POST /big HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  assert.equal((await client.response()).body, "hello /big");
  client.send(`${(200_000).toString(16)}\r\n${"x".repeat(200_000)}\r\n0\r\n\r\n`);
  assert.equal(await client.rest(), "");
});

test("100 Continue is sent on the first read, once", async (t) => {
  const read = deferred();
  const [client] = await open(t, async (environ, startResponse) => {
    await read.promise;
    const body = await environ["tsgi.input"].read();
    startResponse("200 OK", []);
    return [body];
  });
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  assert.equal(client.received, "");
  read.resolve();
  assert.equal((await client.response()).status, 100);
  client.send("abc");
  assert.deepEqual([(await client.response()).body, client.received], ["abc", ""]);
});

test("a client that waits for 100 and is refused gets the answer and a closed connection", async (t) => {
  const [client] = await open(t, (_environ, startResponse) => {
    startResponse("403 Forbidden", []);
    return ["no"];
  });
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  const response = await client.response();
  assert.deepEqual([response.status, response.body, response.fields["connection"]], [403, "no", "close"]);
  assert.equal(await client.rest(), "");
});

test("early hints go out while the application still thinks", async (t) => {
  const go = deferred();
  const [client] = await open(t, async (environ, startResponse) => {
    environ["tsgi.early_hints"]([["Link", "</a.css>; rel=preload"]]);
    await go.promise;
    startResponse("200 OK", []);
    return ["done"];
  });
  client.send(get("/"));
  const hints = await client.response();
  assert.deepEqual([hints.status, hints.fields["link"]], [103, "</a.css>; rel=preload"]);
  go.resolve();
  assert.equal((await client.response()).body, "done");
});

test("a broken request is refused with its status, the connection closes, and nothing after it is answered", async (t) => {
  const [client, server] = await open(t, hello);
  client.send(`${get("/good")}GET /bad HTTP/1.1\r\nHost : x\r\n\r\n${get("/smuggled")}`);
  assert.equal((await client.response()).body, "hello /good");
  const refusal = await client.response();
  assert.deepEqual([refusal.status, refusal.fields["connection"]], [400, "close"]);
  assert.equal(await client.rest(), "");
  assert.equal(server.worker.served, 1);
  assert.deepEqual(
    server.log.map(({ level, message }) => [level, message]),
    [["info", "refused a request from 127.0.0.1: white space stands between a field name and its colon"]],
  );
});

for (const [name, settings, request, status] of [
  ["request line", { limitRequestLine: 50 }, get(`/${"x".repeat(60)}`), 414],
  ["field", { limitFieldSize: 50 }, get("/", `X: ${"y".repeat(60)}\r\n`), 431],
  ["fields", { limitFieldsSize: 64 }, get("/", "A: 12345678901234567890\r\n".repeat(3)), 431],
  ["number of fields", { limitFields: 3 }, get("/", "A: 1\r\nB: 2\r\nC: 3\r\n"), 431],
  ["announced body", { limitBody: 5 }, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabcdef", 413],
  [
    "chunked body",
    { limitBody: 5 },
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n0\r\n\r\n",
    413,
  ],
] as const) {
  test(`a ${name} over its limit is answered ${status} and closes`, async (t) => {
    const [client, server] = await open(t, echo, settings);
    client.send(request);
    const response = await client.response();
    assert.deepEqual([response.status, response.fields["connection"]], [status, "close"]);
    assert.equal(await client.rest(), "");
    assert.equal(server.troubles.length, 0);
  });
}

test("a body that is cut short is 400 for an application that lets the error through, and never looks whole", async (t) => {
  const [client, server] = await open(t, echo);
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
  client.socket.end();
  assert.equal((await client.response()).status, 400);
  assert.equal(server.troubles.length, 0);
});

test("what a client pipelined before it ended its side is answered whole, whatever each request takes", async (t) => {
  const slow = deferred();
  const [client, server] = await open(t, async (environ, startResponse) => {
    if (environ.PATH_INFO === "/slow") await slow.promise;
    return hello(environ, startResponse);
  });
  client.send(get("/slow") + get("/b") + get("/c"));
  client.socket.end();
  // Another client's answer comes after the worker heard of the end.
  await ask(server.port, get("/other"));
  slow.resolve();
  const [one, two, three] = [await client.response(), await client.response(), await client.response()];
  assert.deepEqual([one.body, two.body, three.body], ["hello /slow", "hello /b", "hello /c"]);
  assert.deepEqual(
    [one, two, three].map(({ fields }) => fields["connection"]),
    [undefined, undefined, "close"],
  );
  assert.equal(await client.rest(), "");
});

test("a client that ends its side after the request still gets its answer", async (t) => {
  const [client] = await open(t, async (environ, startResponse) => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    return hello(environ, startResponse);
  });
  client.send(get("/half"));
  client.socket.end();
  const response = await client.response();
  assert.deepEqual([response.body, response.fields["connection"]], ["hello /half", "close"]);
});

test("a client that leaves aborts the signal and closes the body, though nothing is being written", async (t) => {
  const aborted = deferred<unknown>();
  const closed = deferred();
  const [client] = await open(t, (environ, startResponse) => {
    environ["tsgi.signal"].addEventListener("abort", () => aborted.resolve(environ["tsgi.signal"].reason));
    startResponse("200 OK", []);
    return {
      async *[Symbol.asyncIterator]() {
        yield "first";
        await new Promise(() => {});
      },
      close: () => closed.resolve(),
    };
  });
  client.send(get("/"));
  await client.until((r) => r.includes("first"));
  client.close();
  assert.match(String(await aborted.promise), /closed the connection/);
  await closed.promise;
});

test("a client that resets in the middle of its body rejects the read", async (t) => {
  const failure = deferred<unknown>();
  const [client] = await open(t, async (environ, startResponse) => {
    await environ["tsgi.input"].read().catch(failure.resolve);
    startResponse("200 OK", []);
    return [];
  });
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  client.socket.resetAndDestroy();
  assert.match(String(await failure.promise), /RequestError/);
});

test("an application that fails after its head cuts the connection, so that no client takes a part for the whole", async (t) => {
  let fail = deferred();
  const failing: Application = async function* (_environ, startResponse) {
    startResponse("200 OK", []);
    yield "part";
    await fail.promise;
    throw new Error("late");
  };
  const [client, server] = await open(t, failing);
  client.send(get("/"));
  fail.resolve();
  await assert.rejects(client.response(), /ended early/);
  fail = deferred();
  const old = await RawClient.connect(server.port);
  t.after(() => old.close());
  old.send("GET / HTTP/1.0\r\n\r\n");
  await old.until((r) => r.includes("part"));
  fail.resolve();
  await old.rest();
  // Without a length only a reset tells a cut from an end.
  assert.equal((old.error as NodeJS.ErrnoException).code, "ECONNRESET");
});

test("an application is not asked for more than a slow client takes", async (t) => {
  let asked = 0;
  const chunk = Buffer.alloc(65_536);
  const [client] = await open(t, (_environ, startResponse) => {
    startResponse("200 OK", []);
    return (function* () {
      for (; asked < 2_000; asked += 1) yield chunk;
    })();
  });
  client.socket.pause();
  client.send(get("/"));
  let before = -1;
  while (before !== asked) {
    before = asked;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.ok(asked > 0 && asked < 500, `asked for ${asked} chunks`);
  client.socket.resume();
  // Looking at all that came costs as much as it is long, so only when the last chunk is on its way.
  await client.until((r) => asked === 2_000 && r.endsWith("0\r\n\r\n"));
});

test("a last response is sent whole, however slowly the client reads it", async (t) => {
  const size = 20_000_000;
  const [client] = await open(t, (_environ, startResponse) => {
    startResponse("200 OK", []);
    return [Buffer.alloc(size, "x")];
  });
  client.socket.pause();
  client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  // Longer than a closing connection lingers once everything is sent.
  await new Promise((resolve) => setTimeout(resolve, 2_700));
  client.socket.resume();
  assert.equal((await client.response()).body.length, size);
});

test("a client in the middle of a large body finds the answer before the connection is dropped", async (t) => {
  const [client] = await open(t, hello);
  client.socket.pause();
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 50000000\r\n\r\n");
  client.socket.write(Buffer.alloc(40_000_000));
  let before = -1;
  while (before !== client.socket.writableLength) {
    before = client.socket.writableLength;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.deepEqual([before > 0, client.error], [true, undefined]);
  client.socket.resume();
  assert.equal((await client.response()).status, 200);
  await client.rest();
});

test("a connection has one request when keepAlive is 0", async (t) => {
  const [client] = await open(t, hello, { keepAlive: 0 });
  client.send(get("/"));
  assert.equal((await client.response()).fields["connection"], "close");
  assert.equal(await client.rest(), "");
});

test("a client is not read from while the application does not ask, and the upload is complete in the end", async (t) => {
  const go = deferred();
  const size = 20_000_000;
  const [client] = await open(t, async (environ, startResponse) => {
    await go.promise;
    let total = 0;
    for await (const bytes of environ["tsgi.input"]) total += bytes.length;
    startResponse("200 OK", []);
    return [String(total)];
  });
  client.send(`POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${size}\r\n\r\n`);
  client.socket.write(Buffer.alloc(size));
  let before = -1;
  while (before !== client.socket.bytesWritten - client.socket.writableLength) {
    before = client.socket.bytesWritten - client.socket.writableLength;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.ok(client.socket.writableLength > 0, "the server took everything");
  go.resolve();
  assert.equal((await client.response()).body, String(size));
});

test("an idle connection is closed after keepAlive, one that says nothing after headTimeout", async (t) => {
  const [client, server] = await open(t, hello, { keepAlive: 0.1, headTimeout: 0.1 });
  client.send(get("/"));
  await client.response();
  assert.equal(await client.rest(), "");
  const silent = await RawClient.connect(server.port);
  t.after(() => silent.close());
  assert.equal(await silent.rest(), "");
});

test("half a head is answered 408 after headTimeout, however often a byte comes", async (t) => {
  const [client] = await open(t, hello, { headTimeout: 0.3 });
  client.send("GET / HTTP/1.1\r\n");
  const timer = setInterval(() => client.send("X"), 20);
  t.after(() => clearInterval(timer));
  assert.equal((await client.response()).status, 408);
  clearInterval(timer);
  assert.equal(await client.rest(), "");
});

test("a body that stops coming is 408 after bodyTimeout", async (t) => {
  const [client, server] = await open(t, echo, { bodyTimeout: 0.1 });
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
  const response = await client.response();
  assert.deepEqual([response.status, response.fields["connection"], server.troubles.length], [408, "close", 0]);
});

test("a body is not late while the application is the slow one", async (t) => {
  const [client] = await open(
    t,
    async (environ, startResponse) => {
      await new Promise((resolve) => setTimeout(resolve, 800));
      return echo(environ, startResponse);
    },
    { bodyTimeout: 0.1, headTimeout: 0.1 },
  );
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
  assert.equal((await client.response()).body, "abc");
});

test("a late reader of a finished request never sees the next one", async (t) => {
  let stale: Promise<unknown> | undefined;
  const [client] = await open(t, (environ, startResponse) => {
    startResponse("200 OK", []);
    const input = environ["tsgi.input"];
    if (environ.REQUEST_METHOD === "POST") setTimeout(() => (stale = input.read().catch((error: Error) => error)), 20);
    return ["x"];
  });
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n");
  await client.response();
  while (stale === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
  client.send(`abc${get("/next")}`);
  assert.equal((await client.response()).body, "x");
  assert.match(String(await stale), /the response is over/);
});

test("a draining worker closes idle connections, finishes open ones with Connection: close, and is then empty", async (t) => {
  const go = deferred();
  const [idle, server] = await open(t, async (environ, startResponse) => {
    if (environ.PATH_INFO === "/slow") await go.promise;
    return hello(environ, startResponse);
  });
  const busy = await RawClient.connect(server.port);
  t.after(() => busy.close());
  idle.send(get("/"));
  await idle.response();
  busy.send(get("/slow"));
  while (server.worker.inFlight === 0) await new Promise(setImmediate);
  const stopped = deferred();
  const empty = deferred();
  server.worker.drain(stopped.resolve, empty.resolve, "a test");
  await stopped.promise;
  const refused = new Promise<void>((resolve, reject) => {
    RawClient.connect(server.port).then(
      () => reject(new Error("still accepting")),
      () => resolve(),
    );
  });
  await refused;
  assert.equal(await idle.rest(), "");
  go.resolve();
  const response = await busy.response();
  assert.deepEqual([response.body, response.fields["connection"]], ["hello /slow", "close"]);
  await busy.rest();
  idle.close();
  busy.close();
  await empty.promise;
});

test("a request on its way to an idle connection of a draining worker is still answered", async (t) => {
  const [client, server] = await open(t, hello);
  client.send(get("/"));
  await client.response();
  const stopped = deferred();
  server.worker.drain(stopped.resolve, nothing, "a test");
  await stopped.promise;
  client.send(get("/late"));
  const response = await client.response();
  assert.deepEqual([response.body, response.fields["connection"]], ["hello /late", "close"]);
});

test("a worker asks for a successor once, when it has served maxRequests, and goes on", async (t) => {
  const [client, server] = await open(t, hello, { maxRequests: 2 });
  for (let i = 0; i < 4; i += 1) {
    client.send(get("/"));
    assert.equal((await client.response()).status, 200);
  }
  assert.equal(server.full, 1);
});

test("the access log has a line for each request, also for one whose client left", async (t) => {
  const [client, server] = await open(
    t,
    (environ, startResponse) => (environ.PATH_INFO === "/wait" ? new Promise(() => {}) : hello(environ, startResponse)),
    {
      accessLog: "-",
      accessLogFormat: '%(h)s %(u)s "%(r)s" %(s)s %(B)s %({user-agent}i)s',
    },
  );
  client.send(
    get("/a", `User-Agent: test\r\nAuthorization: Basic ${Buffer.from("ann:secret").toString("base64")}\r\n`),
  );
  await client.response();
  client.send(get("/wait"));
  while (server.worker.inFlight === 0) await new Promise(setImmediate);
  client.socket.resetAndDestroy();
  await once(client.socket, "close");
  while (server.accessLines.length < 2) await new Promise(setImmediate);
  assert.deepEqual(server.accessLines, [
    '127.0.0.1 ann "GET /a HTTP/1.1" 200 8 test',
    '127.0.0.1 - "GET /wait HTTP/1.1" - 0 -',
  ]);
});
