import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Settings } from "../../src/config/options.ts";
import type { Command } from "../../src/ipc/messages.ts";
import type { Fact } from "../../src/master/facts.ts";
import { Watching } from "../../src/master/watching.ts";
import { settingsWith } from "../support/plan-world.ts";
import { tempFolder } from "../support/temp-folder.ts";

interface Watched {
  readonly folder: string;
  readonly watching: Watching;
  /** What workers were told: `1 fresh 7`. */
  readonly told: string[];
  readonly facts: Fact[];
  readonly settings: Settings;
  /** What the settings come from, by name. */
  readonly sources: string[];
  save(name: string, text?: string): void;
  /** The next fact that a burst of changes is over. */
  changed(): Promise<Fact & { readonly fact: "changed" }>;
}

async function watched(
  t: TestContext,
  files: Readonly<Record<string, string>>,
  changes: Partial<Settings> = {},
): Promise<Watched> {
  const folder = tempFolder(t, files);
  // The clock of files is a few milliseconds behind: what is younger than that counts as changed.
  for (const oldFrom = Date.now() + 11; Date.now() < oldFrom; ) await new Promise((turn) => setImmediate(turn));
  const { workers: _same, ...rest } = changes;
  const settings = settingsWith({ chdir: folder, app: "app", reload: "on", ...rest });
  const heard = new EventEmitter();
  const sources = ["tsgi.config.json"];
  const told: string[] = [];
  const facts: Fact[] = [];
  const watching = new Watching({
    settings,
    sources: () => sources.map((name) => join(folder, name)),
    enqueue(fact) {
      facts.push(fact);
      heard.emit(fact.fact, fact);
    },
    send: (id, command: Command) => told.push(`${id} ${command.tsgi} ${"ticket" in command ? command.ticket : ""}`),
    say: () => {},
  });
  // The watch of a file keeps no process alive.
  const alive = setInterval(() => {}, 1_000);
  t.after(() => {
    clearInterval(alive);
    watching.close();
  });
  return {
    ...{ folder, watching, told, facts, settings, sources },
    save: (name, text = String(Math.random())) => writeFileSync(join(folder, name), text),
    changed: async () => (await once(heard, "changed"))[0],
  };
}

const loads = { generation: 1, loads: true };

test("what a worker has loaded is watched, and the application's own file before it has said anything", async (t) => {
  const { folder, watching, save, changed, facts } = await watched(t, { "app.ts": "", "part.ts": "" });
  let next = changed();
  save("app.ts");
  assert.deepEqual((await next).files, [join(folder, "app.ts")]);
  assert.deepEqual(facts[0], { fact: "dirty" });
  watching.booting(1, loads);
  const part = join(folder, "part.ts");
  assert.ok(watching.heard(1, { tsgi: "files", loaded: [part], missing: [join(folder, "gone.ts")] }));
  next = changed();
  save("part.ts");
  assert.deepEqual(await next, { fact: "changed", files: [part], configuration: false });
  next = changed();
  save("gone.ts");
  assert.deepEqual((await next).files, [join(folder, "gone.ts")], "it appears");
});

test("what changed since the worker was told to boot counts as changed, since it may have been read before", async (t) => {
  const { watching, save, changed, folder } = await watched(t, { "app.ts": "" });
  watching.booting(1, loads);
  save("part.ts");
  const next = changed();
  watching.heard(1, { tsgi: "files", loaded: [join(folder, "part.ts")], missing: [] });
  assert.deepEqual((await next).files, [join(folder, "part.ts")]);
});

test("a file that the settings come from, tsconfig.json and package.json are the configuration", async (t) => {
  for (const name of ["tsgi.config.json", "my.env", "tsconfig.json", "package.json"]) {
    const world = await watched(t, { "app.ts": "" });
    world.sources.push("my.env");
    world.watching.adopt(world.settings);
    const next = world.changed();
    world.save(name);
    assert.deepEqual(await next, { fact: "changed", files: [join(world.folder, name)], configuration: true }, name);
  }
});

