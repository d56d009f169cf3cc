// The middlewares of the example around every kind of body: what they change, and that they keep the contract on both of their sides.

import assert from "node:assert/strict";
import { open } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { application, shout, timing, user } from "../../examples/middleware/app.ts";
import type { Application } from "../../src/gateway/types.ts";
import { type ValidationError, validator } from "../../src/gateway/validate.ts";
import { type Driven, drive, type Outcome, start } from "../support/exchange.ts";
import { header } from "./paste-support.ts";

/** Through all three, with a validator on each side of each. */
async function through(inner: Application, method = "GET"): Promise<Outcome> {
  const said: ValidationError[] = [];
  const note = (error: ValidationError): void => void said.push(error);
  const check = (one: Application): Application => validator(one, { warn: note, report: note });
  const outcome = await drive(check(timing(check(user(check(shout(check(inner))))))), { method, target: "/?name=ada" });
  assert.deepEqual([said.map(String), outcome.troubles], [[], []]);
  return outcome;
}

const text = [["Content-Type", "text/plain"]] as const;

test("the application streams three lines in capitals, for who asks, with its timing", async () => {
  const driven: Driven = start(validator(application), { target: "/?name=ada" });
  await driven.done;
  const { body, events, troubles } = driven.outcome;
  assert.equal(body, "ONE\nTWO\nTHREE, FOR ADA\n");
  assert.match(header(driven.outcome, "server-timing") ?? "", /^app;dur=\d+\.\d$/);
  // A head with the first line, two more, and an end: nothing was collected.
  assert.deepEqual([events.map(({ type }) => type), troubles], [["response", "data", "data", "end"], []]);
});

for (const [kind, body] of [
  ["a string", () => "abc"],
  ["bytes", () => Buffer.from("abc")],
  ["an array", () => ["abc"]],
] as const) {
  test(`${kind} is answered in one event with a length, without a turn of the loop`, () => {
    const driven = start(
      shout((_environ, startResponse) => {
        startResponse("200 OK", [...text, ["Content-Length", "3"]]);
        return body();
      }),
    );
    assert.deepEqual([driven.outcome.end, driven.outcome.body, driven.outcome.length], ["whole", "ABC", 3]);
  });
}

test("generators, promises, files and write() go through, and every side keeps the contract", async () => {
  const applications: Application[] = [
    function* (environ, startResponse) {
      startResponse("200 OK", text);
      yield "a";
      yield Buffer.from(`b ${environ["example.user"]}`);
    },
    async (_environ, startResponse) => {
      startResponse("200 OK", text);
      return ["a", "b ada"];
    },
    async (_environ, startResponse) => {
      const write = startResponse("200 OK", text);
      await write("a");
      return ["b ada"];
    },
    async function* (_environ, startResponse) {
      startResponse("200 OK", text);
      yield "a";
      yield "b ada";
    },
  ];
  for (const one of applications) assert.equal((await through(one)).body, "AB ADA");
  const file = fileURLToPath(import.meta.url);
  const handle = await open(file);
  const { size } = await handle.stat();
  const served: Application = (environ, startResponse) => {
    startResponse("200 OK", [...text, ["Content-Length", String(size)]]);
    return environ["tsgi.file_wrapper"](handle);
  };
  assert.equal((await through(served)).body.length, size);
  assert.equal(handle.fd, -1);
});

test("close() reaches the body inside exactly once, also under HEAD and when the client leaves", async () => {
  let closed = 0;
  let ended = 0;
  const body = () => ({
    *[Symbol.iterator]() {
      try {
        for (;;) yield "a";
      } finally {
        ended += 1;
      }
    },
    close() {
      closed += 1;
    },
  });
  const endless: Application = (_environ, startResponse) => {
    startResponse("200 OK", text);
    return body();
  };
  await through(endless, "HEAD");
  assert.deepEqual([closed, ended], [1, 1]);
  const serve = shout(endless);
  const left = new Error("gone");
  const { outcome } = start((environ, startResponse) => {
    const result = serve(environ, startResponse) as Iterable<string> & { close(): unknown };
    let given = 0;
    return {
      *[Symbol.iterator]() {
        for (const chunk of result) {
          given += 1;
          if (given > 3) throw left;
          yield chunk;
        }
      },
      close: () => result.close(),
    };
  });
  assert.equal(outcome.end, "cut");
  assert.deepEqual([closed, ended], [2, 2]);
});

test("an error goes through as it is, and its page is in capitals as well", async () => {
  const failing: Application = (_environ, startResponse) => {
    try {
      startResponse("200 OK", text);
      throw new Error("oh");
    } catch (error) {
      startResponse("503 Service Unavailable", text, error);
      return ["sorry"];
    }
  };
  const { status, body } = await through(failing);
  assert.deepEqual([status, body], [503, "SORRY"]);
});
