import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Hono } from "hono";
import { ContractError } from "../../src/gateway/body.ts";
import type { Application } from "../../src/gateway/types.ts";
import type { Logger } from "../../src/observe/log.ts";
import { troubleReporter } from "../../src/worker/trouble.ts";

const here = fileURLToPath(import.meta.url);
const application: Application = () => [];

function reported(
  error: unknown,
  more: Partial<Parameters<typeof troubleReporter>[1]> = {},
): { message: string; fields: Readonly<Record<string, unknown>> } {
  let record: { message: string; fields: Readonly<Record<string, unknown>> } | undefined;
  const logger = {
    error: (message: string, fields: Readonly<Record<string, unknown>>) => (record = { message, fields }),
  } as unknown as Logger;
  const report = troubleReporter(logger, { application, file: here, ...more });
  report({ requestId: "id-1", method: "GET", target: "/x", error, answer: 500 });
  return record!;
}

test("an error of the application is logged with its own file and line, the request and its id", () => {
  const error = new Error("boom");
  const { message, fields } = reported(error);
  assert.match(message, new RegExp(`^the application failed \\(${here}:\\d+:\\d+\\)$`));
  assert.deepEqual(fields, { requestId: "id-1", request: "GET /x", answer: 500, err: error });
});

test("a broken contract that nothing threw for is logged with the place where the application is written", () => {
  const error = new ContractError("the application returned undefined");
  error.stack = "ContractError: the application returned undefined\n    at node:internal/x:1:1";
  const { message, fields } = reported(error);
  assert.match(message, new RegExp(`^the application returned undefined \\(${here}:\\d+:\\d+\\)$`));
  assert.equal("err" in fields, false);
});

test("of an object the place is that of its fetch(), unless that is a framework's", () => {
  const error = new ContractError("the fetch handler returned undefined");
  error.stack = "ContractError: x\n    at node:internal/x:1:1";
  const placeFor = (subject: unknown) => reported(error, { application: subject as Application }).message;
  assert.match(placeFor({ fetch: () => undefined }), new RegExp(`\\(${here}:\\d+:\\d+\\)$`));
  assert.ok(placeFor(new Hono()).endsWith(`(${here})`));
});

test("undefined that was thrown is said, and an error whose message throws ends nothing", () => {
  assert.match(reported(undefined).message, /^the application failed: undefined was thrown, which is no Error \(/);
  const fail = () => {
    throw new Error("looked at");
  };
  const error = Object.defineProperty(new Error("x"), "message", { get: fail });
  assert.match(reported(error, { interface: "tsgi", subject: application }).message, /^the application failed \(/);
});

test("a line of a message that looks like a call is no place", () => {
  const error = new Error("x\n    at fake (/etc/passwd:1:1)");
  assert.ok(reported(error).message.includes(`(${here}:`));
});

test("something thrown that is no error still names the application", () => {
  assert.match(reported("just text").message, new RegExp(`^the application failed \\(${here}:`));
});

test("an application that was taken for TSGI and is written for node:http is told which interface to ask for", () => {
  const subject = (req: unknown, res: { end(): void }) => [req, res.end()];
  const error = new TypeError("res.end is not a function");
  assert.match(
    reported(error, { subject, interface: "tsgi" }).message,
    /\); its parameters are called \(req, res\).*--interface node/,
  );
  assert.doesNotMatch(reported(error, { subject, interface: "node" }).message, /--interface/);
});
