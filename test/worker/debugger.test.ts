// Which worker has the debugger, what it is spared, and what is said when an address is not like the usual one.

import assert from "node:assert/strict";
import inspector from "node:inspector";
import { test } from "node:test";
import { closeDebugger, openDebugger, unhurried } from "../../src/worker/debugger.ts";
import { SETTINGS } from "../support/settings.ts";

const WORKERS = { min: 1, max: 1 };

/** What is said, by level. */
async function opened(host: string, options: { readonly slot?: number; readonly isFirst?: boolean } = {}) {
  const said: [string, string][] = [];
  const say = (level: string) => (message: string) => void said.push([level, message]);
  await openDebugger({
    settings: { inspect: { host, port: 0 }, workers: WORKERS },
    ...{ slot: options.slot ?? 1, isFirst: options.isFirst ?? true },
    logger: { debug: say("debug"), info: say("info"), warn: say("warn") },
  });
  return said;
}

test("the worker that may stand at a breakpoint has no time limits, and the other ones keep theirs", () => {
  const settings = {
    ...SETTINGS,
    ...{ inspect: { host: "127.0.0.1", port: 9229 }, timeout: 3, slowLoop: 1, bootTimeout: 9, requestTimeout: 5 },
  };
  const { timeout, slowLoop, bootTimeout, requestTimeout } = unhurried(settings, 1);
  assert.deepEqual([timeout, slowLoop, bootTimeout, requestTimeout], [0, 0, 0, 0]);
  assert.equal(unhurried(settings, 2), settings);
  const usual = { ...settings, inspect: null };
  assert.equal(unhurried(usual, 1), usual);
});

test("a worker in another place opens nothing", async () => {
  assert.deepEqual(await opened("127.0.0.1", { slot: 2 }), []);
  assert.equal(inspector.url(), undefined);
});

test("an inspector that Node has opened is left alone, and that is said", async () => {
  inspector.open(0, "127.0.0.1");
  const url = inspector.url();
  assert.deepEqual(await opened("127.0.0.1"), [
    ["warn", `--inspect: Node's own --inspect has opened ${url} already, which is left as it is`],
  ]);
  assert.equal(inspector.url(), url);
  inspector.close();
});

test("an address that others may reach is warned of, and the port is closed at once when the worker has to go", async () => {
  const [warning, address] = await opened("0.0.0.0");
  assert.deepEqual(warning, ["warn", "--inspect: whoever reaches 0.0.0.0:0 can run any code in this server"]);
  assert.equal(address![0], "info");
  assert.match(address![1], /^a debugger may attach to worker 1 at 0\.0\.0\.0:[1-9]\d*: /);
  assert.ok(inspector.url() !== undefined);
  closeDebugger();
  assert.equal(inspector.url(), undefined);
  assert.deepEqual(await opened("127.0.0.1", { isFirst: false }), [], "it has been told to go");
});
