// --accept reuse-port: a socket for each worker, and none of them is ever nobody's.

import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { burst, freeze, notReusing, reusing } from "../support/accepting.ts";
import { get, RawClient } from "../support/client.ts";
import { node } from "../support/compiled.ts";
import { versionOf } from "../support/reuse-port.ts";
import { Server } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

test("reuse-port: who was sent to a worker that dies is answered by another one", reusing, async (t) => {
  const args = ["site:application", "--workers", "2", "--accept", "reuse-port", "--timeout", "0"];
  const server = await Server.start(t, args);
  const [stuck = 0] = server.serving();
  freeze(t, stuck);
  const clients = await Promise.all(Array.from({ length: 40 }, () => RawClient.connect(server.port)));
  for (const client of clients) client.send(get("/"));
  const all = clients.map((client) => client.response());
  process.kill(stuck, "SIGKILL");
  for (const { status, body } of await Promise.all(all)) {
    assert.equal(status, 200);
    assert.notEqual(Number(body), stuck);
  }
  for (const client of clients) client.close();
});

test("reuse-port: a Unix socket beside it is shared", reusing, async (t) => {
  const path = `${tempFolder(t)}/s`;
  const bind = ["--bind", "127.0.0.1:0", "--bind", `unix:${path}`];
  const server = await Server.start(t, ["site:application", "--workers", "2", "--accept", "reuse-port", ...bind]);
  for (const where of [server.port, path]) {
    const { by, close } = await burst(where, 60);
    assert.equal(by.size, 2);
    close();
  }
});

test("reuse-port: a Node that cannot is refused at the start", notReusing, async (t) => {
  const server = Server.spawn(t, ["site:application", "--accept", "reuse-port"]);
  const { code, stderr } = await server.ended;
  assert.equal(code, 2);
  const version = versionOf(node).replaceAll(".", "\\.");
  assert.match(
    stderr,
    new RegExp(
      `^tsgi: --accept reuse-port: it needs Node 22\\.12 or newer, and this is Node ${version}; shared and round-robin work here\n$`,
    ),
  );
});
