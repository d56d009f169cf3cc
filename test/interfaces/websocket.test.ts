// Websockets through the worker's own connections: a client of the `ws` library, real sockets.

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { WebSocket } from "ws";
import { WAIT } from "../../src/gateway/exchange.ts";
import type { WebSocketAcceptance } from "../../src/gateway/host.ts";
import type { Gateway } from "../../src/worker/reception.ts";
import { get, RawClient } from "../support/client.ts";
import { BINARY, CLOSE, closing, codeOf, frame, framesOf, handshake, PING, PONG, TEXT } from "../support/websocket.ts";
import { type InProcess, nothing, serveGateway } from "../support/worker.ts";

/** Makes a websocket of every request. */
const accepting =
  (acceptance: WebSocketAcceptance): Gateway =>
  (host) =>
  ({ head }) => {
    let asked = false;
    return {
      requestId: host.nextRequestId(),
      next: () => {
        if (asked) return WAIT;
        asked = true;
        return host.websockets!.accept(head, acceptance);
      },
      ...{ lookup: nothing, drain: nothing, warn: nothing, abort: nothing },
      expire: () => assert.fail("there is no limit"),
    };
  };

const echo: WebSocketAcceptance = {
  open: (socket) => socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary })),
};

test("a request becomes a websocket on the worker's own socket, with the protocol and the fields of its answer", async (t) => {
  const acceptance = { ...echo, protocol: "chat", fields: ["X-Served-By", "tsgi \xe9"] };
  const server = serveGateway(accepting(acceptance), { accessLog: "-" });
  t.after(() => server.close());
  const client = new WebSocket(`ws://127.0.0.1:${server.port}/chat`, ["chat"]);
  const [[response]] = await Promise.all([once(client, "upgrade"), once(client, "open")]);
  assert.deepEqual(
    [response.statusCode, response.headers["x-served-by"], response.headers.server],
    [101, "tsgi \xe9", undefined],
  );
  assert.deepEqual([client.protocol, server.worker.websockets, server.worker.inFlight], ["chat", 1, 0]);
  for (const [sent, isBinary] of [
    ["text", false],
    [Buffer.alloc(200_000, 7), true],
  ] as const) {
    client.send(sent);
    const [data, binary] = await once(client, "message");
    assert.deepEqual([Buffer.from(sent).equals(data), binary], [true, isBinary]);
  }
  client.close(1000);
  const [code] = await once(client, "close");
  assert.equal(code, 1000);
});

test("a websocket counts as a connection and not as a request in flight, and its line is written when it is over", async (t) => {
  const server = serveGateway(accepting(echo), { accessLog: "-", accessLogFormat: "%(r)s %(s)s" });
  t.after(() => server.close());
  const client = new WebSocket(`ws://127.0.0.1:${server.port}/chat`);
  await once(client, "open");
  assert.deepEqual([server.worker.connections, server.worker.served, server.accessLines.length], [1, 1, 0]);
  client.terminate();
  while (server.worker.connections > 0) await new Promise(setImmediate);
  assert.deepEqual([server.worker.websockets, server.accessLines], [0, ["GET /chat HTTP/1.1 101"]]);
});

for (const [how, code] of [
  ["restarts", 1012],
  ["stops", 1001],
] as const) {
  test(`when the worker ${how}, a client hears ${code} and the connection ends`, async (t) => {
    const server = serveGateway(accepting(echo));
    t.after(() => server.close());
    const client = new WebSocket(`ws://127.0.0.1:${server.port}/`);
    await once(client, "open");
    const empty = new Promise<void>((resolve) => server.worker.drain(nothing, resolve, "a test", code));
    const [heard] = await once(client, "close");
    await empty;
    assert.equal(heard, code);
  });
}

/** A raw client whose handshake was answered with 101. */
async function shaken(server: InProcess, behind = ""): Promise<RawClient> {
  const raw = await RawClient.connect(server.port);
  raw.send(handshake({}, behind));
  assert.equal((await raw.response()).status, 101);
  return raw;
}

const CONTINUATION = 0x80;
const bytes = (...all: number[]): Buffer => Buffer.from(all);

