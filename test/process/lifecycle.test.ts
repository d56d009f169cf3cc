// startup() and shutdown() of an application, in real workers, on every kind of stop short of SIGKILL.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { ask, get, RawClient } from "../support/client.ts";
import { assertShutDown, pidsOf, serveLifecycle, sorted, toldBy } from "../support/lifecycle.ts";
import { APPS } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

const TEXT = readFileSync(join(APPS, "lifecycle.js"), "utf8");

test("startup runs in each worker before it serves, and is told which one it is", async (t) => {
  const server = await serveLifecycle(t, ["--workers", "2"]);
  assert.deepEqual(pidsOf(server, "startup"), sorted(server.serving()));
  assert.deepEqual(
    toldBy(server)
      .map(({ slot, generation, workers }) => [slot, generation, workers])
      .sort(),
    [
      [1, 1, 2],
      [2, 1, 2],
    ],
  );
  assert.equal((await server.stop()).code, 0);
  assertShutDown(server, /^the server stops on SIGTERM$/);
});

test("shutdown runs once in each worker on a quick stop", async (t) => {
  for (const signals of [["SIGINT"], ["SIGTERM", "SIGTERM"]] as const) {
    const server = await serveLifecycle(t, ["--workers", "2"]);
    const client = await RawClient.connect(server.port);
    t.after(() => client.close());
    client.send(get("/never"));
    // Whoever answers, the other request was there before.
    await ask(server.port, get("/"));
    for (const signal of signals) {
      const said = server.records.length;
      server.signal(signal);
      await server.says(/^stopping on/, said);
    }
    assert.equal((await server.ended).code, 0);
    assertShutDown(server, /^the server stops on SIG/);
    assert.equal(await client.rest(), "");
  }
});

test("shutdown runs when a worker is recycled, scaled away, or told to leave by a signal of its own", async (t) => {
  const server = await serveLifecycle(t, ["--workers", "2", "--max-requests", "3"]);
  const shutDown = async (pid: number, reason: RegExp): Promise<void> => {
    await server.until(() => pidsOf(server, "shutdown").includes(pid), `${pid} was never shut down`);
    assert.match(toldBy(server).find((told) => told.what === "shutdown" && told.pid === pid)!.reason, reason);
  };
  const client = await RawClient.connect(server.port);
  t.after(() => client.close());
  let recycled = 0;
  for (let i = 0; i < 3; i += 1) {
    client.send(get("/"));
    recycled = Number((await client.response()).body);
  }
  await shutDown(recycled, /served 3 requests/);
  for (const [signal, why] of [
    ["SIGTERM", /SIGTERM to this worker/],
    ["SIGQUIT", /SIGQUIT to this worker/],
  ] as const) {
    const [first = 0, ...others] = await server.untilServing(2);
    process.kill(first, signal);
    await shutDown(first, why);
    await server.until(() => server.serving().some((pid) => pid !== first && !others.includes(pid)));
  }
  const before = await server.untilServing(2);
  server.signal("SIGTTOU");
  await server.until(() => before.some((pid) => pidsOf(server, "shutdown").includes(pid)));
  assert.equal((await server.stop()).code, 0);
  assertShutDown(server, /./);
});

test("shutdown runs in the old workers of a reload, and in the new ones of one that is withdrawn", async (t) => {
  const folder = tempFolder(t, { "package.json": '{ "type": "module" }', "lifecycle.js": TEXT });
  const server = await serveLifecycle(t, ["--workers", "2", "--settle", "1"], { cwd: folder });
  const old = server.serving();
  server.signal("SIGHUP");
  await server.until(() => old.every((pid) => pidsOf(server, "shutdown").includes(pid)));
  assert.match((await server.says(/^generation 2 serves with/)).msg, /2 workers/);
  const serving = await server.untilServing(2, old);
  // The second worker of the next generation does not get ready, when the first one is.
  const flag = join(folder, "taken");
  const once = `import { openSync } from "node:fs"; openSync(${JSON.stringify(flag)}, "wx");\n`;
  writeFileSync(join(folder, "lifecycle.js"), once + TEXT);
  server.signal("SIGHUP");
  assert.match((await server.says(/^reload failed, generation 2 goes on/)).msg, /EEXIST/);
  await server.until(() => pidsOf(server, "shutdown").length === 3, "the withdrawn worker was never shut down");
  assert.deepEqual(sorted(server.serving()), sorted(serving));
  assert.equal((await server.stop()).code, 0);
  assertShutDown(server, /./);
});

test("shutdown runs when the master is gone", async (t) => {
  const server = await serveLifecycle(t, ["--workers", "2"]);
  process.kill(server.pid, "SIGKILL");
  await server.ended;
  assertShutDown(server, /^the master is gone$/);
});

test("a shutdown that throws is logged, and the server ends with 0 all the same", async (t) => {
  const server = await serveLifecycle(t, [], { env: { SHUTDOWN: "rejects" } });
  assert.equal((await server.stop()).code, 0);
  const failed = await server.says(/^shutdown\(\) of .*lifecycle\.js failed/);
  assert.equal(failed.level, "error");
  assert.match(JSON.stringify(failed), /shutdown is broken.*lifecycle\.js:\d+/);
});

test("a shutdown that hangs holds no stop: it hears when its time is nearly over, and nobody has to kill", async (t) => {
  const stops = [
    ["SIGTERM", ["--graceful-timeout", "1"]],
    ["SIGINT", []],
  ] as const;
  const run = async ([signal, args]: (typeof stops)[number]): Promise<void> => {
    const server = await serveLifecycle(t, args, { env: { SHUTDOWN: "hangs" } });
    assert.equal((await server.stop(signal)).code, 0);
    assert.equal(pidsOf(server, "nearly over").length, 1);
    await server.says(/^shutdown\(\) of .*lifecycle\.js was not over in time/);
    assert.deepEqual(
      server.records.filter(({ msg }) => /is killed/.test(msg)),
      [],
    );
  };
  await Promise.all(stops.map(run));
});
