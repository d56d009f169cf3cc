// Requests of an ASGI application: bodies, disconnects, backpressure. The numbers are those of the check-list in docs/asgi.md.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type BodySource, RequestError } from "../../src/gateway/exchange.ts";
import { ClientDisconnectedError } from "../../src/interfaces/asgi-errors.ts";
import type { HttpHandler, HttpReceiveEvent } from "../../src/interfaces/asgi-types.ts";
import { driveAsgi, settle, startAsgi } from "../support/asgi.ts";
import { tempFolder } from "../support/temp-folder.ts";

const START = { type: "http.response.start", status: 200 } as const;
const BODY = "http.response.body" as const;
const ok: HttpHandler = async (_scope, _receive, send) => {
  await send(START);
  await send({ type: BODY, body: "ok" });
};

/** Puts what is received into a list, then answers. */
const listening =
  (events: HttpReceiveEvent[], times: number): HttpHandler =>
  async (scope, receive, send) => {
    for (let i = 0; i < times; i += 1) events.push(await receive());
    await ok(scope, receive, send);
  };

const shown = (events: readonly HttpReceiveEvent[]) =>
  events.map((event) =>
    event.type === "http.request" ? [Buffer.from(event.body).toString(), event.more_body] : event.type,
  );

test("A5: a body comes in parts, and ends with more_body false", async () => {
  const chunked: HttpReceiveEvent[] = [];
  await driveAsgi(listening(chunked, 3), { method: "POST", body: ["ab", "c"] });
  assert.deepEqual(shown(chunked), [
    ["ab", true],
    ["c", true],
    ["", false],
  ]);
  const sized: HttpReceiveEvent[] = [];
  await driveAsgi(listening(sized, 2), { method: "POST", body: ["ab", "c"], length: 3 });
  assert.deepEqual(shown(sized), [
    ["ab", true],
    ["c", false],
  ]);
});

test("A5: an empty body is one event all the same", async () => {
  const events: HttpReceiveEvent[] = [];
  await driveAsgi(listening(events, 1));
  assert.deepEqual(shown(events), [["", false]]);
});

test("A5: nothing is read ahead of an application that does not ask", async () => {
  let reads = 0;
  const source: BodySource = {
    read: () => {
      reads += 1;
      return Buffer.from("x");
    },
  };
  const driven = startAsgi(listening([], 2), { method: "POST", source, length: 10 });
  await driven.done;
  assert.equal(reads, 2);
});

test("A5: two receive() at once get two parts in their order", async () => {
  const parts: ((bytes: Uint8Array | null) => void)[] = [];
  const source: BodySource = { read: () => new Promise((resolve) => parts.push(resolve)) };
  let both: readonly HttpReceiveEvent[] = [];
  const driven = startAsgi(
    async (scope, receive, send) => {
      both = await Promise.all([receive(), receive()]);
      await ok(scope, receive, send);
    },
    { method: "POST", source, length: 10 },
  );
  for (const text of ["one", "two"]) {
    await settle();
    parts.shift()!(Buffer.from(text));
  }
  await driven.done;
  assert.deepEqual(shown(both), [
    ["one", true],
    ["two", true],
  ]);
});

test("A6: behind the body, receive() waits until the response is over, and says so again and again", async () => {
  const events: HttpReceiveEvent[] = [];
  let isWaiting = true;
  const driven = await driveAsgi(async (scope, receive, send) => {
    await receive();
    const next = receive().then((event) => {
      isWaiting = false;
      events.push(event);
    });
    await settle();
    assert.equal(isWaiting, true);
    await ok(scope, receive, send);
    await next;
    events.push(await receive());
  });
  await settle();
  assert.deepEqual([shown(events), driven.said], [["http.disconnect", "http.disconnect"], []]);
});

test("A6: receive() ends with http.disconnect when the client leaves, and the signal aborts", async () => {
  const events: HttpReceiveEvent[] = [];
  let signal: AbortSignal | undefined;
  const driven = startAsgi(async (scope, receive) => {
    signal = scope.extensions.tsgi!.signal;
    await receive();
    events.push(await receive(), await receive());
  });
  const gone = new RequestError(499, "the client closed the connection");
  driven.exchange.abort(gone);
  await settle();
  assert.deepEqual(shown(events), ["http.disconnect", "http.disconnect"]);
  assert.deepEqual([signal?.reason, driven.said, driven.events], [gone, [], []]);
});

