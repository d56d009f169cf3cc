import assert from "node:assert/strict";
import { test } from "node:test";
import { noLogs, World } from "../support/plan-world.ts";

test("each signal asks for what its row in the table says", () => {
  const first = (signal: Parameters<World["signal"]>[0]): string | undefined =>
    noLogs(World.serving({ workers: 2 }).signal(signal))[0];
  assert.equal(first("SIGTERM"), "quit 1 graceful 30000");
  assert.equal(first("SIGINT"), "quit 1 quick 0");
  assert.equal(first("SIGQUIT"), "quit 1 quick 0");
  assert.equal(first("SIGHUP"), "read-configuration");
  assert.equal(first("SIGTTIN"), "fork 3 (slot 3)");
  assert.equal(first("SIGTTOU"), "quit 2 graceful 30000");
  assert.equal(first("SIGUSR1"), "reopen-logs");
  assert.equal(first("SIGUSR2"), "fork-heir");
  assert.equal(first("SIGWINCH"), undefined);
});

test("USR1 opens the logs of master and workers again, except of those that have none yet", () => {
  const world = World.serving({ workers: 2 });
  world.signal("SIGTTIN");
  assert.deepEqual(world.signal("SIGUSR1"), ["reopen-logs", "reopen 1", "reopen 2"]);
});

test("HUP does nothing in a stop", () => {
  const world = World.serving({ workers: 1 });
  world.signal("SIGTERM");
  assert.deepEqual(world.signal("SIGHUP"), []);
});
