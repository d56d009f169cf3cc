// The server log as another process sees it: on a real standard error, open, full and gone.

import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { text } from "node:stream/consumers";
import { test } from "node:test";

const MODULE = new URL("../../src/observe/log.ts", import.meta.url).href;

/** A process that runs `code` with `createLogger` at hand. */
function run(
  code: string,
  options: { readonly stderr?: "pipe" | number; readonly env?: NodeJS.ProcessEnv } = {},
): ChildProcess {
  const whole = `import { createLogger } from ${JSON.stringify(MODULE)};\n${code}`;
  return spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", whole], {
    stdio: ["pipe", "pipe", options.stderr ?? "pipe"],
    env: { ...process.env, ...options.env },
  });
}

async function linesOf(code: string): Promise<readonly string[]> {
  const child = run(code);
  const [said] = await Promise.all([text(child.stderr!), once(child, "exit")]);
  return said.split("\n").slice(0, -1);
}

test("a JSON record has time, level, pid, role, message and fields, and levels below the set one are not written", async () => {
  const lines = await linesOf(`
    const log = createLogger({ logLevel: "info", logFormat: "json" }, { role: "worker 2" });
    log.debug("not shown");
    log.info("100%d %s", { slot: 2 });
    log.child({ part: "boot" }).warn("\\x1b[31m\\u009b", { other: new TypeError("t") });
    process.stdout.write(String(process.pid));`);
  const [first, second, ...none] = lines.map((line) => JSON.parse(line));
  assert.deepEqual(none, []);
  assert.match(first.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.equal(typeof first.pid, "number");
  assert.deepEqual([first.level, first.role, first.msg, first.slot], ["info", "worker 2", "100%d %s", 2]);
  assert.deepEqual(
    [second.level, second.part, second.msg, second.other.type],
    ["warn", "boot", "\x1b[31m\u009b", "TypeError"],
  );
  assert.doesNotMatch(lines.join(""), /[\x1b\u009b]/);
});

test("an error is written with its message, stack, code and causes, even when a cause points back", async () => {
  const [line] = await linesOf(`
    const inner = new Error("inner");
    const outer = Object.assign(new RangeError("outer", { cause: inner }), { code: "E_X" });
    inner.cause = outer;
    createLogger({ logLevel: "info", logFormat: "json" }, { role: "master" }).error("failed", { err: outer });`);
  const { err } = JSON.parse(line!);
  assert.deepEqual([err.type, err.message, err.code, err.cause.message], ["RangeError", "outer", "E_X", "inner"]);
  assert.match(err.stack, /RangeError: outer\n\s+at /);
});

test("an error that throws when it is looked at is a line like any other, and ends nothing", async () => {
  const lines = await linesOf(`
    const fail = () => { throw new Error("looked at"); };
    const stackless = Object.defineProperty(new Error("x"), "stack", { get: fail });
    const proxy = new Proxy(new Error("x"), { get: fail, getPrototypeOf: fail });
    for (const logFormat of ["json", "pretty", "dev"]) {
      const log = createLogger({ logLevel: "info", logFormat }, { role: "master", telling: { error: fail, text: (text) => text } });
      for (const err of [stackless, proxy]) log.error("failed", { err, other: err });
    }`);
  assert.equal(lines.filter((line) => /failed/.test(line)).length, 6);
});

test("the pretty format is for people: no colour where standard error is no terminal", async () => {
  const [first, second] = await linesOf(`
    createLogger({ logLevel: "info", logFormat: "pretty" }, { role: "master" }).error("a\\nb", { n: 1 });`);
  assert.match(first!, /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} [+-]\d{4}\] \[\d+\] \[ERROR\] a n=1$/);
  assert.equal(second, "  b");
});

test("silent says nothing", async () => {
  assert.deepEqual(
    await linesOf(`createLogger({ logLevel: "silent", logFormat: "json" }, { role: "master" }).fatal("x");`),
    [],
  );
});

