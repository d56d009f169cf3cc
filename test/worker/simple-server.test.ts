// A server that a program makes, on real sockets.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import process from "node:process";
import { type TestContext, test } from "node:test";
import { ServerHandler } from "../../src/gateway/handlers.ts";
import type { Application } from "../../src/gateway/types.ts";
import { demoApp, type MakeServerOptions, makeServer, SimpleServer } from "../../src/worker/simple-server.ts";
import { ask, get, RawClient } from "../support/client.ts";
import { deferred } from "../support/deferred.ts";
import { CLOSE, closing, codeOf, frame, framesOf, handshake } from "../support/websocket.ts";

const greets: Application = (environ, startResponse) => {
  startResponse("200 OK", [["Content-Type", "text/plain"]]);
  return [`hello ${environ.PATH_INFO}`];
};

/** A server of one test, which keeps its lines. */
async function make(t: TestContext, application: Application = greets, options: MakeServerOptions = {}) {
  const lines: string[] = [];
  const errors: string[] = [];
  const server = await makeServer("127.0.0.1", 0, application, {
    log: (line) => void lines.push(line),
    errorLog: (text) => void errors.push(text),
    ...options,
  });
  t.after(() => server.serverClose());
  return { server, port: server.serverPort, lines, errors };
}

/** The same, serving, with a client on it. */
async function serve(t: TestContext, application?: Application, options?: MakeServerOptions) {
  const made = await make(t, application, options);
  const serving = made.server.serveForever();
  const client = await RawClient.connect(made.port);
  t.after(() => client.close());
  return { ...made, serving, client };
}

test("serves until it is shut down, keeps connections, and writes a line for each request as wsgiref does", async (t) => {
  const { server, serving, client, lines } = await serve(t);
  for (const path of ["/a", "/b"]) {
    client.send(get(path));
    const { status, body, fields } = await client.response();
    assert.deepEqual([status, body, fields["connection"]], [200, `hello ${path}`, undefined]);
  }
  client.close();
  await server.shutdown();
  await serving;
  assert.match(lines[0]!, /^127\.0\.0\.1 - - \[.*\] "GET \/a HTTP\/1\.1" 200 8$/);
  assert.equal(lines.length, 2);
});

