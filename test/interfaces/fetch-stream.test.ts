// The stream of a response, asked step by step.

import assert from "node:assert/strict";
import { test } from "node:test";
import { DONE, WAITING } from "../../src/gateway/body.ts";
import { ResponseStream } from "../../src/interfaces/fetch-stream.ts";
import { nothing } from "../support/worker.ts";

/** Each step once it is here. */
async function steps(stream: ReadableStream): Promise<unknown[]> {
  let wake: () => void = nothing;
  const asked = new ResponseStream(stream, () => wake());
  const seen: unknown[] = [];
  for (;;) {
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const step = asked.next();
    if (step === DONE) return seen;
    if (step === WAITING) await woken;
    else seen.push(Buffer.from(step).toString());
  }
}

test("bytes and texts come one by one, and then the end", async () => {
  assert.deepEqual(await steps(new Blob(["one"]).stream()), ["one"]);
  const texts = new ReadableStream({
    start(controller) {
      controller.enqueue("ä");
      controller.enqueue(new Uint8Array([0x62]));
      controller.close();
    },
  });
  assert.deepEqual(await steps(texts), ["ä", "b"]);
});

test("what is no chunk is named, and a failure is thrown", async () => {
  const giving = (value: unknown) => new ReadableStream({ start: (controller) => controller.enqueue(value) });
  await assert.rejects(steps(giving({})), { name: "ContractError", message: /gave an object as a chunk/ });
  await assert.rejects(
    steps(
      new ReadableStream({
        pull() {
          throw new Error("pulled");
        },
      }),
    ),
    /pulled/,
  );
});

test("cancelling tells the source, and reports what its cancel fails with", async () => {
  const reason = new Error("gone");
  const seen: unknown[] = [];
  const source = {
    cancel(why: unknown) {
      seen.push(why);
      throw new Error("cancel failed");
    },
  };
  const stream = new ResponseStream(new ReadableStream(source), nothing);
  await new Promise<void>((resolve) => {
    stream.cancel(reason, (error) => {
      seen.push((error as Error).message);
      resolve();
    });
  });
  stream.cancel(reason, () => assert.fail());
  assert.deepEqual([seen, stream.next()], [[reason, "cancel failed"], DONE]);
});
