import assert from "node:assert/strict";
import { test } from "node:test";
import type { Application } from "../../src/gateway/types.ts";
import { isLinted, linted } from "../../src/worker/lint.ts";
import { drive } from "../support/exchange.ts";

for (const [lint, mode, expected] of [
  ["on", undefined, true],
  ["on", "production", true],
  ["off", "development", false],
  ["auto", "development", true],
  ["auto", "production", false],
  ["auto", undefined, false],
] as const) {
  test(`--lint ${lint} with NODE_ENV ${mode} is ${expected ? "on" : "off"}`, () => {
    assert.equal(isLinted({ lint, mode }), expected);
  });
}

/** A logger that keeps what it is told. */
function listening() {
  const said: string[] = [];
  const hear = (level: string) => (message: string) => void said.push(`${level} ${message}`);
  return { said, logger: { debug: hear("debug"), info: hear("info"), warn: hear("warn"), error: hear("error") } };
}

const untyped: Application = (_environ, startResponse) => {
  startResponse("200 OK", []);
  return ["text"];
};

test("switched off, the application is untouched and nothing is said", () => {
  const { said, logger } = listening();
  const loaded = { application: untyped, file: "/app.ts" };
  assert.equal(linted(loaded, { lint: "off", mode: "development", logger }), untyped);
  assert.deepEqual(said, []);
});

test("switched on, it says so, and a warning once with the place of the application", async () => {
  const { said, logger } = listening();
  const application = linted({ application: untyped, file: "/app.ts" }, { lint: "on", mode: undefined, logger });
  for (let i = 0; i < 2; i += 1) assert.equal((await drive(application)).body, "text");
  assert.equal(said.length, 2);
  assert.match(said[0]!, /^info the validator is on: .* \(--lint on\)$/);
  assert.match(said[1]!, /^warn the application.* has no Content-Type.* \(\/.*lint\.test\.ts:\d+:\d+\)$/);
});

test("the line says how to turn it off where nobody turned it on", () => {
  const { said, logger } = listening();
  linted({ application: untyped, file: "/app.ts" }, { lint: "auto", mode: "development", logger });
  assert.match(said[0]!, /NODE_ENV is development; --lint off turns it off/);
});
