// What outlives a request: nothing that its application made. One idle connection in ten thousand is cheap only if it keeps no body, and
// a request is collected cheaply only if nothing older leads to it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { RawClient } from "../support/client.ts";
import { serveInProcess } from "../support/worker.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as (options?: { readonly type: "minor" }) => void;

const BODY_BYTES = 100_000;

/** Turns of the loop in which what was collected is counted. */
async function rest(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
}

test("an idle connection keeps nothing of the body that it has answered with", async (t) => {
  const bodies: WeakRef<object>[] = [];
  const server = serveInProcess((_environ, startResponse) => {
    const body = Buffer.alloc(BODY_BYTES);
    bodies.push(new WeakRef(body));
    startResponse("200 OK", []);
    return [body];
  });
  t.after(() => server.close());
  const client = await RawClient.connect(server.port);
  t.after(() => client.close());
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  assert.equal((await client.response()).body.length, BODY_BYTES);
  await rest();
  collect();
  await rest();
  assert.equal(bodies[0]!.deref(), undefined);
});

test("what requests made is collected among the young, for nothing older leads to it", async (t) => {
  const server = serveInProcess(
    (_environ, startResponse) => {
      startResponse("200 OK", []);
      return [Buffer.allocUnsafeSlow(BODY_BYTES)];
    },
    { limitConnectionRequests: 0 },
  );
  t.after(() => server.close());
  const client = await RawClient.connect(server.port);
  t.after(() => client.close());
  const ask = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i += 1) {
      client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
      await client.response();
    }
  };
  await ask(200);
  const kept: number[] = [];
  // A collection of its own in between would age what is alive just then.
  for (let round = 0; round < 3; round += 1) {
    collect();
    await rest();
    const before = process.memoryUsage().arrayBuffers;
    await ask(10);
    await rest();
    collect({ type: "minor" });
    await rest();
    kept.push(process.memoryUsage().arrayBuffers - before);
  }
  assert.ok(Math.min(...kept) < 2 * BODY_BYTES, `10 bodies of ${BODY_BYTES} bytes left ${kept.join(", ")}`);
});
