import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fstatSync, readdirSync, writeSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openFatalReport, parseFatalReport } from "../../src/master/fatal-report.ts";
import { node } from "../support/compiled.ts";
import { tempFolder } from "../support/temp-folder.ts";

const NODE_REPORT = {
  header: { event: "Allocation failed - JavaScript heap out of memory", trigger: "OOMError" },
  javascriptHeap: { usedMemory: 50_000_000, memoryLimit: 92_274_688 },
};

test("the file has no name, so nothing is left behind and nobody can put something in its place", (t) => {
  const folder = tempFolder(t);
  const report = openFatalReport([folder]);
  t.after(() => report.close());
  assert.deepEqual(readdirSync(folder), []);
  const file = fstatSync(report.fd!);
  assert.ok(file.isFile());
  assert.equal(file.nlink, 0);
  assert.equal(report.read(), null);
  writeSync(report.fd!, JSON.stringify(NODE_REPORT));
  assert.deepEqual(report.read(), {
    event: "Allocation failed - JavaScript heap out of memory",
    isOutOfMemory: true,
    heapUsed: 50_000_000,
    heapLimit: 92_274_688,
  });
});

test("another folder is taken where the first will not do; without any the server goes on without this evidence", (t) => {
  const folder = tempFolder(t);
  const second = openFatalReport([join(folder, "none"), folder]);
  assert.notEqual(second.fd, null);
  second.close();
  const none = openFatalReport([join(folder, "none")]);
  assert.equal(none.fd, null);
  assert.equal(none.read(), null);
  none.close();
});

test("a process that inherits the descriptor writes to it by its path", async (t) => {
  const report = openFatalReport([tempFolder(t)]);
  t.after(() => report.close());
  const script = 'require("node:fs").writeFileSync("/dev/fd/5", JSON.stringify({ header: { event: "x" } }))';
  const child = spawn(node, ["-e", script], {
    stdio: ["ignore", "inherit", "inherit", "ignore", "ignore", report.fd!],
  });
  assert.deepEqual(await once(child, "exit"), [0, null]);
  assert.deepEqual(report.read(), { event: "x", isOutOfMemory: false, heapUsed: null, heapLimit: null });
});

test("a report that was cut short still says that there was one, and why as far as it goes", () => {
  assert.equal(parseFatalReport(""), null);
  const whole = JSON.stringify(NODE_REPORT);
  assert.deepEqual(parseFatalReport(whole.slice(0, 100)), {
    event: "Allocation failed - JavaScript heap out of memory",
    isOutOfMemory: true,
    heapUsed: null,
    heapLimit: null,
  });
  assert.deepEqual(parseFatalReport('{"hea'), { event: "", isOutOfMemory: false, heapUsed: null, heapLimit: null });
  assert.equal(parseFatalReport("{}")?.event, "");
});
