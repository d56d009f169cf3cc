// A stream as events: what fetch-run.test.ts cannot see from outside.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { WAIT } from "../../src/gateway/exchange.ts";
import { answerOf } from "../../src/interfaces/fetch-answer.ts";
import { FetchDelivery } from "../../src/interfaces/fetch-delivery.ts";
import { LightResponse } from "../../src/interfaces/fetch-response.ts";

function deliver(init: ResponseInit = {}) {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const stream = new ReadableStream<Uint8Array>({
    start(made) {
      controller = made;
    },
  });
  const answer = answerOf(new LightResponse(stream as never, init));
  let woken = 0;
  const delivery = new FetchDelivery(answer, answer.stream!, () => {
    woken += 1;
  });
  return { delivery, controller: controller!, woken: () => woken };
}

const bytes = (text: string) => new TextEncoder().encode(text);

test("the head waits one turn for a body that does not come, and goes without it", async () => {
  const { delivery, woken } = deliver();
  assert.equal(delivery.next(), WAIT);
  await turn();
  await turn();
  assert.equal(woken(), 1);
  const head = delivery.next();
  assert(head.type === "response" && head.more && head.body === undefined && head.length === undefined);
  assert.deepEqual([delivery.begun, delivery.isWhole, delivery.next()], [true, false, WAIT]);
});

test("a body that is larger than what is gathered does not wait for its end", async () => {
  const { delivery, controller } = deliver();
  controller.enqueue(new Uint8Array(20_000));
  assert.equal(delivery.next(), WAIT);
  await Promise.resolve();
  await Promise.resolve();
  await Promise.resolve();
  const head = delivery.next();
  assert(head.type === "response" && head.more && head.body?.length === 20_000);
});

test("more bytes than were said go out up to the length, and then it fails", async () => {
  const { delivery, controller } = deliver({ headers: { "Content-Length": "4" } });
  controller.enqueue(bytes("abc"));
  delivery.next();
  await turn();
  await turn();
  assert(delivery.next().type === "response");
  controller.enqueue(bytes("defg"));
  delivery.next();
  await turn();
  assert.deepEqual(delivery.next(), { type: "data", bytes: bytes("d") });
  assert.throws(() => delivery.next(), /Content-Length 4 and gave at least 7/);
});

test("fewer bytes than were said fail at the end", async () => {
  const { delivery, controller } = deliver({ headers: { "Content-Length": "4" } });
  controller.enqueue(bytes("abc"));
  controller.close();
  assert.equal(delivery.next(), WAIT);
  await turn();
  await turn();
  assert(delivery.next().type === "response");
  assert.equal(delivery.next(), WAIT);
  await turn();
  assert.throws(() => delivery.next(), /Content-Length 4 and gave 3/);
});
