// The rules are held by the semantic suite, through the handlers; here, the order of a delivery's steps.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ResponseBody } from "../../src/gateway/body.ts";
import { Delivery } from "../../src/gateway/delivery.ts";
import { Headers } from "../../src/gateway/headers.ts";
import { deferred } from "../support/deferred.ts";

function make(method = "GET") {
  const steps: string[] = [];
  const headers = new Headers();
  let hold: Promise<void> | undefined;
  const delivery: Delivery = new Delivery(
    { method },
    {
      headers,
      write: (piece) => delivery.write(piece),
      sendHeaders: () => void steps.push("headers"),
      writeBody: (piece) => void steps.push(`body ${piece}`),
      endBody: () => void steps.push("end"),
      flush: () => {
        steps.push("flush");
        return hold;
      },
    },
    (error) => void steps.push(`log ${(error as Error).message}`),
  );
  const holdWith = (promise: Promise<void>) => {
    hold = promise;
  };
  const take = async (result: unknown) => {
    await delivery.take(new ResponseBody(result, delivery.wake), result);
    await delivery.finish();
  };
  return { delivery, steps, headers, take, holdWith };
}

test("headers, the chunk and a flush, for each chunk; then the end", async () => {
  const { delivery, steps, take } = make();
  delivery.reply.say("200 OK", [], undefined);
  await take(["a", "", "b"]);
  assert.deepEqual(steps, ["headers", "body a", "flush", "body b", "flush", "end", "flush"]);
});

test("a write waits for the one before it to be handed over", async () => {
  const { delivery, steps, holdWith } = make();
  delivery.reply.say("200 OK", [], undefined);
  const { promise, resolve } = deferred<void>();
  holdWith(promise);
  const both = [delivery.write("a"), delivery.write("b")];
  await new Promise(setImmediate);
  assert.deepEqual(steps, ["headers", "body a", "flush"]);
  resolve();
  await Promise.all(both);
  assert.deepEqual(steps.slice(3), ["body b", "flush"]);
});

test("what was lost before it was sent is not sent, and its promise is rejected with the reason", async () => {
  const { delivery, steps } = make();
  delivery.reply.say("200 OK", [], undefined);
  const written = delivery.write("a");
  const why = new Error("gone");
  delivery.lose(why);
  await assert.rejects(written, why);
  assert.deepEqual(steps, []);
});

test("a write after the response is over is rejected, unless nothing of it was to be sent", async () => {
  const { delivery, take } = make();
  delivery.reply.say("200 OK", [], undefined);
  await take([]);
  delivery.close();
  await assert.rejects(delivery.write("late"), /after the response was over/);
  const head = make("HEAD");
  head.delivery.reply.say("200 OK", [], undefined);
  await head.take(["x"]);
  head.delivery.close();
  await head.delivery.write("late");
  assert.deepEqual(head.steps, ["headers", "flush", "flush"]);
});

test("the length of one chunk is known while its headers go out, and of an empty body it is 0", async () => {
  const { delivery, take, headers } = make();
  delivery.reply.say("200 OK", [], undefined);
  await take(["abc"]);
  assert.equal(delivery.knownLength, 3);
  assert.equal(headers.has("Content-Length"), false);
  const empty = make();
  empty.delivery.reply.say("200 OK", [], undefined);
  await empty.take([]);
  assert.equal(empty.delivery.knownLength, undefined);
  assert.equal(empty.headers.get("Content-Length"), "0");
});

test("a body that waits is left when the response is lost", async () => {
  const { delivery } = make();
  delivery.reply.say("200 OK", [], undefined);
  const never = (async function* () {
    await new Promise(() => {});
    yield "x";
  })();
  const taking = delivery.take(new ResponseBody(never, delivery.wake), never);
  await new Promise(setImmediate);
  const why = new Error("the client left");
  delivery.lose(why);
  await assert.rejects(taking, why);
});