test("A7: a body that is cut is http.disconnect, never its end; without an answer the client gets what its fault deserves", async () => {
  const events: HttpReceiveEvent[] = [];
  const driven = await driveAsgi(
    async (_scope, receive) => {
      for (let i = 0; i < 3; i += 1) events.push(await receive());
    },
    { method: "POST", body: ["ab", new RequestError(413, "too large")] },
  );
  assert.deepEqual(shown(events), [["ab", true], "http.disconnect", "http.disconnect"]);
  assert.deepEqual([driven.status, driven.said], [413, []]);
});

test("A7: an application that throws at such a disconnect is told of, and the client still gets what its fault deserves", async () => {
  const driven = await driveAsgi(
    async (_scope, receive) => {
      while ((await receive()).type !== "http.disconnect");
      throw new Error("the client left");
    },
    { method: "POST", body: ["ab", new RequestError(408, "too slow")] },
  );
  assert.deepEqual([driven.status, driven.said], [408, [["the client left", 408]]]);
});

test("A7: the application may still answer such a request itself", async () => {
  const driven = await driveAsgi(listening([], 2), { method: "POST", body: ["a", new RequestError(400, "cut")] });
  assert.deepEqual([driven.status, driven.body], [200, "ok"]);
});

test("A10: send waits while the connection has no room, and goes on when all before it was handed over", async () => {
  const steps: string[] = [];
  const driven = startAsgi(
    async (_scope, _receive, send) => {
      await send(START);
      steps.push("start");
      for (const body of ["a", "b"]) {
        await send({ type: BODY, body, more_body: true });
        steps.push(body);
      }
      await send({ type: BODY });
      steps.push("end");
    },
    { isBlocked: true },
  );
  driven.pump(1);
  await settle();
  assert.deepEqual(steps, ["start"]);
  driven.pump(1);
  await settle();
  assert.deepEqual([steps, driven.events.length], [["start"], 1]);
  driven.pump(1);
  await settle();
  assert.deepEqual(steps, ["start", "a"]);
  driven.isBlocked = false;
  driven.pump();
  await driven.done;
  await settle();
  assert.deepEqual([steps.at(-1), driven.body], ["end", "ab"]);
});

test("A12: send after the client left rejects with a class of its own, which may be let through", async () => {
  const caught: unknown[] = [];
  const driven = startAsgi(async (_scope, receive, send) => {
    await receive();
    await receive();
    await send(START).catch((error) => caught.push(error));
    await send({ type: BODY });
  });
  const gone = new RequestError(499, "the client closed the connection");
  driven.exchange.abort(gone);
  await settle();
  const [error] = caught;
  assert.ok(error instanceof ClientDisconnectedError);
  assert.deepEqual([error.cause, driven.said], [gone, []]);
});

test("A12: a send that waits for room when the client leaves rejects too, and no unhandled rejection ends the process", async () => {
  let rejection: unknown;
  const driven = startAsgi(
    async (_scope, _receive, send) => {
      await send(START);
      void send({ type: BODY, body: "nobody awaits this", more_body: true });
      await send({ type: BODY, body: "a", more_body: true }).catch((error) => {
        rejection = error;
      });
    },
    { isBlocked: true },
  );
  driven.pump(1);
  await settle();
  driven.exchange.abort(new RequestError(499, "left"));
  await settle();
  assert.ok(rejection instanceof ClientDisconnectedError);
});

test("A15: what goes on after its disconnect is left alone; its own error is logged, what the signal says is not", async () => {
  for (const [thrown, said] of [
    [() => new Error("mine"), [["mine", "none"]]],
    [(signal: AbortSignal) => signal.reason as unknown, []],
  ] as const) {
    const driven = startAsgi(async (scope, receive) => {
      await receive();
      await receive();
      await settle();
      throw thrown(scope.extensions.tsgi!.signal);
    });
    driven.exchange.abort(new RequestError(499, "left"));
    await settle();
    await settle();
    assert.deepEqual(driven.said, said);
  }
});

test("A32: an early hint goes out at once, before the start; not to 1.0, and not after it", async () => {
  const hinting: HttpHandler = async (scope, receive, send) => {
    await send({ type: "http.response.early_hint", links: ["</a.css>; rel=preload", Buffer.from("</b.js>")] });
    await ok(scope, receive, send);
    await send({ type: "http.response.early_hint", links: ["</late>"] });
  };
  const driven = await driveAsgi(hinting);
  assert.deepEqual(driven.events[0], {
    ...{ type: "information", status: 103, fields: ["link", "</a.css>; rel=preload", "link", "</b.js>"] },
  });
  assert.deepEqual([driven.events.length, driven.status], [2, 200]);
  assert.equal((await driveAsgi(hinting, { version: "1.0" })).events.length, 1);
  const late = await driveAsgi(async (_scope, _receive, send) => {
    await send(START);
    await send({ type: "http.response.early_hint", links: [] });
  });
  assert.match(late.said[0]![0], /early_hint was sent after the start of the response/);
});

