import assert from "node:assert/strict";
import fs from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Settings } from "../../src/config/options.ts";
import { Actuator, type ActuatorParts } from "../../src/master/actuator.ts";
import type { Fact } from "../../src/master/facts.ts";
import { MasterHooks } from "../../src/master/hooks.ts";
import { Listeners } from "../../src/master/listeners.ts";
import type { Action } from "../../src/master/moves.ts";
import type { Logger } from "../../src/observe/log.ts";
import { settingsWith } from "../support/plan-world.ts";
import { tempFolder } from "../support/temp-folder.ts";

const ENTRY = fileURLToPath(new URL("../programs/master/worker.js", import.meta.url));

/** An actuator whose facts can be waited for one by one, and whose log is a list. */
function actuatorOf(t: TestContext, parts: Partial<ActuatorParts> = {}) {
  const facts: Fact[] = [];
  const lines: string[] = [];
  let wake = (): void => {};
  let ids: readonly number[] = [];
  const openLog = ({ logLevel }: Settings): Logger => {
    const write = (message: string, fields: object = {}): void =>
      void lines.push(`${logLevel}: ${message} ${JSON.stringify(fields)}`);
    const log = { trace: write, debug: write, info: write, warn: write, error: write, fatal: write };
    return { ...log, reopen: () => write("reopened"), flush: () => {}, child: () => assert.fail("no child is needed") };
  };
  const actuator = new Actuator({
    ...{
      entry: ENTRY,
      listeners: new Listeners(),
      pidfile: null,
      openLog,
      settings: settingsWith({ logLevel: "info" }),
      hooks: new MasterHooks(null, () => assert.fail("there are no hooks")),
    },
    configure: () => assert.fail("nobody asked"),
    stopReading: () => assert.fail("nobody asked"),
    leave: () => assert.fail("nobody asked"),
    answer: () => assert.fail("nobody asked"),
    heir: { start: () => assert.fail("nobody asked"), signal: () => assert.fail("nobody asked") },
    ...{ parent: null, heirlooms: [], notifier: null },
    enqueue(fact) {
      facts.push(fact);
      if (fact.fact === "forked") ids = [...ids, fact.id];
      wake();
    },
    ...parts,
  });
  t.after(() => {
    for (const id of ids) actuator.perform({ do: "kill", id });
  });
  const next = async (): Promise<Fact> => {
    for (;;) {
      const fact = facts.shift();
      if (fact !== undefined) return fact;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { actuator, next, lines };
}

const fork = (env: Readonly<Record<string, string>> = {}, changes: Partial<Settings> = {}): Action => {
  const settings = settingsWith({ env, ...changes });
  return { do: "fork", id: 7, slot: 3, generation: 2, settings };
};
const boot = (settings: Settings): Action => ({
  ...{ do: "boot", id: 7, slot: 3, generation: 2, settings, failure: null },
});
/** A worker that was not killed, and of which V8 wrote nothing. */
const NO_EVIDENCE = { oomKill: null, fatal: null };
const hello: Fact = { fact: "report", id: 7, report: { tsgi: "hello" } };

test("a worker's life comes back as facts: forked, what it reports, and its exit last", async (t) => {
  const listeners = new Listeners();
  t.after(() => listeners.closeAll());
  const [info] = await listeners.open({
    ...settingsWith(),
    bind: [{ kind: "unix", path: join(tempFolder(t), "s") }],
  });
  const { actuator, next } = actuatorOf(t, { listeners });
  actuator.perform(fork());
  const forked = await next();
  assert.ok(forked.fact === "forked" && forked.id === 7 && forked.pid > 0);
  assert.deepEqual(await next(), hello);
  actuator.perform(boot(settingsWith()));
  assert.deepEqual(await next(), { fact: "report", id: 7, report: { tsgi: "loaded", tookMs: 1 } });
  actuator.perform({ do: "listen", id: 7, listeners: [info!.index], backlog: 5 });
  assert.deepEqual(await next(), { fact: "report", id: 7, report: { tsgi: "ready" } });
  const quit = { style: "graceful", graceMs: 1000, why: "a test", succeeded: true, handBack: false } as const;
  actuator.perform({ do: "quit", id: 7, ...quit });
  const rest: Fact[] = [];
  while (rest.at(-1)?.fact !== "exit") rest.push(await next());
  assert.deepEqual(
    rest.filter((fact) => !("report" in fact && fact.report.tsgi === "beat")),
    [
      { fact: "report", id: 7, report: { tsgi: "draining", inFlight: 0 } },
      { fact: "exit", id: 7, code: 0, signal: null, trouble: null, evidence: NO_EVIDENCE },
    ],
  );
  for (const action of [
    { do: "kill", id: 7 },
    { do: "reopen", id: 7 },
  ] as const)
    actuator.perform(action);
});

test("the last report of a worker that exits right after it comes before its exit", async (t) => {
  const { actuator, next } = actuatorOf(t);
  actuator.perform(fork({ FAKE: "boot-failed", MARK: "x".repeat(50_000) }));
  await next();
  await next();
  actuator.perform(boot(settingsWith()));
  const failed = await next();
  assert.ok(failed.fact === "report" && failed.report.tsgi === "boot-failed" && failed.report.message.length > 50_000);
  assert.deepEqual(await next(), { fact: "exit", id: 7, code: 42, signal: null, trouble: null, evidence: NO_EVIDENCE });
});

test("a killed worker, and one that cannot be forked, come back as exits", async (t) => {
  const { actuator, next } = actuatorOf(t);
  actuator.perform(fork());
  await next();
  actuator.perform({ do: "kill", id: 7 });
  let fact = await next();
  while (fact.fact !== "exit") fact = await next();
  assert.deepEqual(fact, {
    ...{ fact: "exit", id: 7, code: null, signal: "SIGKILL" },
    trouble: null,
    evidence: NO_EVIDENCE,
  });

  actuator.perform(fork({}, { chdir: "/no/such/folder" }));
  const never = await next();
  assert.ok(never.fact === "exit" && never.code === null && never.signal === null);
  assert.match(never.trouble!, /ENOENT/);
  actuator.perform(fork({ BROKEN: "a\0b" }));
  const refused = await next();
  assert.ok(refused.fact === "exit");
  assert.match(refused.trouble!, /null bytes/);
});

test("the workers are looked at from outside", {
  skip: process.platform !== "linux" && "there is no /proc",
}, async (t) => {
  const { actuator, next } = actuatorOf(t);
  assert.equal(actuator.look().size, 0);
  actuator.perform(fork());
  await next();
  // Before it says something, the process has hardly begun.
  assert.deepEqual(await next(), hello);
  assert.ok(actuator.look().get(7)!.rss > 1_048_576);
});

test("what a dying worker writes to the side line comes before its exit, between whatever else is written there", async (t) => {
  const { actuator, next } = actuatorOf(t);
  actuator.perform(fork({ FAKE: "last-words" }));
  await next();
  await next();
  actuator.perform(boot(settingsWith()));
  const words = await next();
  assert.ok(words.fact === "report" && words.report.tsgi === "crashed");
  assert.equal(words.report.message, "Error: x");
  assert.equal(words.report.stack.length, 16_000);
  assert.deepEqual(await next(), { fact: "exit", id: 7, code: 1, signal: null, trouble: null, evidence: NO_EVIDENCE });
});

test("a worker is asked where it stands: for the plan the answer is a fact, for others it comes to who asked", async (t) => {
  const { actuator, next } = actuatorOf(t);
  assert.equal(await actuator.inspect(7, "stack"), null, "there is no such worker");
  actuator.perform(fork({ FAKE: "answers" }));
  await next();
  assert.deepEqual(await next(), hello);
  const said = (note: string) => ({ frames: null, place: null, note, requests: null });
  const both = [actuator.inspect(7, "stack"), actuator.inspect(7, "requests")];
  assert.deepEqual(await Promise.all(both), [said("stack"), said("requests")]);
  actuator.perform({ do: "ask-whereabouts", id: 7 });
  assert.deepEqual(await next(), {
    ...{ fact: "report", id: 7, report: { tsgi: "whereabouts", ticket: 0, at: said("stack") } },
  });
  const late = actuator.inspect(7, "stack");
  actuator.perform({ do: "kill", id: 7 });
  // The answer, or the end of the line: either way nobody waits.
  await late;
  assert.equal((await next()).fact, "exit");
  assert.equal(await actuator.inspect(7, "stack"), null);
});

test("a worker that does not answer is given up after two seconds", async (t) => {
  const { actuator, next } = actuatorOf(t);
  actuator.perform(fork());
  await next();
  assert.equal(await actuator.inspect(7, "stack"), null);
});

test("what V8 wrote before it gave up is in the evidence of the exit", async (t) => {
  const { actuator, next } = actuatorOf(t);
  actuator.perform(fork({ FAKE: "fatal" }));
  await next();
  await next();
  actuator.perform(boot(settingsWith()));
  const gone = await next();
  assert.ok(gone.fact === "exit");
  assert.deepEqual(gone.evidence?.fatal, {
    ...{ event: "out of memory", isOutOfMemory: true, heapUsed: 5, heapLimit: 4 },
  });
});

test("reading the configuration answers with it, or with the reason why not", async (t) => {
  const settings = settingsWith({ workers: 9 });
  const good = actuatorOf(t, {
    configure: async (current) => ({ settings: { ...settings, app: current.app }, restart: ["umask"], listeners: [] }),
  });
  good.actuator.perform({ do: "read-configuration", current: settingsWith({ app: "now:app" }) });
  assert.deepEqual(await good.next(), {
    fact: "configured",
    configuration: { settings: { ...settings, app: "now:app" }, restart: ["umask"], listeners: [] },
  });
  for (const [thrown, message] of [
    [new Error("no such key"), "no such key"],
    ["a string", "a string"],
  ] as const) {
    const bad = actuatorOf(t, { configure: () => Promise.reject(thrown) });
    bad.actuator.perform({ do: "read-configuration", current: settings });
    assert.deepEqual(await bad.next(), { fact: "not-configured", message });
  }
});

test("lines go to the log, which is made anew only when its settings changed, and the title follows the name", (t) => {
  const { title } = process;
  t.after(() => {
    process.title = title;
  });
  const { actuator, lines } = actuatorOf(t);
  const say = (message: string): void => actuator.perform({ do: "log", level: "warn", message });
  say("one");
  actuator.perform({ do: "adopt", settings: settingsWith({ logLevel: "info", name: "x" }) });
  assert.match(process.title, /^tsgi: master/);
  say("two");
  actuator.perform({ do: "adopt", settings: settingsWith({ logLevel: "debug" }) });
  say("three");
  actuator.perform({ do: "reopen-logs" });
  actuator.report(new Error("ours"));
  assert.deepEqual(lines.slice(0, 4), ["info: one {}", "info: two {}", "debug: three {}", "debug: reopened {}"]);
  assert.match(lines[4]!, /internal fault/);
});

test("an answer goes to whoever gave the order", (t) => {
  const answers: unknown[] = [];
  const { actuator } = actuatorOf(t, { answer: (...answer) => answers.push(answer) });
  actuator.perform({ do: "answer", ticket: 7, ok: false, message: "no" });
  assert.deepEqual(answers, [[7, false, "no"]]);
});

test("the exit removes the pid file and then leaves with the code", (t) => {
  const order: unknown[] = [];
  const pidfile = { remove: () => void order.push("removed"), inherit: () => assert.fail("nobody asked") };
  const { actuator } = actuatorOf(t, { pidfile, leave: (code) => order.push(code) });
  actuator.perform({ do: "exit", code: 42, keepPidfile: false });
  assert.deepEqual(order, ["removed", 42]);
});

test("a pid file that an heir will take over stays", (t) => {
  const order: unknown[] = [];
  const pidfile = { remove: () => void order.push("removed"), inherit: () => assert.fail("nobody asked") };
  const { actuator } = actuatorOf(t, { pidfile, leave: (code) => order.push(code) });
  actuator.perform({ do: "exit", code: 0, keepPidfile: true });
  assert.deepEqual(order, [0]);
});

test("listeners are closed once, some or all, however often that is asked for", async (t) => {
  const listeners = new Listeners();
  const place = { kind: "tcp", host: "127.0.0.1", port: 0 } as const;
  const [one, other] = await listeners.open({ ...settingsWith(), bind: [place, place] });
  const { actuator } = actuatorOf(t, { listeners });
  for (let i = 0; i < 2; i += 1) actuator.perform({ do: "close-listeners", listeners: [one!.index] });
  assert.equal(listeners.get(other!.index).info, other);
  for (let i = 0; i < 2; i += 1) actuator.perform({ do: "close-all-listeners" });
  const again = new Listeners();
  t.after(() => again.closeAll());
  const bind = [one!, other!].map(({ address }) => (address.kind === "tcp" ? address : assert.fail()));
  await again.open({ ...settingsWith(), bind });
});

test("an upgrade is told to whom it concerns: the heir, the old master, systemd", async (t) => {
  const listeners = new Listeners();
  t.after(() => listeners.closeAll());
  const place = { kind: "tcp", host: "127.0.0.1", port: 0 } as const;
  const settings = settingsWith({ bind: [place], pid: "/run/app.pid", logLevel: "info" });
  const [listening] = await listeners.open(settings);
  const said: unknown[] = [];
  const note =
    (who: string) =>
    (...words: readonly unknown[]): void =>
      void said.push([who, ...words]);
  const { actuator } = actuatorOf(t, {
    ...{ listeners, settings },
    heir: { start: note("start"), signal: note("signal") },
    parent: { tell: note("parent") },
    notifier: { tell: note("systemd") },
  });
  actuator.perform({ do: "fork-heir" });
  actuator.perform({ do: "signal-heir", signal: "SIGTERM" });
  actuator.perform({ do: "tell-parent", news: "serving" });
  actuator.perform({ do: "notify", lines: ["READY=1"] });
  const { fd } = listeners.get(listening!.index).handle;
  assert.deepEqual(said, [
    ["start", { sockets: [{ bind: "127.0.0.1:0", fd, identity: null }], pidfile: "/run/app.pid" }],
    ["signal", "SIGTERM"],
    ["parent", "serving"],
    ["systemd", ["READY=1"]],
  ]);
});

test("when the old master is gone everything takes its name, the title too; what cannot says so and harms nothing else", async (t) => {
  const { title } = process;
  t.after(() => {
    process.title = title;
  });
  const taken: string[] = [];
  const heirlooms = [
    { inherit: () => assert.fail("the folder is read-only") },
    { inherit: () => void taken.push("at once") },
    { inherit: () => Promise.reject(new Error("too late")) },
  ];
  const { actuator, lines } = actuatorOf(t, { parent: { tell: assert.fail }, heirlooms });
  const settings = settingsWith({ name: "x", logLevel: "info" });
  actuator.perform({ do: "adopt", settings });
  assert.match(process.title, /^tsgi: master\.2 \[x/);
  actuator.perform({ do: "inherit" });
  assert.match(process.title, /^tsgi: master \[x/);
  assert.deepEqual(taken, ["at once"]);
  await new Promise((next) => setImmediate(next));
  assert.deepEqual(lines, ["info: the folder is read-only {}", "info: too late {}"]);
});

test("the files of Unix sockets stay while an heir serves on them, and go when it is gone", async (t) => {
  const folder = tempFolder(t);
  const listeners = new Listeners();
  await listeners.open({ ...settingsWith(), bind: [{ kind: "unix", path: join(folder, "s") }] });
  const { actuator } = actuatorOf(t, { listeners, heir: { start: () => {}, signal: () => {} } });
  actuator.perform({ do: "fork-heir" });
  actuator.perform({ do: "close-all-listeners" });
  assert.deepEqual(fs.readdirSync(folder), ["s"]);
  actuator.perform({ do: "reclaim" });
  assert.deepEqual(fs.readdirSync(folder), []);
});

test("hooks are called, preFork's additions reach the worker, and a new generation's settings bring theirs", async (t) => {
  const folder = tempFolder(t, { "tsgi.config.mjs": "export default { hooks: { onServing() { later.push(1); } } };" });
  const [called, later]: [unknown[], unknown[]] = [[], []];
  Object.assign(globalThis, { later });
  const said: string[] = [];
  const hooks = new MasterHooks(
    {
      onReload: ({ generation }: { readonly generation: number }) => called.push(generation),
      preFork: ({ slot, generation }: { readonly slot: number; readonly generation: number }) => ({
        env: { FAKE: "boot-failed", MARK: `slot ${slot} of generation ${generation}` },
      }),
    },
    (message) => void said.push(message),
  );
  const { actuator, next } = actuatorOf(t, { hooks });
  actuator.perform({ do: "hook", call: { name: "onReload", event: { generation: 4, settings: settingsWith() } } });
  assert.deepEqual(called, [4]);
  actuator.perform(fork({ MARK: "said by --env" }));
  while ((await next()).fact !== "report");
  actuator.perform(boot(settingsWith()));
  const failed = await next();
  assert.ok(failed.fact === "report" && failed.report.tsgi === "boot-failed", JSON.stringify(failed));
  assert.match(failed.report.message, /slot 3 of generation 2$/);
  const source = { file: join(folder, "tsgi.config.mjs"), names: ["onServing"] } as const;
  actuator.perform({ do: "adopt", settings: settingsWith({ logLevel: "info", hooks: source }) });
  const serving = { name: "onServing", event: { urls: [], workers: 1, tookMs: 1 } } as const;
  while (later.length === 0) {
    actuator.perform({ do: "hook", call: serving });
    await new Promise(setImmediate);
  }
  assert.deepEqual(said, []);
});

test("a reading that nobody waits for is stopped", (t) => {
  const stopped: string[] = [];
  const { actuator } = actuatorOf(t, { stopReading: () => void stopped.push("once") });
  actuator.perform({ do: "stop-reading" });
  assert.deepEqual(stopped, ["once"]);
});
