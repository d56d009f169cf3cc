// Websockets of fetch applications: the response that stands for one, what is refused, and the socket's own rules.

import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { WebSocket } from "ws";
import { fetchInterface } from "../../src/interfaces/fetch.ts";
import {
  type AcceptedWebSocket,
  acceptWebSocket,
  type FetchHandler,
  isWebSocketRequest,
} from "../../src/interfaces/fetch-api.ts";
import { ask, get, RawClient } from "../support/client.ts";
import { deferred } from "../support/deferred.ts";
import { CLOSE, codeOf, frame, framesOf, handshake, TEXT } from "../support/websocket.ts";
import { type InProcess, serveGateway } from "../support/worker.ts";

function serve(t: TestContext, fetch: FetchHandler): InProcess {
  const server = serveGateway(fetchInterface({ fetch }).gateway, { accessLog: "-" });
  t.after(() => server.close());
  return server;
}

const KEY = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
const UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\n";

for (const [what, extra, status, field] of [
  ["no upgrade at all", "", 426, "upgrade"],
  ["no version", `${UPGRADE}${KEY}`, 426, "sec-websocket-version"],
  ["another version", `${UPGRADE}${KEY}Sec-WebSocket-Version: 8\r\n`, 426, "sec-websocket-version"],
  ["no key", `${UPGRADE}Sec-WebSocket-Version: 13\r\n`, 400, "content-type"],
  ["a key that is short", `${UPGRADE}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAA\r\n`, 400, "content-type"],
] as const) {
  test(`a wrong handshake is refused as RFC 6455 says, and its socket never opens: ${what}`, async (t) => {
    let made: AcceptedWebSocket | undefined;
    let code = 0;
    const server = serve(t, (request) => {
      made = acceptWebSocket(request);
      made.socket.onclose = (event) => {
        code = event.code;
      };
      return made.response;
    });
    const answer = await ask(server.port, get("/", extra));
    assert.deepEqual([answer.status, field in answer.fields, made?.socket.readyState, code], [status, true, 3, 1006]);
    made!.socket.send("nobody hears it");
    assert.deepEqual(server.troubles, []);
  });
}

test("the socket speaks as the platform's does", async (t) => {
  const said: unknown[] = [];
  const server = serve(t, (request) => {
    const { socket, response } = acceptWebSocket(request, {
      protocol: "b",
      headers: { "Set-Cookie": "a=1", "X-One": "1" },
    });
    assert.deepEqual([socket.readyState, isWebSocketRequest(request)], [0, true]);
    assert.throws(() => socket.send("early"), { name: "InvalidStateError" });
    socket.onopen = () => said.push([socket.url, socket.protocol, socket.readyState]);
    socket.addEventListener("message", (event) => {
      const { data } = event as MessageEvent;
      said.push(data);
      socket.send(data);
      socket.send(new Blob(["blob"]));
    });
    socket.onclose = ({ code, reason, wasClean }) => said.push([code, reason, wasClean]);
    return response;
  });
  const client = new WebSocket(`ws://127.0.0.1:${server.port}/chat?x`, ["a", "b"]);
  const [[answer]] = await Promise.all([once(client, "upgrade"), once(client, "open")]);
  assert.deepEqual(
    [client.protocol, answer.headers["set-cookie"], answer.headers["x-one"], answer.headers["tsgi-upgrade"]],
    ["b", ["a=1"], "1", undefined],
  );
  const heard: string[] = [];
  client.on("message", (data) => heard.push(String(data)));
  client.send("text");
  client.send(Buffer.from("bytes"));
  while (heard.length < 4) await turn();
  client.close(4_001, "enough");
  await once(client, "close");
  while (said.length < 4) await turn();
  assert.deepEqual(said, [
    [`ws://127.0.0.1:${server.port}/chat?x`, "b", 1],
    "text",
    new TextEncoder().encode("bytes").buffer,
    [4_001, "enough", true],
  ]);
  assert.deepEqual(heard.sort(), ["blob", "blob", "bytes", "text"]);
});

test("another response than the one that stands for the websocket is what the client gets, and the socket is told", async (t) => {
  let code: number | undefined;
  const server = serve(t, (request) => {
    const { socket } = acceptWebSocket(request);
    socket.onclose = (event) => {
      code = event.code;
    };
    return new Response("no", { status: 403 });
  });
  const answer = await ask(server.port, get("/", `${UPGRADE}${KEY}Sec-WebSocket-Version: 13\r\n`));
  assert.deepEqual([answer.status, answer.body, code], [403, "no", 1006]);
});

