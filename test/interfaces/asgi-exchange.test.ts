// How an ASGI application ends. The numbers are those of the check-list in docs/asgi.md.

import assert from "node:assert/strict";
import { test } from "node:test";
import { RequestError } from "../../src/gateway/exchange.ts";
import { Forwarders } from "../../src/gateway/forwarders.ts";
import type { HttpHandler } from "../../src/interfaces/asgi-types.ts";
import { driveAsgi, settle, startAsgi } from "../support/asgi.ts";

const START = { type: "http.response.start", status: 200 } as const;
const BODY = "http.response.body" as const;

const begins: HttpHandler = async (_scope, _receive, send) => {
  await send(START);
  await send({ type: BODY, body: "a", more_body: true });
};

test("A14: thrown before the head is out, whether awaited or not, is a 500 and one line of the log", async () => {
  const now: HttpHandler = () => {
    throw new Error("mine");
  };
  const later: HttpHandler = async (_scope, _receive, send) => {
    await send(START);
    throw new Error("mine");
  };
  for (const application of [now, later]) {
    const driven = await driveAsgi(application);
    assert.deepEqual([driven.status, driven.end, driven.said], [500, "whole", [["mine", 500]]]);
    assert.equal(driven.body, "500 Internal Server Error\nrequest id-1\n");
  }
});

test("A14: thrown after the head is out is a cut", async () => {
  const driven = await driveAsgi(async (scope, receive, send) => {
    await begins(scope, receive, send);
    throw new Error("mine");
  });
  assert.deepEqual([driven.status, driven.end, driven.said], [200, "cut", [["mine", "cut"]]]);
});

test("A14: thrown after the end is logged, and the client has its answer", async () => {
  const driven = await driveAsgi(async (_scope, _receive, send) => {
    await send(START);
    await send({ type: BODY, body: "ok" });
    throw new Error("late");
  });
  await settle();
  assert.deepEqual([driven.body, driven.end, driven.said], ["ok", "whole", [["late", "none"]]]);
});

for (const [what, application, answer, message] of [
  ["without a start", async () => {}, 500, "it sent http.response.start"],
  ["that is no promise", (() => undefined) as unknown as HttpHandler, 500, "it sent http.response.start"],
  ["with a start alone", async (_s, _r, send) => send(START), 500, "it sent the end of the body"],
  ["in the middle of the body", begins, "cut", "it sent the end of the body"],
] as readonly (readonly [string, HttpHandler, 500 | "cut", string])[]) {
  test(`A14: a return ${what} is a ${answer}, logged`, async () => {
    const driven = await driveAsgi(application);
    assert.equal(driven.end, answer === "cut" ? "cut" : "whole");
    const [[said, given] = []] = driven.said;
    assert.ok(said?.startsWith(`the application returned before ${message}`), said);
    assert.equal(given, answer);
  });
}

test("A13: a send that nobody awaits and that was refused is named when the application returns", async () => {
  const driven = await driveAsgi(async (_scope, _receive, send) => {
    void send({ type: "http.response.start", status: 20 });
  });
  assert.match(driven.said[0]![0], /; a send\(\) before that was rejected: http\.response\.start: status is 20/);
});

test("a request whose origin is in dispute never reaches the application", async () => {
  let called = 0;
  const driven = await driveAsgi(
    async () => {
      called += 1;
    },
    {
      fields: ["host", "h", "x-forwarded-proto", "gopher"],
      forwarders: new Forwarders({ allow: ["192.0.2.7"], header: "x-forwarded", underscores: "drop", fields: [] }),
    },
  );
  assert.deepEqual([called, driven.status, driven.refused], [0, 400, ["edge.bad-forwarded-proto"]]);
});

test("the time is up: 504 before the head, a cut after it, and the application is told", async () => {
  const late = new RequestError(504, "took too long");
  for (const [application, answer] of [
    [async () => new Promise<void>(() => {}), 504],
    [
      (async (scope, receive, send) => {
        await begins(scope, receive, send);
        await new Promise(() => {});
      }) as HttpHandler,
      "cut",
    ],
  ] as readonly (readonly [HttpHandler, unknown])[]) {
    let signal: AbortSignal | undefined;
    const driven = startAsgi((scope, receive, send) => {
      signal = scope.extensions.tsgi!.signal;
      return application(scope, receive, send);
    });
    await settle();
    const event = driven.exchange.expire(late);
    assert.equal(event.type === "response" ? event.status : event.type, answer);
    assert.equal(signal?.reason, late);
  }
});

test("an application that ends with the reason of a signal before its head went out is a 503 that nobody logs", async () => {
  const driven = startAsgi(async (scope) => {
    const { signal } = scope.extensions.tsgi!;
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    signal.throwIfAborted();
  });
  driven.exchange.warn(new RequestError(503, "leaves"));
  await driven.done;
  assert.deepEqual([driven.status, driven.said], [503, []]);
});

test("the access log knows the believed client", async () => {
  const driven = await driveAsgi(async (scope, receive, send) => {
    scope.client = null;
    await begins(scope, receive, send);
    await send({ type: BODY });
  });
  assert.deepEqual([driven.exchange.lookup("REMOTE_ADDR"), driven.exchange.lookup("other")], ["192.0.2.7", undefined]);
});
