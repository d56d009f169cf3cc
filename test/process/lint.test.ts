// The validator in a real server: under --lint and in development, and by hand in the middle of a stack of middlewares.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ask, get } from "../support/client.ts";
import { APPS, Server } from "../support/server.ts";

const SOURCE = readFileSync(join(APPS, "lint.js"), "utf8").split("\n");
const lineOf = (name: string): number => SOURCE.findIndex((line) => line.endsWith(` // blame: ${name}`)) + 1;
const CLOSE = "Connection: close\r\n";
const VALIDATOR_IS_ON = /^the validator is on: every request is checked/;

test("--lint on: right requests are as ever, a violation is a 500 and one error with file and line, a warning one line", async (t) => {
  const server = await Server.start(t, ["lint:pages", "--lint", "on", "--ready-path", "/fine"]);
  assert.match((await server.says(VALIDATOR_IS_ON)).msg, /--lint on/);
  const { port } = server;
  assert.equal(
    (await ask(port, `POST /streams HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n${CLOSE}\r\nab`)).body,
    "ab",
  );

  const failed = await ask(port, get("/header", CLOSE));
  assert.equal(failed.status, 500);
  assert.doesNotMatch(failed.body, /PEP|Bad/);
  const error = await server.says(/header name "X Bad"/);
  assert.equal(error.level, "error");
  assert.match(
    error.msg,
    /^the application, or a middleware .* broke the contract: .*\(PEP 3333, .*\) \(.*lint\.js:\d+:\d+\)$/,
  );
  assert.ok(error.msg.includes(`lint.js:${lineOf("/header")}:`));

  for (let i = 0; i < 3; i += 1) assert.equal((await ask(port, get("/untyped", CLOSE))).body, "no type");
  const cut = await ask(port, get("/late", CLOSE)).catch(() => undefined);
  assert.notEqual(cut?.body, "begun5");
  const late = await server.says(/the body has 5 as a chunk/);
  assert.ok(late.msg.includes(`lint.js:${lineOf("pages")}:`));
  const warnings = server.records.filter(({ level, msg }) => level === "warn" && msg.includes("has no Content-Type"));
  assert.deepEqual(
    warnings.map(({ rule }) => rule),
    ["content-type.missing"],
  );
  assert.deepEqual(
    server.records.filter(({ level }) => level === "error").length,
    2,
    "nothing but the two violations is an error",
  );
});

test("without a word it is on in development and off elsewhere, where the server lets through what it can", async (t) => {
  const development = await Server.start(t, ["lint:pages", "--env", "NODE_ENV=development"]);
  assert.match((await development.says(VALIDATOR_IS_ON)).msg, /NODE_ENV is development; --lint off turns it off/);
  const usual = await Server.start(t, ["lint:pages"], { env: { NODE_ENV: "production" } });
  assert.equal((await ask(usual.port, get("/untyped", CLOSE))).body, "no type");
  const off = await Server.start(t, ["lint:pages", "--env", "NODE_ENV=development", "--lint", "off"]);
  assert.equal((await ask(off.port, get("/env", CLOSE))).body, "development");
  for (const server of [usual, off]) assert.ok(!server.records.some(({ msg }) => VALIDATOR_IS_ON.test(msg)));
});

test("in the middle of a stack it says which middleware's side broke the contract, and nothing of those that kept it", async (t) => {
  const server = await Server.start(t, ["lint:stack"]);
  const { port } = server;
  const post = `POST /fine HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n${CLOSE}\r\nquiet`;
  for (let i = 0; i < 2; i += 1) assert.equal((await ask(port, post)).body, "QUIET");
  assert.equal((await ask(port, post.replace("/fine", "/streams"))).body, "QUIET");
  assert.equal((await ask(port, get("/env", CLOSE).replace("GET", "HEAD"))).status, 200);
  assert.deepEqual(
    server.records.filter(({ level }) => level === "error" || level === "warn").map(({ msg }) => msg),
    [],
  );
  assert.equal((await ask(port, get("/loses-signal", CLOSE))).status, 500);
  const { msg } = await server.says(/the environ has no tsgi\.signal/);
  assert.match(msg, /^the server, or a middleware between it and the validator, broke the contract/);
});