test("a record is on standard error before the call returns, so a killed process leaves its last words", async () => {
  const [line] = await linesOf(`
    createLogger({ logLevel: "info", logFormat: "json" }, { role: "master" }).fatal("last");
    process.kill(process.pid, "SIGKILL");`);
  assert.equal(JSON.parse(line!).msg, "last");
});

test("a full standard error does not end the process", async () => {
  const child = run(
    `const log = createLogger({ logLevel: "info", logFormat: "json" }, { role: "master" });
     for (let i = 0; i < 1000; i += 1) log.info("line");
     log.reopen();
     process.stdout.write("alive");`,
    { stderr: openSync("/dev/full", "a") },
  );
  const [said, [code]] = await Promise.all([text(child.stdout!), once(child, "exit")]);
  assert.deepEqual([said, code], ["alive", 0]);
});

test("a reader of standard error that is gone does not end the process", async () => {
  const child = run(
    `process.stdin.once("data", () => {
       const log = createLogger({ logLevel: "info", logFormat: "pretty" }, { role: "master" });
       for (let i = 0; i < 100; i += 1) log.error("nobody reads this");
       setImmediate(() => { log.error("nor this"); process.stdout.write("alive"); process.stdin.destroy(); });
     });
     process.stdout.write("up");`,
  );
  await once(child.stdout!, "data");
  child.stderr!.destroy();
  child.stdin!.end("go");
  const [said, [code]] = await Promise.all([text(child.stdout!), once(child, "exit")]);
  assert.deepEqual([said, code], ["alive", 0]);
});

test("a reader of standard error that stops does not stop the process, and reads on without a torn line", async () => {
  const child = run(
    `const log = createLogger({ logLevel: "info", logFormat: "json" }, { role: "master" });
     for (let i = 0; i < 5000; i += 1) log.info("x".repeat(200), { i });
     process.stdout.write("still here");
     process.stdin.once("data", () => log.info("the end")).once("end", () => {});`,
  );
  child.stderr!.pause();
  await once(child.stdout!, "data");
  const said = text(child.stderr!);
  child.stdin!.end("go");
  const records = (await said)
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    records.slice(0, 5000).map((r) => r.i),
    Array.from({ length: 5000 }, (_, i) => i),
  );
  assert.equal(records[5000].msg, "the end");
});

test("a logger made anew, as a reload does, takes no further descriptor and adds no listener", async () => {
  const child = run(`
    const { readdirSync } = await import("node:fs");
    const make = () => createLogger({ logLevel: "info", logFormat: "json" }, { role: "master" });
    make();
    const count = () => [readdirSync("/proc/self/fd").length, process.listenerCount("exit")].join();
    const before = count();
    for (let i = 0; i < 20; i += 1) make().info("again");
    process.stdout.write(String(before === count()));`);
  const [said, log] = await Promise.all([text(child.stdout!), text(child.stderr!), once(child, "exit")]);
  assert.equal(said, "true");
  assert.equal(log.trimEnd().split("\n").length, 20);
});

test("the number of lines that were lost is told once standard error takes lines again", async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "tsgi-log-"));
  t.after(() => rmSync(dir, { recursive: true }));
  const path = join(dir, "pipe");
  execFileSync("mkfifo", [path]);
  const gone = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY);
  const child = run(
    `const log = createLogger({ logLevel: "info", logFormat: "json" }, { role: "master" });
     process.stdin.on("data", (word) => { log.info(String(word)); process.stdout.write("."); });
     process.stdout.write(".");`,
    { stderr: writer },
  );
  closeSync(writer);
  await once(child.stdout!, "data");
  closeSync(gone);
  child.stdin!.write("nobody reads this");
  await once(child.stdout!, "data");
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  child.stdin!.end("somebody reads this");
  await once(child, "exit");
  const buffer = Buffer.alloc(65_536);
  const said = buffer.toString("utf8", 0, readSync(reader, buffer));
  closeSync(reader);
  const records = said
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    records.map((record) => record.lostLines ?? record.msg),
    ["somebody reads this", 1],
  );
});
