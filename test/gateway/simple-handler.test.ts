import assert from "node:assert/strict";
import { once } from "node:events";
import { PassThrough, Readable, Writable } from "node:stream";
import { test } from "node:test";
import { SimpleHandler } from "../../src/gateway/handlers.ts";
import type { Application } from "../../src/gateway/types.ts";
import { deferred } from "../support/deferred.ts";
import { runSimple } from "../support/memory-handler.ts";

const echoes: Application = async (environ, startResponse) => {
  const body = await environ["tsgi.input"].read();
  startResponse("200 OK", []);
  return [body];
};

test("a request's body is as long as CONTENT_LENGTH says, whatever follows it", async () => {
  const { body } = await runSimple(echoes, { stdin: Readable.from(["abc", "def"]), environ: { CONTENT_LENGTH: "4" } });
  assert.equal(body, "abcd");
});

test("a body without a length is none, but for a server that took chunks apart and ends what it passes on", async () => {
  assert.equal((await runSimple(echoes, { stdin: "never" })).body, "");
  const environ = { HTTP_TRANSFER_ENCODING: "chunked" };
  assert.equal((await runSimple(echoes, { stdin: "to the end", environ })).body, "to the end");
});

test("a body that is short is answered with 400, and is not the application's fault", async () => {
  const { head, err } = await runSimple(echoes, { stdin: "abc", environ: { CONTENT_LENGTH: "9" } });
  assert.deepEqual([head[0], err], ["HTTP/1.1 400 Bad Request", ""]);
});

test("a stream that is slow is waited for: the next chunk is asked for when the one before is taken", async () => {
  const asked: number[] = [];
  const { promise, resolve } = deferred<void>();
  let writes = 0;
  const slow = new Writable({
    highWaterMark: 1,
    write(_bytes, _encoding, done) {
      writes += 1;
      if (writes === 2) void promise.then(() => done());
      else done();
    },
  });
  const running = runSimple(
    function* (_environ, startResponse) {
      startResponse("200 OK", []);
      for (let i = 0; i < 3; i += 1) {
        asked.push(i);
        yield `${i}`;
      }
    },
    { stdout: slow },
  );
  await new Promise(setImmediate);
  assert.deepEqual(asked, [0, 1]);
  resolve();
  const { handler } = await running;
  assert.deepEqual([asked, handler.outcome], [[0, 1, 2], "whole"]);
});

test("an output that gives promises is awaited as well", async () => {
  const order: string[] = [];
  const stdout = {
    async write(bytes: Uint8Array) {
      await new Promise(setImmediate);
      order.push(String(bytes).includes("HTTP") || bytes.length > 9 ? "head" : "body");
    },
  };
  await runSimple(
    function* (_environ, startResponse) {
      startResponse("200 OK", []);
      yield "a";
      order.push("asked");
    },
    { stdout },
  );
  assert.deepEqual(order, ["head", "asked", "body"]);
});

for (const code of ["EPIPE", "ECONNRESET"]) {
  test(`a client that leaves with ${code} ends the request in silence: signal, finally and close`, async () => {
    const notes: string[] = [];
    const broken = new Writable({
      write: (_bytes, _encoding, done) => done(Object.assign(new Error(code), { code })),
    });
    const { handler, err } = await runSimple(
      async function* (environ, startResponse) {
        startResponse("200 OK", []);
        try {
          yield "a";
          notes.push("never");
        } finally {
          notes.push(environ["tsgi.signal"].aborted ? "aborted" : "unaware");
        }
      },
      { stdout: broken },
    );
    await new Promise(setImmediate);
    assert.deepEqual([notes, err, handler.outcome], [["aborted"], "", "left"]);
  });
}

test("an output that closes while the application thinks tells it, and nothing is written", async () => {
  const stdout = new PassThrough();
  const { handler, err } = await runSimple(
    async (environ, startResponse) => {
      stdout.destroy();
      await once(environ["tsgi.signal"], "abort");
      startResponse("200 OK", []);
      return ["nobody reads this"];
    },
    { stdout },
  );
  assert.deepEqual([handler.outcome, handler.headersSent, err], ["left", false, ""]);
});

test("an output that was closed before the request is a client that left: a body that waits for ever is not waited for", async () => {
  const stdout = new PassThrough();
  const handler = new SimpleHandler({ stdin: null, stdout, stderr: { write() {} }, environ: {} });
  stdout.destroy();
  await once(stdout, "close");
  let closed = 0;
  await handler.run((_environ, startResponse) => {
    startResponse("200 OK", []);
    const never = { next: () => new Promise<never>(() => {}) };
    return {
      [Symbol.asyncIterator]: () => never,
      close() {
        closed += 1;
      },
    };
  });
  assert.deepEqual([handler.outcome, closed], ["left", 1]);
});

test("an error of the application's own beside a client that left is told", async () => {
  const stdout = new PassThrough();
  const { handler, err } = await runSimple(
    async (environ) => {
      stdout.destroy();
      await once(environ["tsgi.signal"], "abort");
      throw new Error("a bug");
    },
    { stdout },
  );
  assert.equal(handler.outcome, "left");
  assert.match(err, /Error: a bug/);
});

test("an application's own ECONNRESET is an error like any other: it is not the client's", async () => {
  const { head, err } = await runSimple(() => {
    throw Object.assign(new Error("the database left"), { code: "ECONNRESET" });
  });
  assert.equal(head[0], "HTTP/1.1 500 Internal Server Error");
  assert.match(err, /the database left/);
});

test("the streams are not ended, and hear of the handler no more", async () => {
  const stdout = new PassThrough();
  stdout.resume();
  const before = stdout.listenerCount("error");
  await runSimple(echoes, { stdout });
  assert.deepEqual(
    [stdout.writableEnded, stdout.listenerCount("error"), stdout.listenerCount("close")],
    [false, before, 0],
  );
});

test("what is written to tsgi.errors and what fails goes to stderr", async () => {
  const { err } = await runSimple((environ) => {
    environ["tsgi.errors"].write("note\npart");
    throw new Error("failed");
  });
  assert.match(err, /^note\npart\nError: failed\n/);
});

test("a stream or an environ that is none is refused where it is given", () => {
  const fine = { stdin: null, stdout: new PassThrough(), stderr: new PassThrough(), environ: {} };
  assert.throws(() => new SimpleHandler({ ...fine, stdout: {} as never }), /stdout: an object: expected a stream/);
  assert.throws(() => new SimpleHandler({ ...fine, stderr: null as never }), /stderr: null: expected a stream/);
  assert.throws(
    () => new SimpleHandler({ ...fine, environ: undefined as never }),
    /environ: undefined: expected an object/,
  );
  assert.throws(() => new SimpleHandler({ ...fine, stdin: 5 as never }), /5 is no source of bytes/);
});