test("A34: a file is sent with its length, and read as the client takes it", async (t) => {
  const text = "0123456789".repeat(60_000);
  const path = join(tempFolder(t, { "a.txt": text }), "a.txt");
  const sending: HttpHandler = async (_scope, _receive, send) => {
    await send(START);
    await send({ type: "http.response.pathsend", path });
  };
  const driven = await driveAsgi(sending);
  assert.deepEqual([driven.response.length, driven.body === text, driven.end], [600_000, true, "whole"]);
  assert.equal(driven.events.filter(({ type }) => type === "data").length, 2);
  const head = await driveAsgi(sending, { method: "HEAD" });
  assert.deepEqual([head.response.length, head.body], [600_000, ""]);
});

test("A34: a file that is missing, no file, or of another length than was said is a logged 500", async (t) => {
  const folder = tempFolder(t);
  writeFileSync(join(folder, "a.txt"), "abc");
  for (const [path, length, message] of [
    [join(folder, "none"), undefined, /ENOENT/],
    [folder, undefined, /is not a regular file/],
    [join(folder, "a.txt"), "5", /said Content-Length 5 and gave 3 bytes/],
    ["a.txt", undefined, /path is "a.txt": expected the absolute path of a file/],
  ] as const) {
    const driven = await driveAsgi(async (_scope, _receive, send) => {
      await send({ ...START, headers: length === undefined ? [] : [["content-length", length]] });
      await send({ type: "http.response.pathsend", path });
    });
    assert.equal(driven.status, 500);
    assert.match(driven.said[0]![0], message);
    assert.equal(driven.said.length, 1);
  }
});

test("A34: a file and a body do not mix", async (t) => {
  const path = join(tempFolder(t, { "a.txt": "abc" }), "a.txt");
  const driven = await driveAsgi(async (_scope, _receive, send) => {
    await send(START);
    await send({ type: BODY, body: "x", more_body: true });
    await send({ type: "http.response.pathsend", path });
  });
  assert.deepEqual(
    [driven.end, driven.said],
    ["cut", [["http.response.pathsend was sent after a part of the body", "cut"]]],
  );
});

const stream: HttpHandler = async (_scope, _receive, send) => {
  await send({ ...START, headers: [["content-type", "text/event-stream"]] });
  for (;;) {
    await send({ type: BODY, body: "data: x\n\n", more_body: true });
    await settle();
  }
};

test("an event stream of a worker that leaves ends whole, though its application never looks, and nothing is logged", async () => {
  const driven = startAsgi(stream);
  await settle();
  driven.exchange.drain(new RequestError(503, "the worker leaves"));
  await driven.done;
  assert.deepEqual([driven.end, driven.said], ["whole", []]);
});

test("any other response may finish when its worker leaves: draining aborts, then the signal, then http.disconnect comes", async () => {
  const seen: string[] = [];
  const driven = startAsgi(async (scope, receive, send) => {
    const { signal, draining } = scope.extensions.tsgi!;
    draining.addEventListener("abort", () => seen.push("draining"));
    signal.addEventListener("abort", () => seen.push("signal"));
    await receive();
    seen.push((await receive()).type);
    await ok(scope, receive, send);
  });
  driven.exchange.drain(new RequestError(503, "leaves"));
  await settle();
  assert.deepEqual(seen, ["draining"]);
  driven.exchange.warn(new RequestError(503, "soon"));
  await driven.done;
  assert.deepEqual([seen, driven.status], [["draining", "signal", "http.disconnect"], 200]);
});

test("an upload goes on when the grace is nearly over, and http.disconnect comes behind it", async () => {
  const events: HttpReceiveEvent[] = [];
  let feed: ((bytes: Uint8Array | null) => void) | undefined;
  const source: BodySource = {
    read: () =>
      new Promise((resolve) => {
        feed = resolve;
      }),
  };
  const driven = startAsgi(listening(events, 3), { method: "POST", source, body: [] });
  driven.exchange.warn(new RequestError(503, "soon"));
  for (const bytes of [Buffer.from("a"), null]) {
    await settle();
    feed!(bytes);
  }
  await driven.done;
  assert.deepEqual([shown(events), driven.status], [[["a", true], ["", false], "http.disconnect"], 200]);
});
