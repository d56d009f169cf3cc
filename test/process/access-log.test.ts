// The access log: whole lines, none lost when a server stops, reloads or rotates its files.

import assert from "node:assert/strict";
import { existsSync, readFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ask, get, RawClient } from "../support/client.ts";
import { holdRequest } from "../support/hold.ts";
import { Load } from "../support/load.ts";
import { Server } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

const COMBINED =
  /^127\.0\.0\.1 - - \[\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "(?:GET|POST) \/\d+ HTTP\/1\.1" 200 \d+ "-" "-"$/;

function linesOf(text: string): readonly string[] {
  assert.ok(text === "" || text.endsWith("\n"), "the last line is not whole");
  return text.split("\n").slice(0, -1);
}

test("every request of a load has one whole line in the file after TERM", async (t) => {
  const file = join(tempFolder(t), "access.log");
  const server = await Server.start(t, ["echo:application", "--workers", "2", "--access-log", file]);
  const load = await Load.start(t, { where: server.port });
  await load.more(500);
  const { answered, failures } = await load.stop();
  await server.stop();
  assert.deepEqual(failures, []);
  const lines = linesOf(readFileSync(file, "utf8"));
  assert.equal(lines.length, answered);
  for (const line of lines) assert.match(line, COMBINED);
});

test("--access-log - is standard output, and a request that ends during the stop is in it", async (t) => {
  const format = "%(m)s %(U)s?%(q)s %(s)s %(B)s %(I)s %({x-mark}i)s %({content-type}o)s %({PATH_INFO}e)s";
  const args = ["--access-log", "-", "--access-log-format", format];
  const server = await Server.start(t, ["site:application", ...args]);
  const held = await holdRequest(server.port, "X-Mark: held\r\n");
  const { body } = await ask(server.port, get("/a%20b?c=d", 'X-Mark: "quoted"\r\n'));
  server.signal("SIGTERM");
  await server.says(/^stopping on/);
  await held.finish();
  const { code, stdout } = await server.ended;
  assert.equal(code, 0);
  assert.deepEqual(linesOf(stdout), [
    `GET /a%20b?c=d 200 ${body.length} 0 \\"quoted\\" text/plain /a b`,
    "POST /hold? 200 15 10 held text/plain /hold",
  ]);
});

test("--access-log-format json is an object on each line, whatever the client sends", async (t) => {
  const server = await Server.start(t, ["site:application", "--access-log", "-", "--access-log-format", "json"]);
  await ask(server.port, get("/x", 'User-Agent: a","x":"1\r\nReferer: \xe9\r\n'));
  const { stdout } = await server.stop();
  const [line = ""] = linesOf(stdout);
  const entry = JSON.parse(line) as Readonly<Record<string, unknown>>;
  assert.equal(entry["user_agent"], 'a","x":"1');
  assert.equal(entry["referer"], "\xe9");
  assert.deepEqual([entry["status"], entry["target"], "x" in entry], [200, "/x", false]);
});

test("a reader of the access log that leaves costs lines, but no request and no worker", async (t) => {
  const server = await Server.start(t, ["site:application", "--access-log", "-"]);
  const [worker] = server.workers();
  server.stopReading();
  await ask(server.port, get("/"));
  const record = await server.says(/^the access log cannot be written to standard output: EPIPE/);
  assert.deepEqual([record.level, record.pid], ["error", worker]);
  assert.equal((await ask(server.port, get("/"))).body, String(worker));
  assert.equal((await server.stop()).code, 0);
});

test("a client that leaves before the answer has its line, marked", async (t) => {
  const args = ["--access-log", "-", "--access-log-format", "%(U)s %(s)s %(X)s"];
  const server = await Server.start(t, ["site:application", ...args]);
  const client = await RawClient.connect(server.port);
  client.send(get("/later?60000"));
  assert.equal((await client.response()).status, 103);
  client.socket.resetAndDestroy();
  await server.until(() => server.stdout.endsWith("\n"));
  assert.equal(server.stdout, "/later - X\n");
});

test("USR1 after a rename opens a new file, and no line is lost between the two", async (t) => {
  const folder = tempFolder(t);
  const [file, old] = [join(folder, "access.log"), join(folder, "access.log.1")];
  const server = await Server.start(t, ["echo:application", "--workers", "2", "--access-log", file]);
  const load = await Load.start(t, { where: server.port });
  // Lines are written in batches; without one there is nothing to rename.
  await load.until(() => statSync(file).size > 0);
  renameSync(file, old);
  server.signal("SIGUSR1");
  await load.until(() => existsSync(file));
  await load.more(400);
  const { answered, failures } = await load.stop();
  await server.stop();
  assert.deepEqual(failures, []);
  const [first, second] = [linesOf(readFileSync(old, "utf8")), linesOf(readFileSync(file, "utf8"))];
  assert.equal(first.length + second.length, answered);
  assert.ok(first.length > 0 && second.length > 200, `${first.length} and ${second.length}`);
  for (const line of [...first, ...second]) assert.match(line, COMBINED);
});

test("a reload keeps writing to the same file, and loses no line", async (t) => {
  const file = join(tempFolder(t), "access.log");
  const server = await Server.start(t, ["echo:application", "--workers", "2", "--access-log", file]);
  const before = server.serving();
  const load = await Load.start(t, { where: server.port });
  server.signal("SIGHUP");
  await server.says(/^generation 2 serves/);
  await server.untilServing(2, before);
  await load.more(100);
  const { answered, failures } = await load.stop();
  await server.stop();
  assert.deepEqual(failures, []);
  assert.equal(linesOf(readFileSync(file, "utf8")).length, answered);
});
