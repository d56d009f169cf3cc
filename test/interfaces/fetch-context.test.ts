// What is given beside the request, and the work that outlives a response.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Afterwork, Context, type ContextOwner, Env } from "../../src/interfaces/fetch-context.ts";
import { LightHeaders } from "../../src/interfaces/fetch-headers.ts";

test("env and context ask the request in progress when they are asked", () => {
  const asked: unknown[] = [];
  const owner: ContextOwner = {
    ...{ requestId: "id", remoteAddress: "a", remotePort: "1", peerAddress: "p", scriptName: "/s" },
    draining: new AbortController().signal,
    trailers: new LightHeaders(["x", "1"]),
    waitUntil: (promise) => void asked.push(promise),
    hint: (headers) => void asked.push(headers),
  };
  const env = new Env(owner);
  assert.deepEqual(
    [
      env.requestId,
      env.remoteAddress,
      env.remotePort,
      env.peerAddress,
      env.scriptName,
      env.draining,
      env.trailers.get("x"),
    ],
    ["id", "a", "1", "p", "/s", owner.draining, "1"],
  );
  const context = new Context(owner);
  const work = Promise.resolve();
  context.waitUntil(work);
  context.earlyHints({ link: "x" });
  context.passThroughOnException();
  assert.deepEqual([asked, context.props], [[work, { link: "x" }], {}]);
});

test("what comes while the rest is awaited is awaited too, and a rejection is told once", async () => {
  const afterwork = new Afterwork();
  const failures: unknown[] = [];
  let isLast = false;
  const report = (error: unknown) => void failures.push(error);
  const first = Promise.resolve().then(() => {
    afterwork.add(
      new Promise(setImmediate).then(() => {
        isLast = true;
      }),
      report,
    );
    throw new Error("failed");
  });
  afterwork.add(first, report);
  afterwork.add("no promise", report);
  await afterwork.finished(new AbortController().signal);
  assert.deepEqual([failures.map((error) => (error as Error).message), isLast], [["failed"], true]);
});

test("work that never ends is left when the time is over, and that is said", async () => {
  const afterwork = new Afterwork();
  afterwork.add(new Promise(() => {}), () => assert.fail());
  const over = new AbortController();
  const finished = afterwork.finished(over.signal);
  over.abort();
  await assert.rejects(finished, { message: "what ctx.waitUntil() was given is not settled and is left: 1 promise" });
  await assert.rejects(afterwork.finished(over.signal), /1 promise$/);
  await new Afterwork().finished(over.signal);
});
