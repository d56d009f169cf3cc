// The validator around applications and inside of middlewares that are right: nothing is said, and nothing that is sent changes. What
// it finds is in the tests of its parts, one row an assertion.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { after, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Application, Body, Chunk, Environ, StartResponse } from "../../src/gateway/types.ts";
import { type ValidationError, validator } from "../../src/gateway/validate.ts";
import { deferred } from "../support/deferred.ts";
import { drive, type Outcome, type RequestLike, start } from "../support/exchange.ts";
import { complaints, hello, holds, rightEnviron, usualServer, VIOLATIONS } from "../support/violations.ts";

for (const violation of VIOLATIONS.filter(({ rule }) => /^call\./.test(rule))) {
  test(`${violation.rule}: ${violation.says.source}`, () => holds(violation));
}

const folder = mkdtempSync(join(tmpdir(), "tsgi-validate-"));
const file = join(folder, "data");
writeFileSync(file, "0123456789");
after(() => rmSync(folder, { recursive: true }));

const text = (startResponse: StartResponse, ...more: [string, string][]) =>
  startResponse("200 OK", [["Content-Type", "text/plain"], ...more]);

let closed = 0;
class Rows implements Iterable<Chunk> {
  *[Symbol.iterator](): Iterator<Chunk> {
    yield "a";
    yield "";
    yield Buffer.from("b");
  }
  close(): void {
    note();
  }
}
const note = (): void => {
  closed += 1;
};

/** Says what is right and returns this. */
const ok =
  (body: (environ: Environ) => unknown): Application =>
  (environ, startResponse) => {
    text(startResponse);
    return body(environ) as Body;
  };

/** The shapes that docs/gateway.md allows, each as an application. */
const RIGHT: Readonly<Record<string, Application>> = {
  "a string": ok(() => "hello"),
  bytes: ok(() => Buffer.from("hello")),
  "an array of one": hello,
  "an array of many": ok(() => ["a", Buffer.from("b"), ""]),
  "an empty array": (_environ, start) => {
    start("204 No Content", []);
    return [];
  },
  "a redirect without a body": (_environ, start) => {
    start("302 Found", [["Location", "/"]]);
    return [];
  },
  "a set": ok(() => new Set(["a", "b"])),
  "a promise": ok(async () => ["hello"]),
  "a thenable": (_environ, start) => {
    text(start);
    // biome-ignore lint/suspicious/noThenProperty: a promise of another library
    return { then: (keep: (body: string[]) => unknown) => keep(["hello"]) } as unknown as Promise<string[]>;
  },
  "a generator that starts late": function* (_environ, start) {
    yield "";
    text(start);
    yield "a";
    yield "b";
  },
  "an async generator": async function* (environ, start) {
    const body = await environ["tsgi.input"].read();
    text(start);
    yield `${body.length}`;
    yield "more";
  },
  "an object with close()": ok(() => new Rows()),
  "a frozen object with close()": ok(() => Object.freeze(new Rows())),
  "an array with close()": ok(() => Object.assign(["a"], { close: () => note() })),
  "a Node stream": ok(() => Readable.from(["a", "b"])),
  "a web stream": ok(() => new Blob(["a", "b"]).stream()),
  "a file": async (environ, start) => {
    text(start);
    return environ["tsgi.file_wrapper"](await open(file), 4);
  },
  // Only a server that knows its own wrapper again sends a part of a file without an error.
  "a part of a file": async (environ, start) => {
    text(start, ["Content-Length", "4"]);
    return environ["tsgi.file_wrapper"](await open(file));
  },
  "the request's body, sent back": ok((environ) => environ["tsgi.input"]),
  "the request's body, wrapped as a file": ok((environ) => environ["tsgi.file_wrapper"](environ["tsgi.input"])),
  "every way to read": async (environ, start) => {
    const input = environ["tsgi.input"];
    const parts: string[] = [
      String(await input.read(2)),
      String(await input.readline()),
      String(await input.readline(3)),
    ];
    for (const line of await input.readlines(1)) parts.push(String(line));
    for await (const line of input.lines()) parts.push(String(line));
    parts.push(String(await input.read()), JSON.stringify(input.trailers));
    text(start);
    return parts.join("|");
  },
  "write()": async (_environ, start) => {
    const write = text(start);
    await write("first");
    return ["last"];
  },
  "an error that replaces the head": (_environ, start) => {
    try {
      text(start);
      throw new Error("oh");
    } catch (error) {
      start("500 Internal Server Error", [["Content-Type", "text/plain"]], error);
      return ["sorry"];
    }
  },
  "hints, trailers and the log": (environ, start) => {
    environ["tsgi.early_hints"]([["Link", "</a.css>"]]);
    environ["tsgi.trailers"]([["X-Sum", () => "5"]]);
    environ["tsgi.errors"].write("one line\n");
    environ["tsgi.errors"].writelines(["two", "\n"]);
    environ["tsgi.errors"].flush();
    text(start);
    return ["hello"];
  },
  "an application that throws": () => {
    throw new Error("on purpose");
  },
};

