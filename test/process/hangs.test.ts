// A loop that is blocked where nobody is killed for it at once: while the application is imported, and under --slow-loop.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { blamed, escaped } from "../support/blame.ts";
import { ask, get } from "../support/client.ts";
import { APPS, type LogRecord, Server } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

/** A server whose next generation gets another application, and six seconds to load it. */
async function reloadWith(t: TestContext, text: string) {
  const config = (bootTimeout: number): string => JSON.stringify({ workers: 2, bootTimeout });
  const folder = tempFolder(t, {
    ...{ "package.json": '{ "type": "module" }', "tsgi.config.json": config(60) },
    "app.js": readFileSync(join(APPS, "site.js"), "utf8"),
  });
  const server = await Server.start(t, ["app:application"], { cwd: folder });
  const before = server.serving();
  writeFileSync(join(folder, "tsgi.config.json"), config(6));
  writeFileSync(join(folder, "app.js"), text);
  server.signal("SIGHUP");
  const { msg } = await server.says(/^reload failed/);
  assert.deepEqual(server.serving(), before);
  assert.ok(before.includes(Number((await ask(server.port, get("/"))).body)));
  return { said: msg, file: join(folder, "app.js") };
}

test("an import that hangs is told by file and line, and nothing of the old generation changes", async (t) => {
  const { said, file } = await reloadWith(t, "function build() {\n  for (;;);\n}\nbuild();\n");
  const where = `within 6 s \\(--boot-timeout\\) in build \\(${escaped(file)}:2:\\d+\\)$`;
  assert.match(said, new RegExp(where));
});

test("an import that waits for ever is told apart from one that hangs", async (t) => {
  const { said } = await reloadWith(t, "await new Promise(() => {});\nexport const application = () => [];\n");
  assert.match(
    said,
    /within 6 s \(--boot-timeout\); the event loop is idle, and the application's module is still being imported$/,
  );
});

test("--slow-loop reports where the loop was blocked, once in ten seconds, and kills nobody", async (t) => {
  const server = await Server.start(t, ["stuck:application", "--slow-loop", "200"]);
  const [pid] = server.serving();
  const slow = (): readonly LogRecord[] => server.records.filter(({ msg }) => /blocked/.test(msg));
  assert.equal((await ask(server.port, get("/burn?1500"))).status, 200);
  const told = await server.says(/blocked/);
  assert.match(
    told.msg,
    new RegExp(
      `^worker 1 \\(pid ${pid}\\): its event loop was blocked for \\d+ ms in burn \\(${escaped(blamed("/burn"))}:\\d+\\)(?:, calling [^;]+)?; 1 request in flight: GET /burn\\?1500 \\(`,
    ),
  );
  assert.equal(told.level, "warn");
  const ms = Number(/for (\d+) ms/.exec(told.msg)?.[1]);
  assert.ok(ms >= 1_400, String(ms));
  for (const again of ["/burn?400", "/burn?400"]) await ask(server.port, get(again));
  assert.equal((await ask(server.port, get("/"))).body, String(pid));
  assert.equal(slow().length, 1);
});
