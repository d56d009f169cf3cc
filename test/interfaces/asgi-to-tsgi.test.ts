// One table of ASGI applications, each run directly, as a TSGI application through the adapter, and there and back again: the answers are the same.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { RequestError } from "../../src/gateway/exchange.ts";
import { ClientDisconnectedError } from "../../src/interfaces/asgi-errors.ts";
import { asgiToTsgi } from "../../src/interfaces/asgi-to-tsgi.ts";
import type { AsgiApplication, HttpHandler, HttpScope } from "../../src/interfaces/asgi-types.ts";
import { tsgiToAsgi } from "../../src/interfaces/tsgi-to-asgi.ts";
import { type AsgiRequest, driveAsgi, settle } from "../support/asgi.ts";
import { drive, start } from "../support/exchange.ts";
import { tempFolder } from "../support/temp-folder.ts";

const START = { type: "http.response.start", status: 200 } as const;
const BODY = "http.response.body" as const;
const TRAILING = { fields: ["host", "h", "te", "trailers", "connection", "TE"] };

const TABLE: Readonly<Record<string, readonly [HttpHandler, AsgiRequest?]>> = {
  "a whole answer": [
    async (scope, _receive, send) => {
      await send({ ...START, status: 404, headers: [["X-Path", scope.raw_path]] });
      await send({ type: BODY, body: `${scope.method} ${scope.path} ${scope.query_string} é` });
    },
    { method: "DELETE", target: "/a%20b?c=%20" },
  ],
  "a body in parts": [
    async (_scope, _receive, send) => {
      await send(START);
      for (const body of ["a", "b", ""]) await send({ type: BODY, body, more_body: true });
      await send({ type: BODY, body: "c" });
    },
  ],
  "an echo of the request's body": [
    async (_scope, receive, send) => {
      await send(START);
      for (;;) {
        const event = await receive();
        if (event.type !== "http.request") return;
        await send({ type: BODY, body: event.body, more_body: event.more_body });
        if (!event.more_body) return;
      }
    },
    { method: "POST", body: ["one ", "two"] },
  ],
  "a Content-Length": [
    async (_scope, _receive, send) => {
      await send({
        ...START,
        headers: [
          ["content-length", "2"],
          ["set-cookie", "a"],
          ["set-cookie", "b"],
        ],
      });
      await send({ type: BODY, body: "a", more_body: true });
      await send({ type: BODY, body: "b" });
    },
  ],
  HEAD: [
    async (_scope, _receive, send) => {
      await send(START);
      await send({ type: BODY, body: "abc" });
    },
    { method: "HEAD" },
  ],
  "204": [
    async (_scope, _receive, send) => {
      await send({ ...START, status: 204 });
      await send({ type: BODY });
    },
  ],
  "an early hint": [
    async (_scope, _receive, send) => {
      await send({ type: "http.response.early_hint", links: ["</a>; rel=preload"] });
      await send(START);
      await send({ type: BODY });
    },
  ],
  trailers: [
    async (scope, _receive, send) => {
      await send({
        ...START,
        trailers: true,
        headers: [["x-offered", String("http.response.trailers" in scope.extensions)]],
      });
      await send({ type: BODY, body: "abc" });
      await send({ type: "http.response.trailers", headers: [["x-sum", "1"]] });
    },
    TRAILING,
  ],
  "an error before the head": [() => Promise.reject(new Error("mine"))],
  "an error behind the start": [
    async (_scope, _receive, send) => {
      await send(START);
      throw new Error("mine");
    },
  ],
  "an error in the middle": [
    async (_scope, _receive, send) => {
      await send(START);
      await send({ type: BODY, body: "a", more_body: true });
      throw new Error("mine");
    },
  ],
  "a return without an answer": [async () => {}],
  "a return in the middle": [
    async (_scope, _receive, send) => {
      await send(START);
      await send({ type: BODY, body: "a", more_body: true });
    },
  ],
  "too short a body": [
    async (_scope, _receive, send) => {
      await send({ ...START, headers: [["content-length", "5"]] });
      await send({ type: BODY, body: "abc" });
    },
  ],
  "a request whose body is too large": [
    async (_scope, receive) => {
      while ((await receive()).type !== "http.disconnect");
    },
    { method: "POST", body: ["a", new RequestError(413, "too large")] },
  ],
  "an event of no use": [async (_scope, _receive, send) => send({ type: "http.response.start", status: 20 })],
};

interface Comparable {
  readonly status: number;
  readonly fields: readonly (readonly [string, string])[];
  readonly body: string;
  readonly end: string;
  readonly hints: number;
  readonly trailers: readonly string[];
  readonly length: number | undefined;
  readonly said: readonly string[];
}