test("a protocol that was not offered, and a request that is not the handler's, are the application's mistakes", async (t) => {
  const seen: unknown[] = [];
  const server = serve(t, (request) => {
    for (const act of [() => acceptWebSocket(request, { protocol: "x" }), () => acceptWebSocket(request.clone())]) {
      try {
        act();
      } catch (error) {
        seen.push((error as Error).message);
      }
    }
    return new Response();
  });
  await ask(server.port, get("/", `${UPGRADE}${KEY}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: a, b\r\n`));
  assert.match(String(seen[0]), /protocol "x": expected one that the client offers: a, b/);
  assert.match(String(seen[1]), /a Request is not a request in progress/);
});

test("a listener that fails, now or later, is reported with the request's id and closes its socket; the worker goes on", async (t) => {
  const server = serve(t, (request) => {
    const { socket, response } = acceptWebSocket(request);
    const listener = ({ data }: MessageEvent) => {
      if (data === "now") throw new Error("now");
      return Promise.reject(new Error("later"));
    };
    const never = () => assert.fail("it was removed");
    socket.addEventListener("message", never);
    socket.removeEventListener("message", never);
    socket.addEventListener("message", listener);
    return response;
  });
  for (const how of ["now", "later"]) {
    const client = new WebSocket(`ws://127.0.0.1:${server.port}/`);
    await once(client, "open");
    client.send(how);
    assert.equal((await once(client, "close"))[0], 1011);
  }
  assert.deepEqual(
    server.troubles.map(({ error, requestId }) => [(error as Error).message, requestId]),
    [
      ["now", "id-1"],
      ["later", "id-2"],
    ],
  );
});

test("a binary message is a Blob where that is wanted", async (t) => {
  const types: unknown[] = [];
  const server = serve(t, (request) => {
    const { socket, response } = acceptWebSocket(request);
    socket.binaryType = "blob";
    socket.onmessage = ({ data }) => {
      types.push(data instanceof Blob && data.size);
      socket.close();
    };
    return response;
  });
  const client = new WebSocket(`ws://127.0.0.1:${server.port}/`);
  await once(client, "open");
  client.send(Buffer.alloc(3));
  await once(client, "close");
  assert.deepEqual(types, [3]);
});

for (const [what, leave] of [
  ["has ended its side", (raw: RawClient) => void raw.socket.end()],
  ["was reset", (raw: RawClient) => void raw.socket.resetAndDestroy()],
] as const) {
  test(`a client that ${what} before the answer: the socket is closed with 1006, however late it is accepted`, async (t) => {
    const codes: number[] = [];
    const over = [deferred(), deferred()] as const;
    const called = deferred();
    const server = serve(t, async (request) => {
      if (!isWebSocketRequest(request)) return new Response();
      const accept = (at: 0 | 1): AcceptedWebSocket => {
        const made = acceptWebSocket(request);
        const { socket } = made;
        socket.onclose = ({ code }) => {
          codes.push(code);
          over[at].resolve();
        };
        return made;
      };
      accept(0);
      const left = new Promise((resolve) => request.signal.addEventListener("abort", resolve));
      called.resolve();
      await left;
      const { response, socket } = accept(1);
      queueMicrotask(() => codes.push(socket.readyState));
      return response;
    });
    const raw = await RawClient.connect(server.port);
    raw.send(handshake({}));
    await called.promise;
    leave(raw);
    await Promise.all(over.map(({ promise }) => promise));
    assert.deepEqual(codes, [1006, 1006, 3]);
    assert.deepEqual([server.worker.websockets, server.troubles], [0, []]);
  });
}

test("a client that has ended its side while its websocket is made: the socket is closed with 1006", async (t) => {
  const over = deferred<number>();
  const ready = deferred();
  const server = serve(t, async (request) => {
    if (!isWebSocketRequest(request)) {
      ready.resolve();
      return new Response();
    }
    await ready.promise;
    const { socket, response } = acceptWebSocket(request);
    socket.onopen = () => assert.fail("there is no websocket");
    socket.onclose = ({ code }) => over.resolve(code);
    return response;
  });
  const raw = await RawClient.connect(server.port);
  raw.send(handshake({}));
  raw.socket.end();
  await once(raw.socket, "finish");
  // What another client sends now is read after that end.
  await ask(server.port, get("/"));
  assert.equal(await over.promise, 1006);
});

