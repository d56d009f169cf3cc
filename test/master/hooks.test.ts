import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { type TestContext, test } from "node:test";
import type { ChildExitEvent, HooksSource, PreForkEvent } from "../../src/config/hooks.ts";
import { hookNames } from "../../src/config/hooks.ts";
import { MasterHooks } from "../../src/master/hooks.ts";
import { settingsWith } from "../support/plan-world.ts";
import { tempFolder } from "../support/temp-folder.ts";

/** What was logged goes into a list. */
function hooksOf(t: TestContext, hooks: object | null) {
  const said: string[] = [];
  const before = process.listeners("uncaughtException");
  t.after(() => {
    for (const listener of process.listeners("uncaughtException")) {
      if (!before.includes(listener)) process.off("uncaughtException", listener);
    }
  });
  return { said, hooks: new MasterHooks(hooks, (message) => void said.push(message)) };
}

const DEATH: ChildExitEvent = {
  ...{ slot: 2, generation: 1, pid: 77, code: null, signal: "SIGKILL" },
  ...{ cause: "killed", reason: "was killed by SIGKILL" },
};
const FORK: PreForkEvent = { slot: 1, generation: 1, settings: settingsWith() };

test("a hook is called with its event; one that is not there costs nothing, and one that fails is logged", (t) => {
  const seen: unknown[] = [];
  const { hooks, said } = hooksOf(t, {
    childExit: (event: object) => seen.push(event),
    onServing() {
      throw new Error("no network");
    },
  });
  hooks.run({ name: "childExit", event: DEATH });
  hooks.run({ name: "onReload", event: { generation: 2, settings: settingsWith() } });
  hooks.run({ name: "onServing", event: { urls: [], workers: 1, tookMs: 1 } });
  assert.deepEqual(seen, [DEATH]);
  assert.equal(said.length, 1);
  assert.match(said[0]!, /^hook onServing failed: Error: no network \(.*hooks\.test\.ts:\d+:\d+\)$/);
});

test("a start and an end wait for their hooks, within a limit", async (t) => {
  let done = false;
  const { hooks, said } = hooksOf(t, {
    async onStarting() {
      await new Promise((resolve) => setTimeout(resolve, 5));
      done = true;
    },
    onExit: () => new Promise(() => {}),
  });
  await hooks.runWithin(60_000, {
    ...{ name: "onStarting", event: { version: "1.2.3", pid: 1, settings: settingsWith() } },
  });
  assert.equal(done, true);
  await hooks.runWithin(10, { name: "onExit", event: { code: 0 } });
  assert.deepEqual(said, ["hook onExit has not finished after 0.01 s: it is not waited for any longer"]);
});

test("preFork gives variables and options of Node", (t) => {
  const given = { env: { SHARD: "3" }, execArgv: ["--max-old-space-size=64"] };
  const { hooks, said } = hooksOf(t, { preFork: ({ slot }: PreForkEvent) => (slot === 1 ? given : undefined) });
  assert.deepEqual(hooks.additionsFor(FORK), given);
  assert.deepEqual(hooksOf(t, { preFork: () => ({}) }).hooks.additionsFor(FORK), { env: {}, execArgv: [] });
  assert.deepEqual(hooks.additionsFor({ ...FORK, slot: 2 }), {});
  assert.deepEqual(hooksOf(t, {}).hooks.additionsFor(FORK), {});
  assert.deepEqual(hooksOf(t, null).hooks.additionsFor(FORK), {});
  assert.deepEqual(said, []);
});

test("a preFork that throws, or gives what cannot be used, adds nothing, and the log says what it was", (t) => {
  for (const [preFork, why] of [
    [
      () => {
        throw new Error("no shard");
      },
      /^hook preFork failed: Error: no shard \(.*:\d+:\d+\); the worker starts without additions$/,
    ],
    [async () => ({ env: {} }), /gave a promise: the worker starts at once/],
    [() => "A=1", /gave string: expected \{ env, execArgv \} or nothing; the worker starts without additions$/],
    [() => ({ environment: {} }), /gave environment: expected \{ env, execArgv \}/],
    [() => ({ env: { A: 1 } }), /gave an env that is no object of text/],
    [() => ({ env: { A: "a\0b" } }), /gave an env that is no object of text/],
    [() => ({ env: ["A=1"] }), /gave an env that is no object of text/],
    [
      () => ({
        env: {
          get A() {
            throw new Error("no");
          },
        },
      }),
      /gave an env that is no object of text/,
    ],
    [() => ({ execArgv: "--inspect" }), /gave an execArgv that is no list of text/],
  ] as const) {
    const { hooks, said } = hooksOf(t, { preFork });
    assert.deepEqual(hooks.additionsFor(FORK), {});
    assert.equal(said.length, 1);
    assert.match(said[0]!, why);
  }
});

test("with a generation that takes over, its hooks hold; a file that does not load any more leaves the old ones", async (t) => {
  const folder = tempFolder(t);
  const file = join(folder, "tsgi.config.mjs");
  const calls: string[] = [];
  Object.assign(globalThis, { calls });
  const write = (name: string) =>
    writeFileSync(file, `export default { hooks: { childExit() { calls.push("${name}"); } } };`);
  const source: HooksSource = { file, names: hookNames(file, { childExit() {} }) };
  const { hooks, said } = hooksOf(t, { childExit: () => calls.push("first") });
  const die = () => hooks.run({ name: "childExit", event: DEATH });
  write("second");
  const adopted = hooks.adopt(source);
  die();
  await adopted;
  die();
  writeFileSync(file, "export default {");
  await hooks.adopt(source);
  die();
  assert.deepEqual(calls, ["first", "second", "second"]);
  assert.equal(said.length, 1);
  assert.match(said[0]!, /^the hooks could not be loaded again, the old ones hold: .*tsgi\.config\.mjs/);
  // Hooks for workers are no reason to import the file here.
  await hooks.adopt({ file: "/no/such/file", names: ["postFork"] });
  die();
  assert.equal(calls.length, 3);
});

test("of two generations that take over in a row, the later one's hooks hold", async (t) => {
  const folder = tempFolder(t, {
    "slow.mjs": `await new Promise((go) => setTimeout(go, 100)); export default { hooks: { childExit() { order.push("slow"); } } };`,
    "quick.mjs": `export default { hooks: { childExit() { order.push("quick"); } } };`,
  });
  const order: string[] = [];
  Object.assign(globalThis, { order });
  const { hooks } = hooksOf(t, null);
  const adopt = (name: string) => hooks.adopt({ file: join(folder, name), names: ["childExit"] });
  await Promise.all([adopt("slow.mjs"), adopt("quick.mjs")]);
  hooks.run({ name: "childExit", event: DEATH });
  assert.deepEqual(order, ["quick"]);
});
