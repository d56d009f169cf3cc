import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { openFatalReport } from "../../src/master/fatal-report.ts";
import { reportFatalErrors } from "../../src/worker/fatal-report.ts";
import { tempFolder } from "../support/temp-folder.ts";

test("Node is told to write its report into the nameless file, without names of peers and without the environment", (t) => {
  const report = process.report as unknown as Record<string, unknown>;
  const names = ["filename", "compact", "excludeNetwork", "excludeEnv", "reportOnFatalError"].filter(
    (name) => name in report,
  );
  const before = Object.fromEntries(names.map((name) => [name, report[name]]));
  t.after(() => Object.assign(report, before));
  const file = openFatalReport([tempFolder(t)]);
  t.after(() => file.close());
  assert.equal(reportFatalErrors(file.fd!), true);
  for (const name of names.slice(1)) assert.equal(report[name], true, name);
  process.report!.writeReport(String(report["filename"]));
  const written = file.read();
  assert.equal(written?.event, "JavaScript API");
  assert.equal(written?.isOutOfMemory, false);
  assert.ok(written!.heapUsed! > 1_000_000);
});

test("no other file is written to, whatever has the descriptor", (t) => {
  const fd = openSync(join(tempFolder(t), "of the application's"), "w");
  assert.equal(reportFatalErrors(fd), false);
  closeSync(fd);
  assert.equal(reportFatalErrors(fd), false);
});