// RFC 6455 sections 5 and 7. What a client does wrong is answered with the code for it, and is nobody's trouble here.
for (const [what, wire, code] of [
  ["the first reserved bit, without an extension that means something by it", frame({ first: TEXT | 0x40 }), 1002],
  ["the second reserved bit", frame({ first: TEXT | 0x20 }), 1002],
  ["the third reserved bit", frame({ first: BINARY | 0x10 }), 1002],
  ["a data opcode that is not defined", frame({ first: 0x83 }), 1002],
  ["a control opcode that is not defined", frame({ first: 0x8b }), 1002],
  ["a frame that is not masked", frame({ first: TEXT, payload: "x", masked: false }), 1002],
  ["a continuation of nothing", frame({ first: CONTINUATION }), 1002],
  ["a new message in the middle of one", frame({ first: 0x01 }) + frame({ first: TEXT }), 1002],
  ["a control frame in fragments", frame({ first: 0x09 }), 1002],
  ["a control frame of 126 bytes", frame({ first: PING, payload: "x".repeat(126) }), 1002],
  ["text that is not UTF-8", frame({ first: TEXT, payload: bytes(0xc3, 0x28) }), 1007],
  ["text that is cut in the middle of a character", frame({ first: TEXT, payload: bytes(0xe2, 0x82) }), 1007],
  ["a half of a surrogate pair", frame({ first: TEXT, payload: bytes(0xed, 0xa0, 0x80) }), 1007],
  [
    "text that is not UTF-8 once its fragments are put together",
    frame({ first: 0x01, payload: bytes(0xc3) }) + frame({ first: CONTINUATION, payload: bytes(0x28) }),
    1007,
  ],
  ["a message that is too large", frame({ first: BINARY, payload: "x".repeat(1_001) }), 1009],
  [
    "a message that is too large in fragments",
    frame({ first: 0x02, payload: "x".repeat(600) }) + frame({ first: CONTINUATION, payload: "x".repeat(600) }),
    1009,
  ],
  ["a length of 2^63", `\x82\xff\x80${"\0".repeat(11)}`, 1009],
  ["a close frame of one byte", frame({ first: CLOSE, payload: "x" }), 1002],
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535].map(
    (wrong) => [`the close code ${wrong}`, frame({ first: CLOSE, payload: closing(wrong) }), 1002] as const,
  ),
  ["a reason that is not UTF-8", frame({ first: CLOSE, payload: closing(1000, bytes(0xff)) }), 1007],
] as const) {
  test(`${what} is answered with ${code}: the worker lives, and logs no error`, async (t) => {
    const closes: number[] = [];
    const open: WebSocketAcceptance["open"] = (socket) => socket.on("close", (seen) => void closes.push(seen));
    const server = serveGateway(accepting({ open }), { wsMaxSize: 1_000 });
    t.after(() => server.close());
    const raw = await shaken(server);
    raw.send(wire);
    await raw.until((received) => received.length >= 4);
    assert.deepEqual(framesOf(raw.received).map(codeOf), [code]);
    raw.close();
    while (server.worker.connections > 0) await new Promise(setImmediate);
    assert.deepEqual(closes, [1006]);
    assert.deepEqual(server.log, []);
    assert.equal((await shaken(server)).ended, false);
  });
}

for (const [code, answer] of [
  [1000, 1000],
  [1012, 1012],
  [3000, 3000],
  [4999, 4999],
] as const) {
  test(`the close code ${code} is answered with itself`, async (t) => {
    const server = serveGateway(accepting(echo));
    t.after(() => server.close());
    const raw = await shaken(server);
    raw.send(frame({ first: CLOSE, payload: closing(code, "é") }));
    assert.deepEqual(framesOf(await raw.rest()).map(codeOf), [answer]);
    raw.close();
  });
}

test("a close frame without a code is answered with one without, and the application hears 1005", async (t) => {
  const closes: unknown[] = [];
  const open: WebSocketAcceptance["open"] = (socket) => socket.on("close", (code) => void closes.push(code));
  const server = serveGateway(accepting({ open }));
  t.after(() => server.close());
  const raw = await shaken(server);
  raw.send(frame({ first: CLOSE }));
  assert.deepEqual(framesOf(await raw.rest()), [{ first: CLOSE, payload: "" }]);
  raw.close();
  while (server.worker.connections > 0) await new Promise(setImmediate);
  assert.deepEqual(closes, [1005]);
});

test("a ping is answered with its own bytes, fragments are put together, and a control frame may come between them", async (t) => {
  const server = serveGateway(accepting(echo));
  t.after(() => server.close());
  const raw = await shaken(server);
  raw.send(frame({ first: 0x01, payload: "a" }) + frame({ first: PING, payload: "p" }));
  raw.send(frame({ first: 0x00, payload: "b" }) + frame({ first: CONTINUATION, payload: "c" }));
  await raw.until((received) => received.length >= 8);
  assert.deepEqual(framesOf(raw.received), [
    { first: PONG, payload: "p" },
    { first: TEXT, payload: "abc" },
  ]);
  raw.close();
});

