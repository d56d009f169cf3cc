// What a person sees who starts a server: the processes, the lines it prints, the first answer.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, get } from "../support/client.ts";
import { Server, titleOf } from "../support/server.ts";

test("one master and as many workers as asked for, each with its title", async (t) => {
  const server = await Server.start(t, ["site:application", "--workers", "4"]);
  assert.equal(titleOf(server.pid), "tsgi: master [site:application]");
  const titles = server.workers().map(titleOf).sort();
  assert.deepEqual(
    titles,
    [1, 2, 3, 4].map((slot) => `tsgi: worker ${slot} [site:application]`),
  );
  assert.deepEqual([...server.processes()].sort(), [server.pid, ...server.workers()].sort());
});

test("the start prints who serves, each address and how long it took, and nothing else", async (t) => {
  const server = await Server.start(t, ["site:application", "--workers", "2", "--log-level", "info"]);
  await ask(server.port, get("/"));
  const serving = server.records.length;
  const ended = await server.stop();
  const said = server.records.slice(0, serving).map(({ level, msg }) => `${level} ${msg}`);
  assert.equal(said.length, 3);
  assert.match(
    said[0]!,
    new RegExp(`^info tsgi \\S+ \\(pid ${server.pid}\\) serving site:application with 2 workers$`),
  );
  assert.equal(said[1], `info listening on http://127.0.0.1:${server.port}`);
  assert.match(said[2]!, /^info ready in \d+ ms$/);
  assert.equal(ended.stdout, "");
  assert.equal(server.lines.length, server.records.length, "a line that is no record of the log");
});

test("the pretty format prints the same lines, for a person", async (t) => {
  const server = await Server.start(t, ["site:application", "--bind", "127.0.0.1:0", "--log-format", "pretty"], {
    bare: true,
  });
  const [first = "", second = "", third = ""] = server.lines;
  assert.equal(server.lines.length, 3);
  assert.match(
    first,
    /^\[\d{4}-\d\d-\d\d [\d:.]+ [+-]\d{4}\] \[\d+\] \[INFO\] tsgi \S+ \(pid \d+\) serving .* 1 worker$/,
  );
  assert.match(second, /\[INFO\] listening on http:\/\/127\.0\.0\.1:\d+$/);
  assert.match(third, /\[INFO\] ready in \d+ ms$/);
});

test("an answer carries Server and Date, and the connection is kept", async (t) => {
  const server = await Server.start(t, ["site:application"]);
  const { status, fields, body } = await ask(server.port, get("/", "User-Agent: curl/8.5.0\r\nAccept: */*\r\n"));
  assert.equal(status, 200);
  assert.match(fields["server"] ?? "", /^tsgi/);
  assert.match(fields["date"] ?? "", /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/);
  assert.equal(fields["connection"], undefined);
  assert.equal(body, String(server.workers()[0]));
});
