import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, readFileSync, readSync, writeSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { hasLifeline, Lines, openLifeline, readAsk, sayAtOnce } from "../../src/ipc/lifeline.ts";
import { readLine, type SideReport } from "../../src/ipc/side-reports.ts";
import { deferred } from "../support/deferred.ts";
import { tempFolder } from "../support/temp-folder.ts";

const CRASH: SideReport = {
  ...{ tsgi: "crashed", origin: "uncaughtException", message: "m", stack: "s", place: null, requests: [] },
};

/** Two ends of a socket, as a worker's descriptor and ours. */
async function pair(t: TestContext): Promise<readonly [ours: net.Socket, theirs: net.Socket]> {
  const accepted = deferred<net.Socket>();
  const server = net.createServer((socket) => accepted.resolve(socket));
  await new Promise<void>((listening) => server.listen(join(tempFolder(t), "s"), listening));
  const theirs = net.connect(server.address() as string);
  const ours = await accepted.promise;
  server.close();
  t.after(() => {
    ours.destroy();
    theirs.destroy();
  });
  return [ours, theirs];
}

test("text is cut into lines wherever it was torn apart", () => {
  const text = "one\n\ntwo and more\nthree";
  for (let size = 1; size <= text.length; size += 1) {
    const lines = new Lines();
    const found: string[] = [];
    for (let at = 0; at < text.length; at += size) found.push(...lines.push(text.slice(at, at + size)));
    assert.deepEqual(found, ["one", "", "two and more"]);
    assert.deepEqual(lines.push("\n"), ["three"]);
  }
});

test("a line that is too long is skipped up to its end, and holds no memory meanwhile", () => {
  for (const size of [1, 3, 100]) {
    const lines = new Lines(5);
    const text = `ok\n${"x".repeat(50)}\nfine!\n${"y".repeat(6)}\nend\n`;
    const found: string[] = [];
    for (let at = 0; at < text.length; at += size) found.push(...lines.push(text.slice(at, at + size)));
    assert.deepEqual(found, ["ok", "fine!", "end"]);
  }
});

test("the master hears reports between whatever else is written to the descriptor, and its end after all of them", async (t) => {
  const [ours, theirs] = await pair(t);
  const heard: SideReport[] = [];
  const line = openLifeline(ours, (report) => heard.push(report));
  theirs.write(`hello\n{"tsgi":"ready"}\n${JSON.stringify(CRASH)}\n${"x".repeat(2_000_000)}\n`);
  theirs.write(`\xff\xfe\n${JSON.stringify(CRASH)}\nand a last one without an end`);
  theirs.end();
  await line.closed;
  assert.deepEqual(heard, [CRASH, CRASH]);
});

test("a question arrives as a line, and one to a worker that is gone is dropped", async (t) => {
  const [ours, theirs] = await pair(t);
  const line = openLifeline(ours, () => assert.fail("nobody spoke"));
  line.ask("stack", 3);
  line.ask("requests", 4);
  const lines = new Lines();
  const asked: unknown[] = [];
  for await (const chunk of theirs) {
    asked.push(...lines.push(String(chunk)).map(readAsk));
    if (asked.length === 2) break;
  }
  assert.deepEqual(asked, [
    { tsgi: "stack", ticket: 3 },
    { tsgi: "requests", ticket: 4 },
  ]);
  await line.closed;
  line.ask("stack", 5);
});

test("only our two questions are questions", () => {
  for (const line of [
    "",
    "{}",
    '{"tsgi":"stack"}',
    '{"tsgi":"quit","ticket":1}',
    '{"tsgi":"stack","ticket":"1"}',
    "null",
  ]) {
    assert.equal(readAsk(line), null);
  }
});

test("a worker that was never started has a line that is over", async () => {
  for (const nothing of [null, undefined]) {
    const line = openLifeline(nothing, () => {});
    line.ask("stack", 1);
    await line.closed;
  }
});

test("last words are written before the call returns", (t) => {
  const path = join(tempFolder(t), "words");
  const fd = openSync(path, "w");
  t.after(() => closeSync(fd));
  assert.equal(sayAtOnce(CRASH, fd), true);
  assert.deepEqual(readLine(readFileSync(path, "utf8").trimEnd()), CRASH);
});

test("last words wait a moment for a full pipe, and no longer", (t) => {
  const path = join(tempFolder(t), "pipe");
  execFileSync("mkfifo", [path]);
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  t.after(() => closeSync(fd));
  assert.throws(() => {
    for (;;) writeSync(fd, Buffer.alloc(4_096));
  }, /EAGAIN/);
  const startedAt = performance.now();
  assert.equal(sayAtOnce(CRASH, fd), false);
  assert.ok(performance.now() - startedAt >= 250);
  for (let free = 0; free < 65_536; ) free += readSync(fd, Buffer.alloc(65_536));
  assert.equal(sayAtOnce(CRASH, fd), true);
});

test("nobody listens on a descriptor that is closed, or that is something else", (t) => {
  const path = join(tempFolder(t), "file");
  const fd = openSync(path, "w");
  assert.equal(hasLifeline(fd), false);
  closeSync(fd);
  assert.equal(hasLifeline(fd), false);
  assert.equal(sayAtOnce(CRASH, fd), false);
});