test("frames that come together with the handshake are read, also when they are cut in the middle", async (t) => {
  const server = serveGateway(accepting(echo));
  t.after(() => server.close());
  const [one, two] = [frame({ first: TEXT, payload: "one" }), frame({ first: TEXT, payload: "two" })];
  const raw = await shaken(server, one + two.slice(0, 4));
  raw.send(two.slice(4));
  await raw.until((received) => received.length >= 10);
  assert.deepEqual(
    framesOf(raw.received).map(({ payload }) => payload),
    ["one", "two"],
  );
  raw.close();
});

test("a request for a websocket in a pipeline waits for the answers before it", async (t) => {
  const server = serveGateway((host) => {
    const upgrade = accepting(echo)(host);
    return (request) => {
      if (request.head.target === "/ws") return upgrade(request);
      const { wake } = request;
      let isReady = false;
      setImmediate(() => {
        isReady = true;
        wake();
      });
      return {
        ...upgrade(request),
        next: () => {
          if (!isReady) return WAIT;
          const said = { status: 200, reason: "OK", fields: [], length: 2, date: "", close: false } as const;
          return { type: "response", ...said, body: "ok", more: false };
        },
      };
    };
  });
  t.after(() => server.close());
  const raw = await RawClient.connect(server.port);
  raw.send(get("/1") + get("/2") + handshake({ target: "/ws" }, frame({ first: TEXT, payload: "x" })));
  assert.deepEqual(
    [(await raw.response()).body, (await raw.response()).body, (await raw.response()).status],
    ["ok", "ok", 101],
  );
  await raw.until((received) => received.length >= 3);
  assert.equal(framesOf(raw.received)[0]?.payload, "x");
  assert.deepEqual([server.worker.served, server.worker.websockets], [3, 1]);
  raw.close();
});

test("a client that ends its side is answered with an end, and the application hears 1006", async (t) => {
  const closes: unknown[] = [];
  const open: WebSocketAcceptance["open"] = (socket) => socket.on("close", (code) => void closes.push(code));
  const server = serveGateway(accepting({ open }));
  t.after(() => server.close());
  const raw = await shaken(server);
  raw.socket.end();
  assert.equal(await raw.rest(), "");
  while (server.worker.connections > 0) await new Promise(setImmediate);
  assert.deepEqual(closes, [1006]);
});

test("a websocket that is opened in a worker that leaves hears so at once", async (t) => {
  const server = serveGateway(accepting(echo));
  t.after(() => server.close());
  const raw = await RawClient.connect(server.port);
  raw.send(handshake({}).slice(0, -2));
  while (server.worker.connections === 0) await new Promise(setImmediate);
  server.worker.drain(nothing, nothing, "a test", 1012);
  raw.send("\r\n");
  assert.equal((await raw.response()).status, 101);
  await raw.until((received) => received.length >= 4);
  assert.deepEqual(framesOf(raw.received).map(codeOf), [1012]);
  raw.close();
});

test("a quick stop says 1001 before it drops the connection", async (t) => {
  const server = serveGateway(accepting(echo));
  t.after(() => server.close());
  const client = new WebSocket(`ws://127.0.0.1:${server.port}/`);
  await once(client, "open");
  server.worker.abandon(nothing, "a test", 1001);
  const [code] = await once(client, "close");
  assert.equal(code, 1001);
});

test("a client that does not answer our close frame is dropped after ten seconds, whatever it sends", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const server = serveGateway(accepting(echo));
  t.after(() => server.close());
  const raw = await shaken(server);
  const empty = new Promise<void>((resolve) => server.worker.drain(nothing, resolve, "a test", 1012));
  await raw.until((received) => received.length >= 4);
  raw.send(frame({ first: TEXT, payload: "not a close" }));
  t.mock.timers.tick(9_999);
  await new Promise(setImmediate);
  assert.equal(server.worker.connections, 1);
  t.mock.timers.tick(1);
  await empty;
  assert.deepEqual(framesOf(await raw.rest()).map(codeOf), [1012]);
  raw.close();
});

test("an application that has paused its websocket keeps the worker from nothing: the client's answer is read", async (t) => {
  const server = serveGateway(accepting({ open: (socket) => socket.pause() }));
  t.after(() => server.close());
  const client = new WebSocket(`ws://127.0.0.1:${server.port}/`);
  await once(client, "open");
  client.send("unread");
  const empty = new Promise<void>((resolve) => server.worker.drain(nothing, resolve, "a test", 1012));
  const [code] = await once(client, "close");
  await empty;
  assert.equal(code, 1012);
});