test("an application that is not there yet is waited for, under every name that it could have", async (t) => {
  for (const name of ["app.ts", "app.mjs"]) {
    const { save, changed, folder } = await watched(t, {});
    const next = changed();
    save(name);
    assert.deepEqual((await next).files, [join(folder, name)]);
  }
  const { save, changed } = await watched(t, {}, { app: "a:b:c" });
  const next = changed();
  save("tsgi.config.json");
  assert.equal((await next).configuration, true, "a target that is none does no harm");
});

test("files of old code count until new code serves, and not when it only says what is wrong", async (t) => {
  const { folder, watching, save, changed } = await watched(t, { "app.ts": "", "old.ts": "", "new.ts": "" });
  const report = (id: number, name: string) =>
    watching.heard(id, { tsgi: "files", loaded: [join(folder, name)], missing: [] });
  watching.booting(1, loads);
  report(1, "old.ts");
  assert.ok(!watching.heard(1, { tsgi: "ready" }), "others want to hear that");
  watching.leaving(1, { handBack: true });
  assert.ok(report(1, "late.ts"), "nobody cares what old code loads");
  watching.booting(2, { generation: 2, loads: true });
  report(2, "new.ts");
  watching.gone(2);
  watching.booting(3, { generation: 2, loads: false });
  watching.heard(3, { tsgi: "ready" });
  let next = changed();
  save("old.ts");
  assert.deepEqual((await next).files, [join(folder, "old.ts")]);
  watching.booting(4, { generation: 3, loads: true });
  report(4, "new.ts");
  watching.heard(4, { tsgi: "ready" });
  next = changed();
  save("old.ts");
  save("new.ts");
  assert.deepEqual((await next).files, [join(folder, "new.ts")]);
});

test("a worker that asks is told that all is fresh; when it is not, its end is the answer", async (t) => {
  const { watching, told, facts, save, changed } = await watched(t, { "app.ts": "" });
  const ask = (id: number, ticket: number) => watching.heard(id, { tsgi: "ask-fresh", ticket });
  watching.booting(1, loads);
  watching.booting(2, loads);
  assert.ok(ask(1, 1));
  const next = changed();
  save("app.ts");
  ask(1, 2);
  ask(2, 3);
  assert.deepEqual(facts[0], { fact: "dirty" });
  watching.leaving(1, { handBack: true });
  ask(1, 4);
  watching.leaving(2, { handBack: false });
  ask(2, 5);
  await next;
  assert.deepEqual(told, ["1 fresh 1", "2 fresh 3", "2 fresh 5"], "the second leaves by itself: nobody newer answers");
  watching.gone(2);
  ask(2, 6);
  assert.equal(told.length, 3);
});

test("once a stop has begun nothing is watched, and everything counts as fresh", async (t) => {
  const { watching, told, save, settings, folder } = await watched(t, { "app.ts": "" });
  watching.booting(1, loads);
  save("app.ts");
  watching.heard(1, { tsgi: "ask-fresh", ticket: 1 });
  watching.close();
  watching.heard(1, { tsgi: "ask-fresh", ticket: 2 });
  watching.heard(1, { tsgi: "files", loaded: [join(folder, "x.ts")], missing: [] });
  watching.heard(1, { tsgi: "ready" });
  watching.adopt(settings);
  assert.deepEqual(told, ["1 fresh 1", "1 fresh 2"]);
});

test("other wishes for what is watched hold at once, and no change is lost between the two", async (t) => {
  const world = await watched(t, { "app.ts": "", "page.html": "" });
  const { watching, settings, folder, save, changed } = world;
  const reloadExtra = [join(folder, "*.html")];
  let next = changed();
  watching.booting(1, loads);
  save("app.ts");
  watching.heard(1, { tsgi: "ask-fresh", ticket: 1 });
  await new Promise((turn) => setImmediate(turn));
  watching.adopt({ ...settings, reloadExtra });
  assert.equal((await next).fact, "changed");
  next = changed();
  save("page.html");
  assert.ok((await next).files.includes(join(folder, "page.html")));
});