/** A middleware that is right: shouts, passes close() on, and changes nothing else. */
const shout =
  (inner: Application): Application =>
  async (environ, startResponse) => {
    const body = await inner(environ, startResponse);
    return {
      async *[Symbol.asyncIterator]() {
        if (typeof body === "string" || body instanceof Uint8Array) yield body;
        else yield* body as AsyncIterable<Chunk>;
      },
      close: () => (typeof body === "string" ? undefined : (body as { close?: () => unknown }).close?.()),
    };
  };

const seen = ({ events, errorLines, end, troubles }: Outcome): unknown =>
  JSON.parse(JSON.stringify({ events, errorLines, end, troubles: troubles.map(({ error }) => String(error)) }));

const REQUESTS: Readonly<Record<string, RequestLike>> = {
  GET: { fields: ["host", "example.com", "te", "trailers", "connection", "TE"] },
  HEAD: { method: "HEAD" },
  POST: { method: "POST", body: ["one\nt", "wo\nthree\nfour\n"] },
};

for (const [shape, application] of Object.entries(RIGHT)) {
  test(`${shape}: what is sent is the same with the validator, and it says nothing`, async () => {
    for (const [method, request] of Object.entries(REQUESTS)) {
      const said: ValidationError[] = [];
      const hear = (error: ValidationError): void => void said.push(error);
      const check = (inner: Application): Application => validator(inner, { warn: hear, report: hear });
      closed = 0;
      const plain = await drive(application, request);
      const closedPlain = closed;
      closed = 0;
      assert.deepEqual(seen(await drive(check(application), request)), seen(plain), method);
      assert.equal(closed, closedPlain, `${method}: close()`);
      closed = 0;
      const twice = await drive(check(check(check(application))), request);
      assert.deepEqual([seen(twice), closed], [seen(plain), closedPlain], `${method}, three times`);
      const stacked = await drive(check(shout(application)), request);
      closed = 0;
      const watched = await drive(check(shout(check(application))), request);
      assert.deepEqual(seen(watched), seen(stacked), `${method}, in a stack`);
      assert.equal(closed, closedPlain, `${method}, in a stack: close()`);
      assert.deepEqual(said.map(String), [], method);
    }
  });
}

test("a client that leaves in the middle ends the application's own iterator, through any number of validators", async () => {
  let ended = "";
  const application: Application = async function* (environ, startResponse) {
    text(startResponse);
    try {
      for (;;) yield "a";
    } finally {
      ended = String(environ["tsgi.signal"].reason);
    }
  };
  const driven = start(validator(validator(application)));
  driven.outcome.exchange.abort(new Error("gone"));
  await new Promise(setImmediate);
  assert.equal(ended, "Error: gone");
});

test("a violation is what the gateway loop reports, and the client gets a 500", async () => {
  const outcome = await drive(validator(ok(() => [5])));
  assert.equal(outcome.status, 500);
  assert.match(String(outcome.troubles[0]!.error), /^ValidationError: the application.* has 5 as a chunk/);
});