test("a silent client is pinged, one that answers stays, and one that does not is dropped with 1006", async (t) => {
  const closes: unknown[] = [];
  const open: WebSocketAcceptance["open"] = (socket) => socket.on("close", (code) => void closes.push(code));
  const server = serveGateway(accepting({ open }), { wsPingInterval: 0.05, wsPingTimeout: 0.1 });
  t.after(() => server.close());
  const answers = new WebSocket(`ws://127.0.0.1:${server.port}/`);
  const pings = once(answers, "ping");
  const silent = await shaken(server);
  await pings;
  assert.match(await silent.rest(), /^(?:\x89\x00)+$/);
  await once(answers, "ping");
  assert.deepEqual([closes, answers.readyState, server.log], [[1006], WebSocket.OPEN, []]);
  answers.terminate();
  silent.close();
});

test("with --ws-deflate long messages are compressed both ways, for a client that offers it", async (t) => {
  const server = serveGateway(accepting(echo), { wsDeflate: "on" });
  t.after(() => server.close());
  for (const [offers, compresses] of [
    [true, true],
    [false, false],
  ] as const) {
    const client = new WebSocket(`ws://127.0.0.1:${server.port}/`, { perMessageDeflate: offers });
    const [[response]] = await Promise.all([once(client, "upgrade"), once(client, "open")]);
    const { socket } = response;
    const [readBefore, wroteBefore] = [socket.bytesRead, socket.bytesWritten];
    const text = "all the same ".repeat(2_000);
    client.send(text);
    const [data] = await once(client, "message");
    assert.equal(String(data), text);
    for (const size of [socket.bytesRead - readBefore, socket.bytesWritten - wroteBefore]) {
      assert.equal(size < 1_000, compresses, `${size} bytes`);
    }
    client.terminate();
  }
});

test("a small message that is large without its compression is refused with 1009", async (t) => {
  const server = serveGateway(accepting(echo), { wsDeflate: "on", wsMaxSize: 100_000 });
  t.after(() => server.close());
  const client = new WebSocket(`ws://127.0.0.1:${server.port}/`);
  await once(client, "open");
  client.send(Buffer.alloc(10_000_000));
  const [code] = await once(client, "close");
  assert.deepEqual([code, server.log], [1009, []]);
});

test("an offer of compression that cannot be taken is declined, and the websocket opens without (RFC 7692 section 7.1)", async (t) => {
  const server = serveGateway(accepting(echo), { wsDeflate: "on" });
  t.after(() => server.close());
  const raw = await RawClient.connect(server.port);
  const offer = "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99\r\n";
  raw.send(handshake({ extra: offer }, frame({ first: TEXT, payload: "x" })));
  const { status, fields } = await raw.response();
  assert.deepEqual([status, fields["sec-websocket-extensions"]], [101, undefined]);
  await raw.until((received) => received.length >= 3);
  assert.equal(framesOf(raw.received)[0]?.payload, "x");
  raw.close();
});

test("nothing of one handshake is left for the next, neither its subprotocol nor its fields", async (t) => {
  const server = serveGateway((host) => (request) => {
    const acceptance = request.head.target === "/first" ? { ...echo, protocol: "one", fields: ["X-First", "1"] } : echo;
    return accepting(acceptance)(host)(request);
  });
  t.after(() => server.close());
  const heads: string[] = [];
  for (const target of ["/first", "/second", "/first"]) {
    const raw = await RawClient.connect(server.port);
    raw.send(handshake({ target, extra: "Sec-WebSocket-Protocol: one\r\n" }));
    const { fields } = await raw.response();
    heads.push(`${fields["sec-websocket-protocol"]} ${fields["x-first"]}`);
    raw.close();
  }
  assert.deepEqual(heads, ["one 1", "undefined undefined", "one 1"]);
});

test("a subprotocol that the client does not offer is the caller's mistake", async (t) => {
  const wrong: unknown[] = [];
  const server = serveGateway((host) => (request) => {
    const exchange = accepting({ ...echo, protocol: "other" })(host)(request);
    return {
      ...exchange,
      next: () => {
        try {
          return exchange.next();
        } catch (error) {
          wrong.push(error);
          return { type: "cut" };
        }
      },
    };
  });
  t.after(() => server.close());
  const raw = await RawClient.connect(server.port);
  raw.send(handshake({ extra: "Sec-WebSocket-Protocol: one, two\r\n" }));
  assert.equal(await raw.rest(), "");
  assert.match(String(wrong[0]), /^TypeError: websocket subprotocol "other": the client offers one, two$/);
});