function comparable(outcome: {
  readonly events: Awaited<ReturnType<typeof driveAsgi>>["events"];
  readonly troubles: readonly { readonly error: unknown }[];
  readonly body: string;
  readonly end: string;
}): Comparable {
  const { events, troubles, body, end } = outcome;
  const response = events.find((event) => event.type === "response");
  if (response?.type !== "response") assert.fail();
  const last = events.at(-1);
  const fields = Array.from(
    { length: response.fields.length / 2 },
    (_, i) => [...[response.fields[i * 2]!.toLowerCase(), response.fields[i * 2 + 1]!]] as unknown as [string, string],
  );
  return {
    ...{ status: response.status, fields, body, end, length: response.length },
    hints: events.filter(({ type }) => type === "information").length,
    trailers: last?.type === "end" ? (last.trailers ?? []) : [],
    said: troubles.map(({ error }) => (error instanceof Error ? error.message : String(error))),
  };
}

for (const [name, [application, request]] of Object.entries(TABLE)) {
  test(`${name}: the same directly, as a TSGI application, and there and back again`, async () => {
    const direct = comparable(await driveAsgi(application, request));
    const adapted = asgiToTsgi(application as AsgiApplication);
    assert.deepEqual(comparable(await drive(adapted, request)), direct);
    const back = tsgiToAsgi(adapted) as HttpHandler;
    const returned = comparable(await driveAsgi(back, request));
    assert.deepEqual(returned, direct);
  });
}

test("the scope is made of the environ: who asks, what for, where it is mounted", async () => {
  let scope: HttpScope | undefined;
  const adapted = asgiToTsgi((async (given, _receive, send) => {
    scope = given as HttpScope;
    await send(START);
    await send({ type: BODY });
  }) as AsgiApplication);
  await drive(
    (environ, startResponse) => {
      environ.SCRIPT_NAME = "/app";
      return adapted(environ, startResponse);
    },
    { target: "/x?y", fields: ["host", "h", "content-type", "a/b", "x-two-words", "é"] },
  );
  const { headers, client, server, path, raw_path, root_path, query_string, extensions } = scope!;
  assert.deepEqual(
    [client, server],
    [
      ["192.0.2.7", 50123],
      ["127.0.0.1", 8000],
    ],
  );
  assert.deepEqual([path, raw_path, root_path, query_string], ["/app/x", "/x", "/app", "y"]);
  assert.deepEqual(headers, [
    ["host", "h"],
    ["content-type", "a/b"],
    ["x-two-words", "é"],
  ]);
  assert.deepEqual([extensions.tsgi?.request_id, extensions.tsgi?.signal.aborted], ["id-1", false]);
});

test("send waits until the server asks for more, and rejects when the client is gone", async () => {
  const steps: unknown[] = [];
  const adapted = asgiToTsgi((async (_scope, receive, send) => {
    await receive();
    await send(START);
    await send({ type: BODY, body: "a", more_body: true });
    steps.push("a");
    steps.push((await receive()).type);
    await send({ type: BODY, body: "b", more_body: true }).catch((error) => {
      steps.push(error instanceof ClientDisconnectedError);
      throw error;
    });
  }) as AsgiApplication);
  const driven = start(adapted);
  await settle();
  assert.deepEqual(steps, ["a"]);
  driven.outcome.exchange.abort(new RequestError(499, "left"));
  await settle();
  await settle();
  assert.deepEqual(
    [steps, driven.outcome.troubles, driven.outcome.errorLines],
    [["a", "http.disconnect", true], [], []],
  );
});

test("a file goes through, with its length", async (t) => {
  const path = join(tempFolder(t, { a: "0123456789".repeat(30_000) }), "a");
  const adapted = asgiToTsgi((async (_scope, _receive, send) => {
    await send(START);
    await send({ type: "http.response.pathsend", path });
  }) as AsgiApplication);
  const { length, body, troubles } = await drive(adapted);
  assert.deepEqual([length, body.length, troubles], [300_000, 300_000, []]);
});

test("the lifespan of its worker stands beside it, with a state for its requests", async () => {
  const steps: string[] = [];
  const adapted = asgiToTsgi((async (scope, receive, send) => {
    if (scope.type === "lifespan") {
      steps.push((await receive()).type);
      scope.state["greeting"] = "hi";
      await send({ type: "lifespan.startup.complete" });
      steps.push((await receive()).type);
      await send({ type: "lifespan.shutdown.complete" });
      return;
    }
    await send(START);
    await send({ type: BODY, body: String(scope.state["greeting"]) });
  }) as AsgiApplication);
  const worker = { slot: 1, generation: 1, workers: 1 };
  await adapted.startup(worker);
  assert.equal((await drive(adapted)).body, "hi");
  await adapted.shutdown({ ...worker, reason: "a test", signal: new AbortController().signal });
  assert.deepEqual(steps, ["lifespan.startup", "lifespan.shutdown"]);
});
