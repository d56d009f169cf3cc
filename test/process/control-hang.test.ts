// `tsgi ctl` and a master that stands still, stops, or dies while somebody waits for its answer: nobody waits for ever.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { StatusData } from "../../src/ipc/control-data.ts";
import { get, ask as request } from "../support/client.ts";
import { beside, controlled } from "../support/ctl.ts";
import { Server } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

test("a master that stands still is given up after a time, and answers again when it goes on", async (t) => {
  const { server, ctl, ask } = await controlled(t, ["site:application"]);
  server.signal("SIGSTOP");
  const [hangs, waits] = await Promise.all([ctl("status"), ctl("reload", "--wait")]);
  server.signal("SIGCONT");
  for (const { code, stderr } of [hangs, waits]) {
    assert.equal(code, 3);
    assert.match(
      stderr,
      /^tsgi: the server at .* did not answer within 10 s: it is stopped, or its machine is overloaded\n$/,
    );
  }
  assert.equal((await ask<StatusData>("status")).ready, true);
  assert.equal((await request(server.port, get("/"))).status, 200);
});

test("a server that stops or dies tells whoever waits for its reload", async (t) => {
  const folder = tempFolder(t);
  for (const [signal, code, stderr] of [
    ["SIGTERM", 1, /^tsgi: the server stops \(SIGTERM\)\n$/],
    ["SIGKILL", 3, /^tsgi: the server at .* ended the conversation without an answer: it is gone, or going\n$/],
  ] as const) {
    const path = join(folder, signal);
    writeFileSync(join(folder, "app.mjs"), "export const application = () => [];");
    const server = await Server.start(t, ["app:application", "--control", path], { cwd: folder });
    writeFileSync(join(folder, "app.mjs"), "setInterval(() => {}, 1_000);\nawait new Promise(() => {});");
    const waits = beside(t, path).ctl("reload", "--wait");
    await server.says(/^reloading/);
    server.signal(signal);
    const ended = await waits;
    assert.equal(ended.code, code);
    assert.match(ended.stderr, stderr);
  }
});
