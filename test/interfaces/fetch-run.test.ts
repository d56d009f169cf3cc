// Fetch applications on a worker in this process: what goes out for what they return, and what is said when it cannot.

import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { Settings } from "../../src/config/options.ts";
import { type Exchange, RequestError } from "../../src/gateway/exchange.ts";
import type { GatewayHost } from "../../src/gateway/host.ts";
import { fetchInterface } from "../../src/interfaces/fetch.ts";
import type { FetchHandler } from "../../src/interfaces/fetch-api.ts";
import { NativeResponse } from "../../src/interfaces/fetch-native.ts";
import { get, RawClient } from "../support/client.ts";
import { type InProcess, nothing, serveGateway } from "../support/worker.ts";

async function open(
  t: TestContext,
  handler: FetchHandler,
  settings: Partial<Settings> = {},
): Promise<[RawClient, InProcess]> {
  const server = serveGateway(fetchInterface({ fetch: handler }).gateway, settings);
  t.after(() => server.close());
  const client = await RawClient.connect(server.port);
  t.after(() => client.close());
  return [client, server];
}

const bytes = (text: string) => new TextEncoder().encode(text);
const streamOf = (...parts: readonly unknown[]) =>
  new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(part);
      controller.close();
    },
  });
class Own extends Response {}

const WHOLE: readonly [what: string, make: () => Response, body: string][] = [
  ["a text", () => new Response("grüße"), "gr\u00c3\u00bc\u00c3\u009fe"],
  ["bytes", () => new Response(bytes("bytes")), "bytes"],
  ["a Blob", () => new Response(new Blob(["blob"])), "blob"],
  ["no body", () => new Response(), ""],
  ["a stream that is there", () => new Response(streamOf(bytes("one"), bytes("two"))), "onetwo"],
  ["a stream of text", () => new Response(streamOf("text", new Uint8Array(), "more")), "textmore"],
  ["Node's own Response", () => new NativeResponse("native"), "native"],
  ["a subclass", () => new Own("own"), "own"],
  ["a copy", () => new Response("copied").clone(), "copied"],
  ["URLSearchParams", () => new Response(new URLSearchParams("a=1")), "a=1"],
  ["JSON", () => Response.json({ a: 1 }), '{"a":1}'],
];
for (const [what, make, body] of WHOLE) {
  test(`a whole body leaves with its length: ${what}`, async (t) => {
    const [client, server] = await open(t, (request) =>
      request.url.endsWith("/later") ? Promise.resolve(make()) : make(),
    );
    for (const target of ["/", "/later"]) {
      client.send(get(target));
      const answer = await client.response();
      assert.deepEqual(
        [answer.status, answer.body, answer.fields["content-length"], answer.fields["transfer-encoding"]],
        [200, body, String(body.length), undefined],
      );
    }
    assert.deepEqual(server.troubles, []);
  });
}

// biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
const FAULTS: readonly [what: string, make: () => any, message: RegExp][] = [
  ["nothing", () => undefined, /returned undefined \(is a return missing\?\): expected a Response/],
  ["a text", () => "hello", /returned "hello" \(new Response\(text\)/],
  ["an object", () => ({ a: 1 }), /returned an object \(Response\.json\(value\)/],
  ["a promise of null", () => Promise.resolve(null), /returned null/],
  ["Response.error()", () => Response.error(), /status 0, as Response\.error\(\) makes/],
  [
    "a throw",
    () => {
      throw new Error("thrown");
    },
    /^thrown$/,
  ],
  ["a rejection", () => Promise.reject(new Error("rejected")), /^rejected$/],
  [
    "a body that was read",
    async () => {
      const r = new Response("x");
      await r.text();
      return r;
    },
    /read or is being read already/,
  ],
  [
    "a length that is too large",
    () => new Response("abc", { headers: { "Content-Length": "4" } }),
    /Content-Length 4 and gave 3/,
  ],
  [
    "a length that is too small",
    () => new Response(streamOf(bytes("abc")), { headers: { "Content-Length": "2" } }),
    /Content-Length 2 and gave at least 3/,
  ],
  [
    "a length that is none",
    () => new Response("abc", { headers: { "Content-Length": "x" } }),
    /Content-Length "x": expected digits/,
  ],
  ["a value that cannot be sent", () => new Response("", { headers: { a: "\x01" } }), /header a has U\+0001/],
  [
    "a stream that fails",
    () =>
      new Response(
        new ReadableStream({
          pull() {
            throw new Error("pulled");
          },
        }),
      ),
    /^pulled$/,
  ],
  ["a stream of numbers", () => new Response(streamOf(1)), /gave 1 as a chunk: expected a Uint8Array or a string/],
];
for (const [what, make, message] of FAULTS) {
  test(`what cannot be answered is named, and the client gets 500 with its id: ${what}`, async (t) => {
    const [client, server] = await open(t, (request) => (request.url.endsWith("/ok") ? new Response("ok") : make()));
    client.send(get("/"));
    const answer = await client.response();
    assert.deepEqual([answer.status, answer.fields["x-request-id"]], [500, "id-1"]);
    const { error, requestId } = server.troubles[0] as unknown as { error: Error; requestId: string };
    assert.match(error.message, message);
    assert.deepEqual([requestId, server.troubles.length], ["id-1", 1]);
    client.send(get("/ok"));
    assert.equal((await client.response()).body, "ok");
  });
}

test("HEAD and statuses without a body send none, and HEAD says the length that GET would have", async (t) => {
  let cancelled = 0;
  const endless = () =>
    new ReadableStream({
      cancel() {
        cancelled += 1;
      },
    });
  const [client, server] = await open(t, ({ url }) => {
    const { pathname } = new URL(url);
    if (pathname === "/stream") return new Response(endless());
    if (pathname === "/text") return new Response("12345");
    if (pathname === "/said") return new Response(null, { headers: { "Content-Length": "7" } });
    return new Response(null, { status: Number(pathname.slice(1)) });
  });
  for (const [target, length] of [
    ["/text", "5"],
    ["/said", "7"],
    ["/stream", undefined],
    ["/200", undefined],
  ] as const) {
    client.send(get(target).replace("GET", "HEAD"));
    assert.equal((await client.response({ bodyless: true })).fields["content-length"], length, target);
  }
  for (const status of [204, 205, 304]) {
    client.send(get(`/${status}`));
    assert.equal((await client.response()).status, status);
  }
  assert.deepEqual([cancelled, server.troubles], [1, []]);
});

test("several cookies are several fields, and what is the connection's own is left out", async (t) => {
  const headers: [string, string][] = [
    ...([
      ["Set-Cookie", "a=1"],
      ["Set-Cookie", "b=2"],
      ["Transfer-Encoding", "chunked"],
    ] as [string, string][]),
    ...([
      ["Keep-Alive", "timeout=5"],
      ["Connection", "close, x"],
      ["Content-Length", "2"],
    ] as [string, string][]),
  ];
  const [client] = await open(t, () => new Response("ok", { headers, statusText: "Fine" }));
  client.send(get("/"));
  const answer = await client.response();
  assert.match(answer.head, /^HTTP\/1\.1 200 Fine\r\n/);
  assert.deepEqual(
    answer.head.match(/^set-cookie: .*$/gm)?.map((line) => line.trim()),
    ["set-cookie: a=1", "set-cookie: b=2"],
  );
  assert.deepEqual(
    [answer.fields["transfer-encoding"], answer.fields["keep-alive"], answer.fields["connection"], answer.body],
    [undefined, undefined, "close", "ok"],
  );
});

test("a stream leaves chunk by chunk, is asked no faster than it is read, and is cancelled when its client leaves", async (t) => {
  let pulled = 0;
  let cancel: (reason: unknown) => void = nothing;
  const cancelled = new Promise((resolve) => {
    cancel = resolve;
  });
  const [client, server] = await open(t, () => {
    const source = {
      pull(controller: ReadableStreamDefaultController) {
        pulled += 1;
        controller.enqueue(new Uint8Array(65_536));
      },
      cancel,
    };
    return new Response(new ReadableStream(source, { highWaterMark: 0 }));
  });
  client.socket.pause();
  client.send(get("/"));
  let before = -1;
  for (let same = 0; same < 50; ) {
    await turn();
    same = pulled > 0 && pulled === before ? same + 1 : 0;
    before = pulled;
  }
  assert(pulled < 500, `${pulled} chunks were asked for`);
  client.close();
  assert.equal(((await cancelled) as Error).name, "RequestError");
  assert.deepEqual(server.troubles, []);
});

test("a stream that fails in the middle is cut where the client can see it", async (t) => {
  const source = async function* () {
    yield bytes("first");
    await turn();
    await turn();
    throw new Error("middle");
  };
  const [client, server] = await open(t, () => new Response(source() as never));
  client.send(get("/"));
  const all = await client.rest();
  assert.match(all, /first/);
  assert.doesNotMatch(all, /\r\n0\r\n\r\n$/);
  assert.deepEqual(
    server.troubles.map(({ error, answer }) => [(error as Error).message, answer]),
    [["middle", "cut"]],
  );
});

test("a body comes in as it is read, both ways at once, after 100 Continue", async (t) => {
  const [client] = await open(t, ({ body }) => new Response(body));
  client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n");
  await client.until((text) => text.includes("100 Continue"));
  client.send("3\r\none\r\n");
  await client.until((text) => text.includes("one"));
  client.send("3\r\ntwo\r\n0\r\n\r\n");
  await client.until((text) => text.includes("two") && text.endsWith("0\r\n\r\n"));
});

test("a body that is cut rejects, and let through its status is answered; trailers are there after the end", async (t) => {
  const [client, server] = await open(t, async (request, env) => {
    const text = await request.text();
    return new Response(`${text} ${env.trailers.get("x-sum")}`);
  });
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-Sum: 7\r\n\r\n");
  assert.equal((await client.response()).body, "x 7");
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
  assert.equal((await client.response()).status, 400);
  assert.deepEqual(server.troubles, []);
});

test("early hints go ahead of a response that comes later", async (t) => {
  const [client] = await open(t, async (_request, _env, context) => {
    context.earlyHints({ Link: "</a.css>; rel=preload" });
    assert.throws(() => context.earlyHints({ "a b": "" }), TypeError);
    await turn();
    return new Response("x");
  });
  client.send(get("/"));
  assert.equal((await client.response()).status, 103);
  assert.deepEqual([client.head.includes("Link: </a.css>; rel=preload"), (await client.response()).body], [true, "x"]);
});

test("env says who asks, and what a trusted proxy says is in the URL", async (t) => {
  const [client] = await open(t, ({ url }, env) =>
    Response.json([url, env.requestId, env.remoteAddress, env.peerAddress, env.scriptName, env.draining.aborted]),
  );
  client.send(get("/x?y", "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: pub.test\r\n"));
  assert.deepEqual(JSON.parse((await client.response()).body), [
    ...["https://pub.test/x?y", "id-1", "192.0.2.7", "127.0.0.1", "", false],
  ]);
});

test("a host that makes no URL is refused before the application is asked", async (t) => {
  const [client] = await open(t, () => assert.fail("it was asked"));
  client.send("GET / HTTP/1.1\r\nHost: 1.2.3.999\r\n\r\n");
  assert.equal((await client.response()).status, 400);
});

test("when the worker drains, an event stream ends whole, with what its application still says to the signal", async (t) => {
  const [client, server] = await open(t, ({ signal }) => {
    const source = {
      start(controller: ReadableStreamDefaultController) {
        controller.enqueue(bytes("data: 1\n\n"));
        signal.addEventListener("abort", () => controller.enqueue(bytes("data: bye\n\n")));
      },
    };
    return new Response(new ReadableStream(source), { headers: { "Content-Type": "text/event-stream" } });
  });
  client.send(get("/"));
  await client.until((text) => text.includes("data: 1"));
  server.worker.drain(nothing, nothing, "a test", 1001);
  assert.match(await client.rest(), /data: bye\n\n\r\n0\r\n\r\n$/);
  assert.deepEqual(server.troubles, []);
});

test("draining aborts for a request that looks, which goes on", async (t) => {
  const [client, server] = await open(t, async (_request, { draining }) => {
    if (!draining.aborted) await once(draining, "abort");
    return new Response("soon");
  });
  client.send(get("/"));
  while (server.worker.inFlight === 0) await turn();
  server.worker.drain(nothing, nothing, "a test", 1001);
  const answer = await client.response();
  assert.deepEqual([answer.body, answer.fields["connection"]], ["soon", "close"]);
});

/** A request without a connection, for what is said before one could answer. */
function asked(handler: FetchHandler, woken: () => void = nothing): Exchange {
  const host: GatewayHost = {
    facts: { software: "tsgi/test", multiprocess: false },
    nextRequestId: () => "id",
    ...{ writeError: nothing, report: nothing, refused: nothing },
  };
  const info = {
    ...{ remoteAddress: "192.0.2.1", remotePort: "1", localAddress: "192.0.2.2" },
    localPort: "80",
    scheme: "http",
  } as const;
  const fields = ["host", "a.test"];
  const head = {
    method: "GET",
    target: "/",
    version: "1.1",
    fields,
    length: 0,
    expectContinue: false,
    keepAlive: true,
  } as const;
  return fetchInterface({ fetch: handler }).gateway(host)({ head, info, body: { read: () => null }, wake: woken });
}

test("a handler that is synchronous is answered at the first question, and its fields are one frozen list for all requests", () => {
  const ask = () => asked(() => new Response("x", { headers: { "Content-Type": "a/b" } })).next();
  const [first, second] = [ask(), ask()];
  assert(first.type === "response" && second.type === "response");
  assert.deepEqual([first.body, first.length, first.more], ["x", 1, false]);
  assert.equal(first.fields, second.fields);
  assert(Object.isFrozen(first.fields));
});

test("one that had its time is given up: before the head by a refusal, and its response is cancelled when it comes", async () => {
  let respond: (response: Response) => void = nothing;
  const exchange = asked(
    () =>
      new Promise<Response>((resolve) => {
        respond = resolve;
      }),
  );
  assert.equal(exchange.next().type, "wait");
  const event = exchange.expire(new RequestError(504, "late"));
  assert(event.type === "response" && event.status === 504);
  let cancelled: unknown;
  const source = {
    cancel(reason: unknown) {
      cancelled = reason;
    },
  };
  respond(new Response(new ReadableStream(source)));
  await turn();
  assert.equal((cancelled as Error).message, "late");
  assert.equal(exchange.next().type, "cut");
});

test("the access log is told the client, and its own words for the rest", () => {
  const exchange = asked(() => new Response());
  exchange.next();
  assert.deepEqual(
    ["REMOTE_ADDR", "REMOTE_PORT", "SCRIPT_NAME", "QUERY_STRING", "my.own"].map((key) => exchange.lookup(key)),
    ["192.0.2.1", "1", "", "", undefined],
  );
});
