import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import {
  callHook,
  callHookWithin,
  type HookTrouble,
  hasHook,
  loadHook,
  loadHooks,
} from "../../src/modules/user-hooks.ts";
import { compiled, node } from "../support/compiled.ts";
import { tempFolder } from "../support/temp-folder.ts";

const collect = () => {
  const troubles: HookTrouble[] = [];
  return { troubles, onTrouble: (trouble: HookTrouble) => void troubles.push(trouble) };
};

test("a hook gets its event, and is a method of what holds it", () => {
  const { troubles, onTrouble } = collect();
  const hooks = {
    calls: [] as unknown[],
    preFork(event: object) {
      this.calls.push(event);
      return "given";
    },
  };
  assert.equal(callHook(hooks, "preFork", { slot: 1 }, onTrouble), "given");
  assert.equal(callHook(hooks, "childExit", {}, onTrouble), undefined);
  assert.deepEqual([hooks.calls, troubles], [[{ slot: 1 }], []]);
  assert.deepEqual(
    [hasHook(hooks, "preFork"), hasHook(hooks, "calls"), hasHook(hooks, "onExit")],
    [true, false, false],
  );
});

test("what a hook throws, or rejects with, comes back with file and line; what is thrown need not be an error", async (t) => {
  const folder = tempFolder(t, {
    "tsgi.config.ts": `export default {
  hooks: {
    preFork(event: { slot: number }) { throw new TypeError(\`no slot \${event.slot}\`); },
    async childExit() {
      await undefined;
      throw new Error("no network");
    },
    onExit() { throw "just so"; },
    onReload: () => ({ then(_done: unknown, failed: (why: unknown) => void) { failed(new Error("thenable")); } }),
  },
};`,
  });
  const file = join(folder, "tsgi.config.ts");
  const hooks = (await loadHooks(file))!;
  const { troubles, onTrouble } = collect();
  assert.equal(callHook(hooks, "preFork", { slot: 3 }, onTrouble), undefined);
  assert.equal(await callHook(hooks, "childExit", {}, onTrouble), undefined);
  callHook(hooks, "onExit", {}, onTrouble);
  await callHook(hooks, "onReload", {}, onTrouble);
  const [first, second, third, fourth] = troubles.map(({ message }) => message);
  assert.match(first!, /^hook preFork failed: TypeError: no slot 3 \(.*tsgi\.config\.ts:3:\d+\)$/);
  assert.match(second!, /^hook childExit failed: Error: no network \(.*tsgi\.config\.ts:6:\d+\)$/);
  assert.equal(third, 'hook onExit failed: the string "just so" was thrown, which is no Error');
  assert.match(fourth!, /^hook onReload failed: Error: thenable/);
  assert.ok(troubles[0]!.err instanceof TypeError);
});

test("one that is waited for is waited for, and one that never ends is given up", async () => {
  const { troubles, onTrouble } = collect();
  let done = false;
  const hooks = {
    onExit: async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      done = true;
    },
    onStarting: () => new Promise(() => {}),
    whenReady: () => "at once",
  };
  await callHookWithin(60_000, hooks, "onExit", {}, onTrouble);
  assert.deepEqual([done, troubles], [true, []]);
  await callHookWithin(60_000, hooks, "whenReady", {}, onTrouble);
  await callHookWithin(20, hooks, "onStarting", {}, onTrouble);
  assert.deepEqual(troubles, [
    { name: "onStarting", message: "hook onStarting has not finished after 0.02 s: it is not waited for any longer" },
  ]);
});

test("a file without hooks, or without the one that is asked for, has none", async (t) => {
  const folder = tempFolder(t, {
    "none.mjs": "export default {};",
    "other.mjs": "export default { hooks: { onExit() {} } };",
  });
  assert.equal(await loadHooks(join(folder, "none.mjs")), null);
  assert.equal(await loadHook(join(folder, "none.mjs"), "workerAbort"), null);
  assert.equal(await loadHook(join(folder, "other.mjs"), "workerAbort"), null);
});

// What a watchdog does: it is a thread, which has loaded its hook before the main thread is blocked, and calls it meanwhile.
test("a thread loads a hook of its own, in TypeScript too, and calls it while the main thread is blocked", async (t) => {
  const source = await compiled(["modules/user-hooks.ts"]);
  t.after(() => rmSync(dirname(source), { recursive: true }));
  const folder = tempFolder(t, {
    "tsgi.config.ts": `interface Event { readonly blockedMs: number; readonly flag: Int32Array }
export default {
  hooks: {
    workerAbort({ blockedMs, flag }: Event): void {
      Atomics.store(flag, 0, blockedMs);
      Atomics.notify(flag, 0);
      throw new Error("still harmless");
    },
  },
};`,
    "thread.mjs": `import { parentPort, workerData } from "node:worker_threads";
const { loadHook } = await import(workerData.module);
const abort = await loadHook(workerData.file, "workerAbort");
parentPort.postMessage("loaded");
const flag = new Int32Array(workerData.shared);
Atomics.wait(flag, 1, 0);
abort({ blockedMs: 42, flag }, ({ message }) => parentPort.postMessage(message));`,
    "main.mjs": `import { Worker } from "node:worker_threads";
import { once } from "node:events";
const [module, file] = process.argv.slice(2);
const shared = new SharedArrayBuffer(8);
const flag = new Int32Array(shared);
const thread = new Worker(new URL("./thread.mjs", import.meta.url), { workerData: { module, file, shared } });
console.log(...await once(thread, "message"));
Atomics.store(flag, 1, 1);
Atomics.notify(flag, 1);
// From here on nothing of this thread runs until the hook was called.
console.log(Atomics.wait(flag, 0, 0, 20_000), Atomics.load(flag, 0));
console.log(...await once(thread, "message"));`,
  });
  const args = [join(folder, "main.mjs"), pathToFileURL(join(source, "modules/user-hooks.js")).href];
  const { stdout, stderr } = spawnSync(node, [...args, join(folder, "tsgi.config.ts")], { encoding: "utf8" });
  const [loaded, waited, failed] = stdout.split("\n");
  assert.equal(loaded, "loaded", stderr);
  assert.match(waited!, /^(?:ok|not-equal) 42$/);
  assert.match(failed!, /^hook workerAbort failed: Error: still harmless \(.*tsgi\.config\.ts:7:\d+\)$/);
});
