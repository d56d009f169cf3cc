// TSGI applications behind an ASGI server: the answers are those of the gateway's own loop.

import assert from "node:assert/strict";
import { test } from "node:test";
import { RequestError } from "../../src/gateway/exchange.ts";
import type { Application } from "../../src/gateway/types.ts";
import type { HttpHandler, LifespanHandler, LifespanReceiveEvent } from "../../src/interfaces/asgi-types.ts";
import { type TsgiTarget, tsgiToAsgi } from "../../src/interfaces/tsgi-to-asgi.ts";
import { type AsgiRequest, driveAsgi, settle, startAsgi } from "../support/asgi.ts";
import { drive } from "../support/exchange.ts";

const TABLE: Readonly<Record<string, readonly [Application, AsgiRequest?]>> = {
  "an array of one chunk": [
    (environ, startResponse) => {
      startResponse("200 OK", [
        ["x-path", environ.PATH_INFO],
        ["x-query", environ.QUERY_STRING],
      ]);
      return [`${environ.REMOTE_ADDR} ${environ["HTTP_HOST"]} ${environ.SERVER_PROTOCOL}`];
    },
    { target: "/a%20b?c" },
  ],
  "a generator": [
    async function* (_environ, startResponse) {
      startResponse("201 Created", []);
      yield "one ";
      yield "two";
    },
  ],
  "an echo": [
    async (environ, startResponse) => {
      const body = await environ["tsgi.input"].read();
      startResponse("200 OK", []);
      return [body];
    },
    { method: "POST", body: ["one ", "two"] },
  ],
  "write before the body": [
    async (_environ, startResponse) => {
      const write = startResponse("200 OK", []);
      await write("a");
      return ["b"];
    },
  ],
  "hints and trailers": [
    async function* (environ, startResponse) {
      environ["tsgi.early_hints"]([["link", "</a>"]]);
      environ["tsgi.trailers"]([["x-sum", () => "1"]]);
      startResponse("200 OK", []);
      yield "abc";
    },
    { fields: ["host", "h", "te", "trailers", "connection", "TE"] },
  ],
  "an error before the head": [
    () => {
      throw new Error("mine");
    },
  ],
  "an error in the middle": [
    async function* (_environ, startResponse) {
      startResponse("200 OK", []);
      yield "a";
      throw new Error("mine");
    },
  ],
  "no startResponse": [() => ["a"]],
  "a body that is too large": [
    async (environ, startResponse) => {
      await environ["tsgi.input"].read();
      startResponse("200 OK", []);
      return [];
    },
    { method: "POST", body: ["a", new RequestError(413, "too large")] },
  ],
};

for (const [name, [application, request]] of Object.entries(TABLE)) {
  test(`${name}: the same by the gateway's loop and behind an ASGI server`, async () => {
    const direct = await drive(application, request);
    const adapted = await driveAsgi(tsgiToAsgi(application) as HttpHandler, request);
    const last = (events: typeof direct.events) => {
      const end = events.at(-1);
      return end?.type === "end" ? (end.trailers ?? []) : [];
    };
    const said = ({ troubles }: Pick<typeof direct, "troubles">) =>
      troubles.map(({ error, answer }) => [(error as Error).message, answer]);
    assert.deepEqual(
      [adapted.status, adapted.response.length, adapted.body, adapted.end, last(adapted.events), said(adapted)],
      [direct.status, direct.length, direct.body, direct.end, last(direct.events), said(direct)],
    );
    const names = (fields: readonly string[]) => fields.filter((_field, i) => i % 2 === 0).map((n) => n.toLowerCase());
    assert.deepEqual(names(adapted.response.fields), names(direct.fields));
    assert.equal(adapted.events.length >= direct.events.length, true);
  });
}

test("it finds where the server has mounted it", async () => {
  const seen: string[] = [];
  const adapted = tsgiToAsgi(({ SCRIPT_NAME, PATH_INFO }, startResponse) => {
    seen.push(SCRIPT_NAME, PATH_INFO);
    startResponse("200 OK", []);
    return [];
  }) as HttpHandler;
  await driveAsgi((scope, receive, send) => adapted({ ...scope, root_path: "/app", path: "/app/a" }, receive, send));
  assert.deepEqual(seen, ["/app", "/a"]);
});

test("a client that leaves aborts the signal and closes the body, with tsgi's extension and without", async () => {
  for (const extensions of [undefined, {}]) {
    const seen: string[] = [];
    const adapted = tsgiToAsgi(async (environ, startResponse) => {
      const signal = environ["tsgi.signal"];
      await environ["tsgi.input"].read();
      startResponse("200 OK", []);
      return (async function* () {
        try {
          yield "a";
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
          seen.push("aborted");
          signal.throwIfAborted();
        } finally {
          seen.push("closed");
        }
      })();
    }) as HttpHandler;
    const driven = startAsgi((scope, receive, send) =>
      adapted(extensions === undefined ? scope : { ...scope, extensions }, receive, send),
    );
    await settle();
    driven.exchange.abort(new RequestError(499, "left"));
    for (let i = 0; i < 3; i += 1) await settle();
    assert.deepEqual([seen, driven.said], [["aborted", "closed"], []]);
  }
});

test("startup and shutdown that stand beside it are its lifespan; what fails is told", async () => {
  const steps: string[] = [];
  const play = async (beside: Partial<TsgiTarget>) => {
    const application = Object.assign((() => []) as Application, beside);
    const events: LifespanReceiveEvent[] = [{ type: "lifespan.startup" }, { type: "lifespan.shutdown" }];
    const sent: string[] = [];
    const scope = {
      type: "lifespan",
      asgi: { version: "3.0", spec_version: "2.0" },
      state: {},
      extensions: {},
    } as const;
    await (tsgiToAsgi(application) as LifespanHandler)(
      scope,
      async () => events.shift()!,
      async (event) => void sent.push(event.type),
    );
    return sent;
  };
  const both = { startup: () => steps.push("startup"), shutdown: () => steps.push("shutdown") };
  assert.deepEqual(await play(both), ["lifespan.startup.complete", "lifespan.shutdown.complete"]);
  assert.deepEqual(steps, ["startup", "shutdown"]);
  assert.deepEqual(await play({}), ["lifespan.startup.complete", "lifespan.shutdown.complete"]);
  assert.deepEqual(await play({ startup: () => Promise.reject(new Error("no")) }), ["lifespan.startup.failed"]);
});

test("a scope that nobody knows is an error", async () => {
  const adapted = tsgiToAsgi(() => []);
  await assert.rejects(
    adapted({ type: "other" } as never, undefined as never, undefined as never),
    /scope of type other/,
  );
});