const closings: readonly (readonly [title: string, request: string, status: number])[] = [
  ["a client that says Connection: close", get("/", "Connection: close\r\n"), 200],
  ["a client of HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\n\r\n", 200],
  ["a request that is broken", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400],
  ["a request line over the limit", get(`/${"x".repeat(9_000)}`), 414],
  [
    "a body that nobody read and that is too long to be read away",
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n`,
    200,
  ],
];
for (const [title, request, status] of closings) {
  test(`the connection of ${title} closes with its answer`, async (t) => {
    const { client } = await serve(t);
    client.send(request);
    assert.equal((await client.response()).status, status);
    assert.equal(await client.rest(), "");
  });
}

test("a connection goes on after an error of the application, and after a small body that nobody read", async (t) => {
  const { client, errors } = await serve(t, (environ, startResponse) => {
    if (environ.PATH_INFO === "/fail") throw new Error("a bug");
    return greets(environ, startResponse);
  });
  client.send(get("/fail"));
  assert.equal((await client.response()).status, 500);
  client.send("POST /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody");
  assert.equal((await client.response()).body, "hello /unread");
  client.send(get("/after"));
  assert.equal((await client.response()).body, "hello /after");
  assert.match(errors[0]!, /\[ERROR\] the application failed \(.*simple-server\.test\.ts:\d+:\d+\)[\s\S]*Error: a bug/);
});

test("a client of HTTP/1.0 that asks for it keeps its connection", async (t) => {
  const { client } = await serve(t);
  const request = "GET /a HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n";
  client.send(request);
  assert.equal((await client.response()).fields["connection"], "keep-alive");
  client.send(request.replace("keep-alive", "close"));
  assert.equal((await client.response()).body, "hello /a");
  assert.equal(await client.rest(), "");
});

test("keepAlive 0, as any setting, is the server's own", async (t) => {
  const { client } = await serve(t, greets, { keepAlive: 0 });
  client.send(get("/"));
  assert.equal((await client.response()).fields["connection"], "close");
});

test("handleRequest serves one connection with one request, and says that it is the last", async (t) => {
  const { server, port } = await make(t);
  const clients = await Promise.all([RawClient.connect(port), RawClient.connect(port)]);
  for (const [i, client] of clients.entries()) client.send(get(`/${i}`) + get("/more"));
  for (let i = 0; i < 2; i += 1) {
    const handled = server.handleRequest();
    const first = await Promise.race(clients.filter((c) => !c.ended).map((c) => c.response().then((r) => ({ c, r }))));
    assert.equal(first.r.fields["connection"], "close");
    assert.equal(await first.c.rest(), "");
    first.c.close();
    assert.equal(await handled, true);
  }
});

test("handleRequest waits no longer than it is told for a client, and then calls handleTimeout", async (t) => {
  let timeouts = 0;
  class Waiting extends SimpleServer {
    override handleTimeout(): void {
      timeouts += 1;
    }
  }
  const { server, port } = await make(t, greets, { serverClass: Waiting });
  assert.deepEqual([await server.handleRequest({ timeout: 0.02 }), timeouts], [false, 1]);
  const handled = server.handleRequest({ timeout: 30 });
  assert.equal((await ask(port, get("/x"))).body, "hello /x");
  assert.deepEqual([await handled, timeouts], [true, 1]);
  const ended = server.handleRequest();
  await server.shutdown();
  assert.deepEqual([await ended, timeouts], [false, 1]);
});

test("a time that is longer than any timer's is no short one, and what is no time is refused", async (t) => {
  const { promise, resolve } = deferred<void>();
  const late: Application = async (environ, startResponse) => {
    resolve();
    // Past the next turn of the timers, where a timer that overflowed goes off.
    await new Promise((waited) => setTimeout(waited, 5));
    return greets(environ, startResponse);
  };
  const { server, port } = await make(t, late, { gracefulTimeout: 1e9 });
  const answered = ask(port, get("/x"));
  const handled = server.handleRequest({ timeout: Number.POSITIVE_INFINITY });
  await promise;
  await server.shutdown();
  assert.deepEqual([(await answered).body, await handled], ["hello /x", true]);
  await assert.rejects(server.handleRequest({ timeout: Number.NaN }), /^RangeError: handleRequest: timeout NaN/);
  await assert.rejects(server.serveForever({ pollInterval: -1 }), /^RangeError: serveForever: pollInterval -1/);
});

test("a shutdown finishes what is open, and the socket stays: who comes now is served by the next serveForever", async (t) => {
  const { promise, resolve } = deferred<void>();
  const { server, serving, client, port } = await serve(t, async (environ, startResponse) => {
    if (environ.PATH_INFO === "/slow") {
      resolve();
      await once(environ["tsgi.draining"], "abort");
    }
    return greets(environ, startResponse);
  });
  client.send(get("/slow"));
  await promise;
  const down = server.shutdown();
  const { body, fields } = await client.response();
  assert.deepEqual([body, fields["connection"]], ["hello /slow", "close"]);
  client.close();
  await Promise.all([down, serving]);
  const late = await RawClient.connect(port);
  late.send(get("/late"));
  void server.serveForever();
  assert.equal((await late.response()).body, "hello /late");
  late.close();
});

test("a shutdown cuts what is not over within gracefulTimeout", async (t) => {
  const { promise, resolve } = deferred<void>();
  const stays: Application = () => {
    resolve();
    return new Promise(() => {});
  };
  const { server, serving, client } = await serve(t, stays, { gracefulTimeout: 0.05 });
  client.send(get("/"));
  await promise;
  await server.shutdown();
  await serving;
  assert.equal(await client.rest(), "");
});

test("it serves one at a time: a second serveForever or handleRequest is refused, a shutdown of none is none", async (t) => {
  const { server } = await make(t);
  await server.shutdown();
  const serving = server.serveForever();
  await assert.rejects(server.serveForever(), /the server is serving already/);
  await assert.rejects(server.handleRequest(), /the server is serving already/);
  await server[Symbol.asyncDispose]();
  await serving;
  await assert.rejects(server.serveForever(), /the server is closed/);
});

test("serviceActions is called while it serves, and an error there ends it", async (t) => {
  const calls: number[] = [];
  class Busy extends SimpleServer {
    override serviceActions(): void {
      calls.push(calls.length);
      if (calls.length === 3) throw new Error("enough");
    }
  }
  const { server } = await make(t, greets, { serverClass: Busy });
  await assert.rejects(server.serveForever({ pollInterval: 0.005 }), /enough/);
  assert.ok(calls.length >= 3);
});

test("serviceActions and handleTimeout may be asynchronous: one call at a time, and their errors are heard", async (t) => {
  let running = 0;
  class Slow extends SimpleServer {
    override async serviceActions(): Promise<void> {
      running += 1;
      await new Promise((waited) => setTimeout(waited, 20));
      throw new Error(`${running} at a time`);
    }
    override async handleTimeout(): Promise<void> {
      throw new Error("nobody came");
    }
  }
  const { server } = await make(t, greets, { serverClass: Slow });
  await assert.rejects(server.serveForever({ pollInterval: 0.002 }), /^Error: 1 at a time/);
  await assert.rejects(server.handleRequest({ timeout: 0.002 }), /^Error: nobody came/);
});

test("setApp is for the requests that come; getApp is what serves", async (t) => {
  const { server, client } = await serve(t);
  assert.equal(server.getApp(), greets);
  server.setApp(demoApp);
  client.send(get("/"));
  assert.match((await client.response()).body, /^Hello world!\n\n/);
  assert.throws(() => server.setApp("app" as never), /the application is 'app': expected a function/);
});

test("demoApp greets and shows the environ in order", async (t) => {
  const { client, port } = await serve(t, demoApp);
  client.send(get("/a%20b?c=d", "X-Y: z\r\n"));
  const { body, fields } = await client.response();
  const names = body
    .split("\n")
    .slice(2, -1)
    .map((line) => line.split(" = ")[0]!);
  assert.deepEqual(names, [...names].sort());
  assert.ok(names.includes("tsgi.input"));
  for (const line of ["PATH_INFO = '/a b'", "QUERY_STRING = 'c=d'", "HTTP_X_Y = 'z'", `SERVER_PORT = '${port}'`]) {
    assert.ok(body.includes(`\n${line}\n`), body);
  }
  assert.equal(fields["content-type"], "text/plain; charset=utf-8");
});

test("a handlerClass with one member overridden serves on the same connections", async (t) => {
  class Polite extends ServerHandler {
    override errorBody = "we are sorry\n";
    override cleanupHeaders(): void {
      super.cleanupHeaders();
      this.headers!.set("X-Handled", "1");
    }
  }
  const { client, errors, lines } = await serve(
    t,
    async function* (environ, startResponse) {
      if (environ.PATH_INFO === "/fail") throw new Error("a bug");
      startResponse("200 OK", []);
      yield "one ";
      yield await environ["tsgi.input"].read();
    },
    { handlerClass: Polite },
  );
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\ntwo");
  const first = await client.response();
  assert.deepEqual(
    [first.body, first.fields["x-handled"], first.fields["transfer-encoding"]],
    ["one two", "1", "chunked"],
  );
  client.send(get("/fail"));
  const second = await client.response();
  assert.deepEqual([second.status, second.body], [500, "we are sorry\n"]);
  client.send(get("/"));
  assert.equal((await client.response()).status, 200);
  assert.match(errors[0]!, /Error: a bug/);
  assert.match(lines[1]!, /"GET \/fail HTTP\/1\.1" 500 13$/);
});

test("a handler's large body waits for its client, and one that leaves ends it", async (t) => {
  const { promise, resolve } = deferred<string>();
  let given = 0;
  const { client, port } = await serve(
    t,
    async function* (environ, startResponse) {
      startResponse("200 OK", []);
      if (environ.PATH_INFO === "/small") return;
      try {
        for (; given < 10_000; given += 1) yield Buffer.alloc(65_536);
      } finally {
        resolve(environ["tsgi.signal"].aborted ? "left" : "over");
      }
    },
    { handlerClass: ServerHandler },
  );
  client.socket.pause();
  client.send(get("/"));
  // Others are served meanwhile: turns of the loop in which more could have been asked for.
  for (let i = 0; i < 30; i += 1) await ask(port, get("/small"));
  assert.ok(given > 0 && given < 1_000, `${given} chunks`);
  client.close();
  assert.equal(await promise, "left");
});

test("a log that fails costs no client its answer, and is told of on standard error", async (t) => {
  const texts: string[] = [];
  t.mock.method(process.stderr, "write", (text: string) => texts.push(text) > 0);
  const application: Application = (environ, startResponse) => {
    environ["tsgi.errors"].write("a word\n");
    return greets(environ, startResponse);
  };
  const { server, port } = await make(t, application, {
    log: () => {
      throw new Error("disk full");
    },
    errorLog: async () => {
      throw new Error("no network");
    },
  });
  const handled = server.handleRequest();
  assert.equal((await ask(port, get("/x"))).body, "hello /x");
  assert.equal(await handled, true);
  const said = texts.join("");
  assert.match(said, /^makeServer: its log failed: Error: disk full$/m);
  assert.match(said, /^makeServer: its errorLog failed: Error: no network$/m);
});

test("a place that is taken is an error with its code, which names host and port; so is what does not fit", async (t) => {
  const { port } = await make(t);
  await assert.rejects(makeServer("127.0.0.1", port, greets), {
    code: "EADDRINUSE",
    message: `cannot listen on 127.0.0.1:${port}: another process listens there`,
  });
  await assert.rejects(makeServer("127.0.0.1", 70_000, greets), /port 70000: expected a whole number/);
  await assert.rejects(
    makeServer(undefined as never, 0, greets),
    /^TypeError: makeServer: host undefined: expected ""/,
  );
  await assert.rejects(
    makeServer("127.0.0.1", 0, greets, { serverClass: class Other {} as never }),
    /^TypeError: option serverClass: \[class Other\]: expected a subclass of SimpleServer/,
  );
  await assert.rejects(makeServer("127.0.0.1", 0, {} as never), /the application is \{\}: expected a function/);
  await assert.rejects(makeServer(8000 as never, greets as never, {} as never), /makeServer: host 8000: expected ""/);
  await assert.rejects(makeServer("127.0.0.1", 0, greets, { keepalive: 5 } as never), /no option "keepalive"/);
});

const hasIPv6 = await new Promise<boolean>((resolve) => {
  const probe = net.createServer().once("error", () => resolve(false));
  probe.listen(0, "::1", () => probe.close(() => resolve(true)));
});

test("an address of IPv6 is served", { skip: hasIPv6 ? false : "no IPv6 here" }, async (t) => {
  const server = await makeServer("::1", 0, demoApp, { log: null });
  t.after(() => server.serverClose());
  assert.deepEqual([server.serverName, server.address.family], ["::1", "IPv6"]);
  const handled = server.handleRequest();
  const socket = net.connect(server.serverPort, "::1");
  socket.end(get("/"));
  let text = "";
  for await (const part of socket) text += part;
  assert.match(text, /\nREMOTE_ADDR = '::1'\n/);
  await handled;
});

test("a program ends when its server has nothing to do, and logs to standard error unless told otherwise", async () => {
  const program = `
    import { makeServer } from ${JSON.stringify(new URL("../../src/worker/simple-server.ts", import.meta.url).href)};
    const server = await makeServer("127.0.0.1", 0, (environ, startResponse) => {
      environ["tsgi.errors"].write("a word\\n");
      startResponse("200 OK", []);
      return ["x"];
    });
    const handled = server.handleRequest();
    const answer = await fetch("http://127.0.0.1:" + server.serverPort);
    await answer.text();
    await handled;
    console.log("done");
  `;
  const args = ["--import", import.meta.resolve("tsx"), "--input-type=module", "--eval", program];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  const texts = { out: "", err: "" };
  child.stdout.on("data", (bytes) => {
    texts.out += bytes;
  });
  child.stderr.on("data", (bytes) => {
    texts.err += bytes;
  });
  const [code] = (await once(child, "close")) as [number];
  assert.deepEqual([code, texts.out], [0, "done\n"], texts.err);
  assert.match(texts.err, /\[ERROR\] a word requestId=[\s\S]*^127\.0\.0\.1 - - \[.*\] "GET \/ HTTP\/1\.1" 200 1$/m);
});

test("it has websockets, which hear 1001 at its shutdown; a handlerClass has none", async (t) => {
  const upgrades: Application = (environ, startResponse) => {
    const upgrade = environ["tsgi.upgrade"];
    if (upgrade !== undefined) return upgrade((socket) => socket.closed);
    startResponse("204 No Content", []);
    return [];
  };
  const { server, client } = await serve(t, upgrades);
  client.send(handshake({}));
  assert.equal((await client.response()).status, 101);
  const stopped = server.shutdown();
  await client.until((received) => received.length >= 4);
  assert.deepEqual(framesOf(client.received).map(codeOf), [1001]);
  client.send(frame({ first: CLOSE, payload: closing(1001) }));
  await client.rest();
  client.close();
  await stopped;
  const other = await serve(t, upgrades, { handlerClass: ServerHandler });
  other.client.send(handshake({}));
  assert.equal((await other.client.response()).status, 204);
});