test("a chunk that does not fit ends the application's generator, sync or async", async () => {
  const ended: string[] = [];
  const applications: Application[] = [
    function* (_environ, startResponse) {
      try {
        text(startResponse);
        yield 5 as unknown as string;
      } finally {
        ended.push("sync");
      }
    },
    async function* (_environ, startResponse) {
      try {
        text(startResponse);
        yield 5 as unknown as string;
      } finally {
        ended.push("async");
      }
    },
  ];
  for (const application of applications) await drive(validator(application));
  assert.deepEqual(ended, ["sync", "async"]);
});

test("without somebody to tell, warnings and reports are lines of tsgi.errors", async () => {
  const outcome = await drive(
    validator((_environ, startResponse) => {
      startResponse("200 OK", []);
      return "hello";
    }),
  );
  assert.deepEqual(
    [
      outcome.status,
      outcome.errorLines.length,
      /^validator: the application.* has no Content-Type/.test(outcome.errorLines[0]!),
    ],
    [200, 1, true],
  );
});

test("a warning is said once, and a hundred different ones at most", async () => {
  const warnings: string[] = [];
  const application = validator(hello, { warn: ({ message }) => void warnings.push(message) });
  for (const method of ["BREW", "BREW", ...Array.from({ length: 200 }, (_, i) => `M${i}`)]) {
    await usualServer(application as never, { ...rightEnviron(), REQUEST_METHOD: method }, () => async () => {});
  }
  assert.deepEqual([warnings.length, warnings.filter((text) => text.includes("BREW")).length], [100, 1]);
});

test("a body that a server dropped is reported when its memory is taken back", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const { promise, resolve } = deferred<ValidationError>();
  const application = validator(
    ok(() => new Rows()),
    { report: resolve },
  );
  (() => application(rightEnviron() as never, () => async () => {}))();
  const timer = setInterval(collect, 5);
  const found = await promise;
  clearInterval(timer);
  assert.deepEqual([found.code, found.culprit], ["body.unclosed", "server"]);
});

test("a body that was forgotten is told of once, by the validator further out and not by its memory too", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const said: string[] = [];
  const hear = ({ code }: ValidationError): void => void said.push(code);
  const inner = validator(
    ok(() => new Rows()),
    { report: hear },
  );
  const forgets: Application = (environ, startResponse) => {
    inner(environ, startResponse);
    return "another body";
  };
  const forget = async (): Promise<void> => void (await drive(validator(forgets, { report: hear })));
  for (let i = 0; i < 20; i += 1) await forget();
  assert.equal(said.length, 20);
  // One that nobody further out saw: when it is found, the others are gone as well.
  inner(rightEnviron() as never, () => async () => {});
  while (said.length === 20) {
    collect();
    await new Promise(setImmediate);
  }
  assert.equal(said.length, 21);
});

test("a body whose iterator cannot be ended is nobody's to end: a set, of which one chunk was taken", async () => {
  const said: string[] = [];
  const report = ({ message }: ValidationError): void => void said.push(message);
  const set: Application = (_environ, startResponse) => {
    startResponse("200 OK", [["Content-Type", "text/plain"]]);
    return new Set(["a", "b"]);
  };
  const takesOne: Application = async (environ, startResponse) => {
    const body = (await validator(set, { report })(environ, startResponse)) as Iterable<string>;
    return [body[Symbol.iterator]().next().value as string];
  };
  await drive(validator(takesOne, { report }));
  assert.deepEqual(said, []);
});

test("what is no body is closed all the same, for no server will ever see it", () => {
  const closed: string[] = [];
  const application = ok(() => ({ close: () => closed.push("once") }));
  assert.throws(() => validator(application)(rightEnviron() as never, () => async () => {}), /the body is an object/);
  assert.deepEqual(closed, ["once"]);
});

test("what is no application is refused at once", () => {
  assert.throws(
    () => validator({} as unknown as Application),
    new TypeError("validator: an object: expected an application, a function (environ, startResponse)"),
  );
});

test("an application's own error, and the server's, come through as they are", async () => {
  const error = new Error("mine");
  const throws = validator(() => {
    throw error;
  });
  await assert.rejects(
    usualServer(throws as never, rightEnviron(), () => async () => {}),
    error,
  );
  assert.deepEqual(await complaints({}), []);
});
