// Responses on a real socket where one thing is unusual: the application fails, the body comes late, the client is old or gone.

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import type { Application } from "../../src/gateway/types.ts";
import { get, RawClient } from "../support/client.ts";
import { deferred } from "../support/deferred.ts";
import { open } from "../support/worker.ts";

const failures: Readonly<Record<string, Application>> = {
  throws: () => {
    throw new Error("on purpose");
  },
  "never calls startResponse": () => ["x"],
  "gives a header that would split the response": (_environ, startResponse) => {
    startResponse("200 OK", [["X-Split", "a\r\n\r\nHTTP/1.1 200 OK\r\n"]]);
    return ["x"];
  },
};
for (const [name, application] of Object.entries(failures)) {
  test(`an application that ${name} costs one access line with the status and bytes that went out, and the connection goes on`, async (t) => {
    const accessLogFormat = "%(s)s %(B)s %({user-agent}i)s";
    const [client, server] = await open(
      t,
      (environ, startResponse) => {
        if (environ.PATH_INFO === "/bad") return application(environ, startResponse);
        startResponse("200 OK", []);
        return ["good"];
      },
      { accessLog: "-", accessLogFormat },
    );
    client.send(get("/bad", "User-Agent: test\r\n") + get("/good", "User-Agent: test\r\n"));
    const { status, fields, body } = await client.response();
    assert.deepEqual([status, fields["server"], "date" in fields], [500, "tsgi/test", true]);
    assert.equal((await client.response()).body, "good");
    assert.deepEqual(server.accessLines, [`500 ${body.length} test`, "200 4 test"]);
    assert.equal(server.troubles.length, 1);
  });
}

for (const [name, head, rest] of [
  ["with a length", "Content-Length: 6\r\n\r\n", ["abc", "def"]],
  [
    "chunked, with trailers",
    "Transfer-Encoding: chunked\r\n\r\n",
    ["3\r\nab", "c\r\n3\r\ndef\r", "\n0\r\nX-T: 1\r\n", "\r\n"],
  ],
] as const) {
  test(`a body ${name} that comes after its answer is discarded, and the request behind it is the next one`, async (t) => {
    const [client] = await open(t, (environ, startResponse) => {
      startResponse("200 OK", [["X-Path", environ.PATH_INFO]]);
      return [environ.PATH_INFO];
    });
    client.send(`POST /first HTTP/1.1\r\nHost: h\r\n${head}`);
    assert.equal((await client.response()).body, "/first");
    for (const piece of rest) client.send(piece);
    client.send(get("/second"));
    assert.equal((await client.response()).body, "/second");
  });
}

test("trailers of a request can be read after its body, and are no fields of the request", async (t) => {
  const [client] = await open(t, async (environ, startResponse) => {
    const input = environ["tsgi.input"];
    const before = input.trailers.length;
    await input.read();
    startResponse("200 OK", []);
    return [JSON.stringify([before, input.trailers, environ["HTTP_X_SUM"] ?? "none"])];
  });
  client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Sum: 5\r\n\r\n");
  assert.equal((await client.response()).body, '[0,[["x-sum","5"]],"none"]');
});

test("trailers of a response reach a client that reads them, announced, and no other", async (t) => {
  const [client] = await open(t, async function* (environ, startResponse) {
    let length = 0;
    environ["tsgi.trailers"]([["X-Length", () => String(length)]]);
    startResponse("200 OK", []);
    for (const chunk of ["one", "three"]) {
      length += chunk.length;
      yield chunk;
    }
  });
  client.send(get("/", "TE: trailers\r\nConnection: TE\r\n"));
  const reads = await client.response();
  assert.deepEqual([reads.body, reads.fields["trailer"], reads.trailers], ["onethree", "X-Length", ["X-Length: 8"]]);
  client.send(get("/"));
  const other = await client.response();
  assert.deepEqual([other.body, other.fields["trailer"], other.trailers], ["onethree", undefined, []]);
});

test("an HTTP/1.0 client gets no chunks, no interim response and no trailers, and a length keeps its connection", async (t) => {
  const [client] = await open(t, (environ, startResponse) => {
    environ["tsgi.early_hints"]([["Link", "</a.css>"]]);
    environ["tsgi.trailers"]([["X-Sum", "1"]]);
    const sized = environ.PATH_INFO === "/sized";
    startResponse("200 OK", sized ? [["Content-Length", "4"]] : []);
    return ["ab", "cd"];
  });
  const asking = "Connection: keep-alive, TE\r\nTE: trailers\r\n\r\n";
  client.send(`GET /sized HTTP/1.0\r\n${asking}`);
  const sized = await client.response();
  assert.deepEqual([sized.status, sized.body, sized.fields["connection"]], [200, "abcd", "keep-alive"]);
  client.send(`GET /open HTTP/1.0\r\n${asking}`);
  const { status, body, fields } = await client.response();
  assert.deepEqual(
    [status, body, fields["connection"], fields["transfer-encoding"], fields["trailer"]],
    [200, "abcd", "close", undefined, undefined],
  );
});

test("a client that resets in the middle of a response ends it quietly: closed once, no trouble, nothing in the log", async (t) => {
  const closed = deferred();
  let count = 0;
  const [client, server] = await open(t, (_environ, startResponse) => {
    startResponse("200 OK", []);
    return {
      *[Symbol.iterator]() {
        for (;;) yield "x".repeat(65_536);
      },
      close() {
        count += 1;
        closed.resolve();
      },
    };
  });
  client.send(get("/"));
  await client.until((received) => received.length > 100_000);
  const left = once(client.socket, "close");
  client.socket.resetAndDestroy();
  await Promise.all([left, closed.promise]);
  assert.deepEqual([count, server.troubles.length, server.log.length, server.worker.inFlight], [1, 0, 0, 0]);
});

test("a response that was cut is the last of its connection, however many requests are behind it", async (t) => {
  const [client, server] = await open(t, function* (environ, startResponse) {
    startResponse("200 OK", environ.PATH_INFO === "/short" ? [["Content-Length", "9"]] : []);
    yield "part";
    if (environ.PATH_INFO === "/throws") throw new Error("on purpose");
  });
  client.send(get("/short") + get("/behind").repeat(3));
  assert.match(await client.rest(), /^HTTP\/1\.1 200 OK\r\n(?:[\w-]+: .*\r\n)+\r\npart$/);
  const second = await RawClient.connect(server.port);
  t.after(() => second.close());
  second.send(get("/throws") + get("/behind").repeat(3));
  assert.match(await second.rest(), /\r\n\r\n4\r\npart\r\n$/);
  assert.doesNotMatch(second.received.slice(5), /HTTP\/1/);
  assert.equal(server.worker.served, 2);
});
