// The access log's promises to an operator: where lines go, rotation, and the words when it fails.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { TsgiError } from "../../src/errors.ts";
import { openAccessLog } from "../../src/observe/access-log.ts";

function folder(t: { after(f: () => void): void }): string {
  const made = mkdtempSync(join(tmpdir(), "tsgi-access-"));
  t.after(() => rmSync(made, { recursive: true }));
  return made;
}

const never = (error: Error): void => assert.fail(error);

test("a renamed file keeps its lines and the path gets a new file at reopen; no line is in both or neither", async (t) => {
  const dir = folder(t);
  const path = join(dir, "access.log");
  const log = openAccessLog(path, { onError: never });
  for (let i = 0; i < 3_000; i += 1) {
    if (i === 1_500) {
      renameSync(path, `${path}.1`);
      log.reopen();
    }
    log.write(`request ${i}`);
  }
  await log.flush();
  log.close();
  const [old, made] = [readFileSync(`${path}.1`, "utf8"), readFileSync(path, "utf8")];
  assert.ok(made.endsWith("request 2999\n"));
  assert.equal(old + made, Array.from({ length: 3_000 }, (_, i) => `request ${i}\n`).join(""));
});

test("a reopen that fails is told, and the old file goes on", async (t) => {
  const dir = folder(t);
  mkdirSync(join(dir, "a"));
  const path = join(dir, "a", "access.log");
  const errors: Error[] = [];
  const log = openAccessLog(path, { onError: (error) => errors.push(error) });
  renameSync(join(dir, "a"), join(dir, "b"));
  log.reopen();
  log.write("kept");
  await log.flush();
  log.close();
  assert.deepEqual(
    errors.map((error) => error.message),
    [`cannot open the access log "${path}": its folder does not exist`],
  );
  assert.equal(readFileSync(join(dir, "b", "access.log"), "utf8"), "kept\n");
});

test("a path that cannot be opened is a failure of its own that names the path and the reason", (t) => {
  const dir = folder(t);
  execFileSync("mkfifo", [join(dir, "pipe")]);
  for (const [path, why] of [
    [join(dir, "no", "access.log"), "its folder does not exist"],
    [dir, "it is a folder; the name of a file fits"],
    [join(dir, "pipe"), "it is a named pipe that nobody reads, or a socket"],
    ["/dev/null/x", "a part of its path is not a folder"],
  ] as const) {
    assert.throws(
      () => openAccessLog(path, { onError: never }),
      (error) =>
        error instanceof TsgiError &&
        error.code === "log-file" &&
        error.exitCode === 24 &&
        error.message === `cannot open the access log "${path}": ${why}`,
    );
  }
});

test("a full disk is reported once however long it lasts, and requests never notice", async () => {
  const errors: Error[] = [];
  const log = openAccessLog("/dev/full", { onError: (error) => errors.push(error) });
  for (let i = 0; i < 20_000; i += 1) log.write(`request ${i}`);
  await log.flush();
  for (let i = 0; i < 20_000; i += 1) log.write(`request ${i}`);
  await log.flush();
  log.flushSync();
  log.reopen();
  await log.flush();
  assert.equal(errors.length, 1);
  assert.match(errors[0]!.message, /^the access log cannot be written to \/dev\/full: ENOSPC.*; requests go on$/);
  log.close();
});
