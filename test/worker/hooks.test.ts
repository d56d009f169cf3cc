import assert from "node:assert/strict";
import { join } from "node:path";
import process from "node:process";
import { type TestContext, test } from "node:test";
import type { Logger } from "../../src/observe/log.ts";
import { WorkerHooks } from "../../src/worker/hooks.ts";
import { SETTINGS } from "../support/settings.ts";
import { tempFolder } from "../support/temp-folder.ts";

/** The hooks of such a file; they put what they are given into `globalThis.told`. */
async function hooksOf(t: TestContext, hooks: string, limitMs?: number) {
  const told: unknown[] = [];
  const said: { readonly message: string; readonly fields: unknown }[] = [];
  Object.assign(globalThis, { told });
  const logger = { error: (message: string, fields: unknown) => void said.push({ message, fields }) } as Logger;
  const file = join(
    tempFolder(t, { "tsgi.config.mjs": `export default { hooks: {\n${hooks}\n} };` }),
    "tsgi.config.mjs",
  );
  const options = { file, slot: 2, generation: 3, settings: SETTINGS, logger };
  return { hooks: await WorkerHooks.load(limitMs === undefined ? options : { ...options, limitMs }), told, said };
}

const facts = { slot: 2, generation: 3, pid: process.pid };

test("each hook of a worker is told who it is, and what the moment is about", async (t) => {
  const names = ["postFork", "postWorkerInit", "workerInt", "workerExit"];
  const text = names.map((name) => `${name}: (event) => told.push(["${name}", event])`).join(",\n");
  const { hooks, told, said } = await hooksOf(t, text);
  await hooks.postFork();
  await hooks.postWorkerInit({ file: "/srv/app.js", exportName: "app" });
  hooks.workerInt("the server stops on SIGINT");
  hooks.workerExit(0);
  hooks.workerExit(1);
  assert.deepEqual(told, [
    ["postFork", { ...facts, settings: SETTINGS }],
    ["postWorkerInit", { ...facts, settings: SETTINGS, file: "/srv/app.js", exportName: "app" }],
    ["workerInt", { ...facts, why: "the server stops on SIGINT" }],
    ["workerExit", { ...facts, code: 0 }],
  ]);
  assert.deepEqual(said, []);
});

test("without a file nothing is loaded, nothing is called, and requests have no hooks", async () => {
  const logger = { error: () => assert.fail("no trouble") } as unknown as Logger;
  const hooks = await WorkerHooks.load({ file: null, slot: 1, generation: 1, settings: SETTINGS, logger });
  await hooks.postFork();
  hooks.workerExit(1);
  assert.equal(hooks.requests, undefined);
});

test("a boot waits for its hooks, but not for ever; one that fails is logged with its place", async (t) => {
  const { hooks, told, said } = await hooksOf(
    t,
    `async postFork() { await new Promise((done) => setTimeout(done, 5)); told.push("done"); },
postWorkerInit: () => new Promise(() => {}),
workerExit() { throw new Error("no disk"); },`,
    50,
  );
  await hooks.postFork();
  assert.deepEqual(told, ["done"]);
  await hooks.postWorkerInit({ file: "/srv/app.js", exportName: "app" });
  hooks.workerExit(0);
  assert.equal(said[0]!.message, "hook postWorkerInit has not finished after 0.05 s: it is not waited for any longer");
  assert.match(said[1]!.message, /^hook workerExit failed: Error: no disk \(.*tsgi\.config\.mjs:4:\d+\)$/);
  assert.match(String((said[1]!.fields as { err: Error }).err.stack), /no disk/);
});

test("a workerExit that is not done when it returns is told that nobody waits for it", async (t) => {
  const { hooks, said } = await hooksOf(t, "workerExit: async () => {}");
  hooks.workerExit(0);
  assert.match(said[0]!.message, /^hook workerExit gave a promise: the process ends now/);
});

test("a hook that fails for every request is in the log once, and so is the other one", async (t) => {
  const { hooks, said } = await hooksOf(t, "preRequest() {}");
  for (let i = 0; i < 1_000; i += 1) {
    for (const name of ["preRequest", "postRequest"])
      hooks.requests!.onTrouble({ name, message: `hook ${name} failed` });
  }
  assert.deepEqual(
    said.map(({ message }) => message),
    ["hook preRequest failed", "hook postRequest failed"],
  );
});

test("a file that does not load ends the boot as a fault of the configuration", async () => {
  const options = { slot: 1, generation: 1, settings: SETTINGS, logger: {} as Logger };
  await assert.rejects(WorkerHooks.load({ ...options, file: "/no/such/tsgi.config.mjs" }), { code: "config-file" });
});
