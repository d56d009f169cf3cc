import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { test } from "node:test";
import type { Logger } from "../../src/observe/log.ts";
import type { ConnectionInfo } from "../../src/protocol/events.ts";
import { fault } from "../../src/protocol/faults.ts";
import { RefusalLog } from "../../src/worker/refusals.ts";
import { headOf } from "../support/exchange.ts";

const INFO: ConnectionInfo = {
  remoteAddress: "192.0.2.1",
  remotePort: "1",
  localAddress: "",
  localPort: "",
  scheme: "http",
};

function logOf(windowMs: number) {
  const lines: [string, string, unknown][] = [];
  const written = new EventEmitter();
  const note = (level: string) => (message: string, fields?: unknown) => {
    lines.push([level, message, fields]);
    written.emit("line");
  };
  const logger = { debug: note("debug"), info: note("info"), warn: note("warn") } as unknown as Logger;
  return { lines, written, log: new RefusalLog(logger, windowMs) };
}

test("the first refusal of a kind is a line at once, a million more are one line with their number", () => {
  const { lines, log } = logOf(60_000);
  for (let i = 0; i < 1_000_000; i += 1) log.note(fault("http1.bad-host", 3), INFO);
  log.note(fault("edge.overloaded", 0), { ...INFO, remoteAddress: "" });
  assert.equal(lines.length, 2);
  assert.deepEqual(lines[0], [
    "info",
    "refused a request from 192.0.2.1: the Host field is not a host with an optional port",
    { status: 400, fault: "http1.bad-host", at: 3 },
  ]);
  assert.deepEqual(lines[1]!.slice(0, 1), ["warn"]);
  assert.match(lines[1]![1], /^refused a request from a Unix socket: --limit-in-flight requests/);
  log.flush();
  assert.deepEqual(lines.slice(2), [
    [
      "info",
      "refused 999999 requests more for the same reason: the Host field is not a host with an optional port",
      { fault: "http1.bad-host", count: 999_999, seconds: 60 },
    ],
  ]);
});

test("a sum is written when the window ends, and a quiet window makes the next one a first again", async () => {
  const { lines, written, log } = logOf(20);
  const keepAlive = setInterval(() => {}, 1_000);
  log.note(fault("http1.bad-host", 0), INFO);
  log.note(fault("http1.bad-host", 0), INFO);
  await once(written, "line");
  assert.match(lines[1]![1], /^refused 1 request more/);
  // A window with nothing in it closes without a word; what comes after it is a first.
  const first = once(written, "line");
  const probe = setInterval(() => log.note(fault("http1.bad-host", 7), INFO), 200);
  await first;
  clearInterval(probe);
  clearInterval(keepAlive);
  assert.match(lines[2]![1], /^refused a request from/);
  log.flush();
});

test("connections that were worn out are summed too: a share of requests for the curious, a pipeline without an end for all", () => {
  const { lines, log } = logOf(60_000);
  for (let i = 0; i < 3; i += 1) {
    log.wornOut("--limit-connection-requests");
    log.wornOut("--limit-pipelined");
  }
  log.flush();
  assert.deepEqual(
    lines.map(([level, message]) => `${level}: ${message}`),
    [
      "debug: closed a connection after as many requests as --limit-connection-requests allows",
      "info: closed a connection after as many requests as --limit-pipelined allows",
      "debug: closed 2 connections more after as many requests as --limit-connection-requests allows",
      "info: closed 2 connections more after as many requests as --limit-pipelined allows",
    ],
  );
  assert.deepEqual(lines.at(-1)![2], { limit: "--limit-pipelined", count: 2, seconds: 60 });
});

test("requests that had their time are a warning that names the first, and are summed", () => {
  const { lines, log } = logOf(60_000);
  const head = headOf({ method: "POST", target: "/slow?x" });
  log.overdue(head, INFO, "id-7", 504);
  for (let i = 0; i < 3; i += 1) log.overdue(headOf({}), { ...INFO, remoteAddress: "" }, "id-8", "cut");
  log.flush();
  assert.deepEqual(lines, [
    [
      "warn",
      "gave up POST /slow?x from 192.0.2.1: it was not over within --request-timeout",
      { requestId: "id-7", request: "POST /slow?x", answer: 504 },
    ],
    [
      "warn",
      "gave up 3 requests more that were not over within --request-timeout",
      { limit: "--request-timeout", count: 3, seconds: 60 },
    ],
  ]);
});
