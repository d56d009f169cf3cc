// The start and the end of a worker. The numbers are those of the check-list in docs/asgi.md.

import assert from "node:assert/strict";
import { test } from "node:test";
import { AsgiLifespan } from "../../src/interfaces/asgi-lifespan.ts";
import type { AsgiApplication, LifespanHandler, LifespanScope } from "../../src/interfaces/asgi-types.ts";

const WORKER = { slot: 2, generation: 1, workers: 4 };
const departure = { ...WORKER, reason: "a test", signal: new AbortController().signal };
const STARTED = { type: "lifespan.startup.complete" } as const;

function lifespanOf(handler: LifespanHandler): { lifespan: AsgiLifespan; lines: string[] } {
  const lifespan = new AsgiLifespan(handler as AsgiApplication);
  const lines: string[] = [];
  lifespan.tellTo((text, level) => lines.push(`${level}: ${text.split("\n")[0]}`));
  return { lifespan, lines };
}

test("A28: it is called once, with a state that its requests will have, and knows its worker", async () => {
  const scopes: LifespanScope[] = [];
  const { lifespan } = lifespanOf(async (scope, receive, send) => {
    scopes.push(scope);
    scope.state["pool"] = "here";
    await receive();
    await send(STARTED);
    await receive();
  });
  await lifespan.startup(WORKER);
  const [{ type, asgi, extensions } = assert.fail()] = scopes;
  assert.deepEqual([type, asgi, extensions.tsgi], ["lifespan", { version: "3.0", spec_version: "2.0" }, WORKER]);
  assert.deepEqual([scopes.length, lifespan.state], [1, { pool: "here" }]);
});

test("A29: the start is over when the application says so", async () => {
  let say: (() => void) | undefined;
  const { lifespan } = lifespanOf(async (_scope, receive, send) => {
    await receive();
    await new Promise<void>((resolve) => {
      say = resolve;
    });
    await send(STARTED);
    await receive();
  });
  let isReady = false;
  const start = lifespan.startup(WORKER).then(() => {
    isReady = true;
  });
  await new Promise(setImmediate);
  assert.equal(isReady, false);
  say!();
  await start;
});

test("A29: a start that failed is an error with the application's words", async () => {
  for (const [message, said] of [
    ["no database", "no database"],
    [undefined, "the application sent lifespan.startup.failed"],
  ]) {
    const { lifespan } = lifespanOf(async (_scope, receive, send) => {
      await receive();
      await send({ type: "lifespan.startup.failed", message });
    });
    await assert.rejects(lifespan.startup(WORKER), { message: said });
    await lifespan.shutdown(departure);
  }
});

for (const [what, handler, line] of [
  [
    "returns at once",
    async () => {},
    "info: the application takes no part in lifespan: it returned before lifespan.startup.complete",
  ],
  [
    "throws at once",
    () => Promise.reject(new Error("no such scope")),
    "info: the application takes no part in lifespan: it threw no such scope",
  ],
  [
    "throws when it was asked to start",
    async (_scope, receive) => {
      await receive();
      throw new Error("oh");
    },
    "warn: the application takes no part in lifespan: it threw at lifespan.startup; to keep the worker from starting, send lifespan.startup.failed",
  ],
] as readonly (readonly [string, LifespanHandler, string])[]) {
  test(`A30: one that ${what} takes no part: the worker goes on, hears why, and never asks again`, async () => {
    const { lifespan, lines } = lifespanOf(handler);
    await lifespan.startup(WORKER);
    await lifespan.shutdown(departure);
    assert.deepEqual(lines, [line]);
  });
}

test("A30: what there is to say before anybody listens is said to the first who does", async () => {
  const lifespan = new AsgiLifespan((async () => {}) as AsgiApplication);
  await lifespan.startup(WORKER);
  const lines: string[] = [];
  for (const name of ["first", "second"]) lifespan.tellTo((text) => lines.push(`${name}: ${text.slice(0, 15)}`));
  assert.deepEqual(lines, ["first: the application"]);
});

test("A31: the end waits for lifespan.shutdown.complete", async () => {
  const steps: string[] = [];
  const { lifespan, lines } = lifespanOf(async (_scope, receive, send) => {
    steps.push((await receive()).type);
    await send(STARTED);
    steps.push((await receive()).type);
    await new Promise(setImmediate);
    steps.push("closed");
    await send({ type: "lifespan.shutdown.complete" });
  });
  await lifespan.startup(WORKER);
  assert.deepEqual(steps, ["lifespan.startup"]);
  await lifespan.shutdown(departure);
  assert.deepEqual([steps, lines], [["lifespan.startup", "lifespan.shutdown", "closed"], []]);
});

test("A31: an end that failed, or throws, is an error for whoever logs it; a return is an end", async () => {
  for (const [end, message] of [
    [(send) => send({ type: "lifespan.shutdown.failed", message: "still busy" }), "still busy"],
    [() => Promise.reject(new Error("oh")), "oh"],
    [async () => {}, undefined],
  ] as readonly (readonly [(send: Parameters<LifespanHandler>[2]) => Promise<void>, string | undefined])[]) {
    const { lifespan } = lifespanOf(async (_scope, receive, send) => {
      await receive();
      await send(STARTED);
      await receive();
      await end(send);
    });
    await lifespan.startup(WORKER);
    if (message === undefined) await lifespan.shutdown(departure);
    else await assert.rejects(lifespan.shutdown(departure), { message });
  }
});

test("one that throws while its worker serves is heard of, and is not asked to end", async () => {
  let fail: ((error: Error) => void) | undefined;
  const { lifespan, lines } = lifespanOf(async (_scope, receive, send) => {
    await receive();
    await send(STARTED);
    await new Promise((_resolve, reject) => {
      fail = reject;
    });
  });
  await lifespan.startup(WORKER);
  fail!(new Error("lost"));
  await new Promise(setImmediate);
  await lifespan.shutdown(departure);
  assert.deepEqual(lines, ["error: the application threw in its lifespan: Error: lost"]);
});

test("events out of order, and of another scope, are refused", async () => {
  const refused: string[] = [];
  const { lifespan } = lifespanOf(async (_scope, receive, send) => {
    const note = ({ message }: Error): void => void refused.push(message);
    await receive();
    await send({ type: "lifespan.shutdown.complete" }).catch(note);
    await send({ type: "http.response.start" } as never).catch(note);
    await send(STARTED);
    await send(STARTED).catch(note);
    await receive();
  });
  await lifespan.startup(WORKER);
  await new Promise(setImmediate);
  assert.match(refused[0]!, /lifespan\.shutdown\.complete was sent without a lifespan\.shutdown/);
  assert.match(refused[1]!, /expected one of lifespan\.startup\.complete/);
  assert.match(refused[2]!, /lifespan\.startup\.complete was sent after the start was over/);
});