test("of two that are accepted for one request the last one counts, and the first is told", async (t) => {
  const codes: unknown[] = [];
  const server = serve(t, (request) => {
    const first = acceptWebSocket(request);
    first.socket.onclose = ({ code }) => codes.push(code);
    const { socket, response } = acceptWebSocket(request);
    socket.onopen = () => socket.close(4000);
    return response;
  });
  const client = new WebSocket(`ws://127.0.0.1:${server.port}/`);
  codes.push((await once(client, "close"))[0]);
  assert.deepEqual(codes, [1006, 4000]);
});

test("a socket that is closed before it is open is closed at once, and opens for nobody", async (t) => {
  const codes: unknown[] = [];
  const over = deferred();
  const server = serve(t, (request) => {
    const { socket, response } = acceptWebSocket(request);
    socket.onopen = () => assert.fail("it was closed");
    socket.onclose = ({ code }) => {
      codes.push(code);
      over.resolve();
    };
    socket.close();
    codes.push(socket.readyState);
    return response;
  });
  const client = new WebSocket(`ws://127.0.0.1:${server.port}/`);
  await Promise.all([once(client, "close"), over.promise]);
  assert.deepEqual(codes, [2, 1005]);
});

test("what a client sends behind the close of the server is for nobody", async (t) => {
  const heard: unknown[] = [];
  const server = serve(t, (request) => {
    const { socket, response } = acceptWebSocket(request);
    socket.onmessage = ({ data }) => {
      heard.push(data);
      socket.close(4000);
    };
    return response;
  });
  const raw = await RawClient.connect(server.port);
  t.after(() => raw.close());
  raw.send(
    handshake(
      {},
      frame({ first: TEXT, payload: "one" }) + frame({ first: TEXT, payload: "two" }) + frame({ first: CLOSE }),
    ),
  );
  const all = await raw.rest();
  assert.deepEqual([heard, framesOf(all.slice(all.indexOf("\r\n\r\n") + 4)).map(codeOf)], [["one"], [4000]]);
});

test("of a client that sends and does not read, what is kept has a bound; when it reads it gets everything", async (t) => {
  const SIZE = 100_000;
  const COUNT = 200;
  let heard = 0;
  let most = 0;
  const server = serve(t, (request) => {
    const { socket, response } = acceptWebSocket(request);
    socket.onmessage = ({ data }) => {
      heard += 1;
      socket.send(data as ArrayBuffer);
      most = Math.max(most, socket.bufferedAmount);
    };
    return response;
  });
  const client = new WebSocket(`ws://127.0.0.1:${server.port}/`);
  t.after(() => client.terminate());
  await once(client, "open");
  client.pause();
  for (let i = 0; i < COUNT; i += 1) client.send(Buffer.alloc(SIZE));
  // Until nothing moves: all that can be sent was sent.
  for (let last = -1, still = 0; still < 100; still += 1) {
    if (heard !== last) still = 0;
    last = heard;
    await turn();
  }
  assert.ok(heard < COUNT && most < 1_000_000, `${heard} messages, ${most} bytes`);
  let size = 0;
  client.on("message", (data: Buffer) => {
    size += data.length;
  });
  client.resume();
  while (size < COUNT * SIZE) await turn();
  assert.equal(heard, COUNT);
});

test("a socket that closes while its client does not read still reads the client's answer", async (t) => {
  const over = deferred<number>();
  const server = serve(t, (request) => {
    const { socket, response } = acceptWebSocket(request);
    socket.onmessage = () => {
      socket.send(new Uint8Array(8_000_000));
      setImmediate(() => setImmediate(() => socket.close(4000)));
    };
    socket.onclose = ({ code }) => over.resolve(code);
    return response;
  });
  const client = new WebSocket(`ws://127.0.0.1:${server.port}/`);
  await once(client, "open");
  client.send("a");
  client.pause();
  while (server.worker.websockets === 0) await turn();
  for (let i = 0; i < 50; i += 1) await turn();
  client.resume();
  assert.deepEqual([(await once(client, "close"))[0], await over.promise], [4000, 4000]);
});
