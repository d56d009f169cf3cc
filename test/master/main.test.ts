import assert from "node:assert/strict";
import { once } from "node:events";
import fs from "node:fs";
import net, { type AddressInfo } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { commandLine, MasterProcess } from "../support/master-process.ts";
import { tempFolder } from "../support/temp-folder.ts";

test("a start says four things, serves with all workers, and everybody says who they are", async (t) => {
  const master = await MasterProcess.start(t, {
    name: "shop",
    env: { MARK: "one" },
    maxRequests: 10,
    maxRequestsJitter: 5,
  });
  assert.equal(master.said.length, 3);
  assert.match(
    master.said[0]!,
    new RegExp(`^tsgi \\d+\\.\\d+\\.\\d+ \\(pid ${master.pid}\\) serving app:application with 2 workers$`),
  );
  assert.match(master.said[1]!, /^listening on http:\/\/127\.0\.0\.1:\d+$/);
  assert.match(commandLine(master.pid), /^tsgi: master \[shop\]/);
  assert.equal(master.workers().length, 2);
  const { pid, slot, env, mark, generation, maxRequests } = await master.ask();
  assert.ok(master.workers().includes(pid));
  assert.deepEqual([env, mark, generation], [String(slot), "one", 1]);
  assert.ok(maxRequests >= 10 && maxRequests <= 15);
});

test("a first boot that fails is told once, ends every process with the code of the failure, and leaves nothing behind", async (t) => {
  const folder = tempFolder(t);
  const config = {
    workers: 4,
    bind: [`unix:${folder}/s`],
    pid: `${folder}/pid`,
    env: { FAKE: "boot-failed", MARK: "such module" },
  };
  const master = MasterProcess.spawn(t, config, { folder });
  assert.equal(await master.exited, 42);
  assert.deepEqual(master.said, ["tsgi: app.js line 1: no such module", "(the master is gone)"]);
  assert.deepEqual(fs.readdirSync(folder), ["tsgi.config.json"]);
});

test("a first worker that exits, and one that hangs in its import, end the server with their own codes", async (t) => {
  const exits = MasterProcess.spawn(t, { env: { FAKE: "exit" } });
  const hangs = MasterProcess.spawn(t, { env: { FAKE: "hang" }, bootTimeout: 1 });
  assert.deepEqual([await exits.exited, await hangs.exited], [47, 46]);
  assert.match(exits.said[0]!, /^tsgi: worker \d \(pid \d+\) exited with code 3.* and was not ready yet$/);
  assert.equal(hangs.said[0], "tsgi: the application was not loaded within 1 s (--boot-timeout)");
});

test("a port that is taken ends the start with its code before any worker exists", async (t) => {
  const server = net.createServer().listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const master = MasterProcess.spawn(t, { bind: [`127.0.0.1:${port}`] });
  assert.equal(await master.exited, 30);
  assert.match(master.said[0]!, new RegExp(`^tsgi: port ${port} is taken`));
  assert.equal(master.said.length, 2);
});

test("the pid file is there while the server serves, and refuses a second one, which then leaves no socket behind", async (t) => {
  const folder = tempFolder(t);
  const first = await MasterProcess.start(t, { pid: join(folder, "pid") });
  assert.equal(fs.readFileSync(join(folder, "pid"), "utf8"), `${first.pid}\n`);
  const second = MasterProcess.spawn(t, { pid: join(folder, "pid"), bind: [`unix:${folder}/s`] });
  assert.equal(await second.exited, 23);
  assert.deepEqual(fs.readdirSync(folder), ["pid", "pid.ctl"]);
  first.signal("SIGTERM");
  assert.equal(await first.exited, 0);
  assert.deepEqual(fs.readdirSync(folder), []);
});

test("a Unix socket of a killed server is replaced, one of a live server is not", async (t) => {
  const folder = tempFolder(t);
  const config = { bind: [`unix:${folder}/s`] };
  const first = await MasterProcess.start(t, config);
  const second = MasterProcess.spawn(t, config);
  assert.equal(await second.exited, 30);
  assert.ok((await first.ask()).pid > 0);
  const held = await first.hold();
  first.signal("SIGKILL");
  // The workers are gone when the last connection to one of them is.
  await once(held.resume(), "close");
  await first.exited;
  assert.ok(fs.existsSync(join(folder, "s")));
  const third = await MasterProcess.start(t, config);
  assert.ok((await third.ask()).pid > 0);
});

test("fd://3 serves on a socket that was inherited", async (t) => {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const to = { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
  const { fd } = (server as unknown as { readonly _handle: { readonly fd: number } })._handle;
  const master = await MasterProcess.start(t, { bind: ["fd://3"] }, { inherit: [fd] });
  server.close();
  await once(server, "close");
  assert.deepEqual(master.address, to);
  assert.ok((await master.ask()).pid > 0);
});

test("a killed worker is replaced in its place, and a crash is logged with its code", async (t) => {
  const master = await MasterProcess.start(t);
  const { pid, slot } = await master.ask();
  process.kill(pid, "SIGKILL");
  await master.says(new RegExp(`worker ${slot} \\(pid ${pid}\\) was killed by SIGKILL.*; a successor starts at once`));
  await assert.rejects(master.ask("crash"));
  await master.says(/exited with code 9/);
  // Whoever answers, both places are filled again: ask until each has answered.
  const answered = new Set<number>();
  while (answered.size < 2) answered.add((await master.ask()).slot);
});

test("with every worker killed at once, clients wait and are answered by the successors", async (t) => {
  const master = await MasterProcess.start(t);
  const old = master.workers();
  for (const pid of old) process.kill(pid, "SIGKILL");
  const answers = await Promise.all([1, 2, 3, 4].map(() => master.ask()));
  assert.ok(answers.every(({ pid }) => !old.includes(pid)));
});

test("HUP replaces all workers under the new configuration, and names what needs a restart", async (t) => {
  const master = await MasterProcess.start(t, { env: { MARK: "old" } });
  const old = master.workers();
  master.configure({ env: { MARK: "new" }, workers: 3, accept: "round-robin" });
  master.signal("SIGHUP");
  await master.says(/^generation 2 serves with 3 workers, ready in/);
  await master.says(/^accept needs a restart/);
  const answer = await master.ask();
  assert.ok(!old.includes(answer.pid));
  assert.deepEqual([answer.mark, answer.generation], ["new", 2]);
});

test("HUP onto a broken configuration, and onto an application that does not boot, leaves the old workers serving", async (t) => {
  const master = await MasterProcess.start(t, { env: { MARK: "old" } });
  const old = master.workers();
  master.configure({ nonsense: 1 });
  master.signal("SIGHUP");
  await master.says(/^reload failed, nothing has changed: .*nonsense/);
  master.configure({ env: { MARK: "new", FAKE: "boot-failed" } });
  master.signal("SIGHUP");
  await master.says(/^reload failed, generation 1 goes on: app\.js line 1: no new$/);
  master.configure({ env: { MARK: "new", FAKE: "exit-slot-2" } });
  master.signal("SIGHUP");
  await master.says(/^reload failed, generation 1 goes on: worker 2 \(pid \d+\) exited with code 3/);
  assert.deepEqual(
    master.workers().filter((pid) => old.includes(pid)),
    old,
  );
  assert.equal((await master.ask()).mark, "old");
});

test("TERM during a reload that hangs ends as if there were none", async (t) => {
  const master = await MasterProcess.start(t);
  master.configure({ env: { FAKE: "hang" } });
  master.signal("SIGHUP");
  await master.says(/^reloading/);
  master.signal("SIGTERM");
  assert.equal(await master.exited, 0);
});

test("TERM lets an open connection finish, refuses new ones meanwhile, and leaves with 0 and without its socket", async (t) => {
  const folder = tempFolder(t);
  const master = await MasterProcess.start(t, { bind: [`unix:${folder}/s`], pid: `${folder}/pid` });
  const open = await master.hold();
  master.signal("SIGTERM");
  await master.says(/^stopping on SIGTERM/);
  const watcher = fs.watch(folder);
  while (fs.existsSync(join(folder, "s"))) await once(watcher, "change");
  watcher.close();
  assert.equal(master.said.includes("(the master is gone)"), false);
  open.end("who\n");
  await once(open.resume(), "close");
  assert.equal(await master.exited, 0);
  assert.deepEqual(fs.readdirSync(folder), []);
});

test("INT and QUIT end at once, and so does a second signal of a stop that somebody keeps open", async (t) => {
  for (const signals of [["SIGINT"], ["SIGQUIT"], ["SIGTERM", "SIGTERM"], ["SIGTERM", "SIGINT"]] as const) {
    const master = await MasterProcess.start(t, { env: { FAKE: "stubborn" }, gracefulTimeout: 600 });
    for (const signal of signals) {
      const said = master.said.length;
      master.signal(signal);
      await master.says(/^stopping on/, said);
    }
    assert.equal(await master.exited, 0);
  }
});

test("a worker that is deaf to a quick stop is killed by a further signal", async (t) => {
  const master = await MasterProcess.start(t, { env: { FAKE: "deaf" }, gracefulTimeout: 600 });
  for (const how of [/: what is open may take/, /: what is open is dropped/, /: the workers are killed/]) {
    master.signal("SIGTERM");
    await master.says(how);
  }
  assert.equal(await master.exited, 0);
});

test("a worker that obeys nothing is killed when its grace is over", async (t) => {
  const master = await MasterProcess.start(t, { env: { FAKE: "deaf" }, gracefulTimeout: 0.1 });
  master.signal("SIGTERM");
  assert.equal(await master.exited, 0);
  await master.says(/did not leave in time and is killed/);
});

test("a worker that gives no sign of life is killed and replaced", async (t) => {
  const master = await MasterProcess.start(t, { timeout: 1, workers: 1, env: { FAKE: "silent" } });
  const [old] = master.workers();
  await master.says(new RegExp(`worker 1 \\(pid ${old}\\) was killed: it gave no sign of life for 1 s`));
  assert.notEqual((await master.ask()).pid, old);
});

test("a worker that asks for a successor is replaced without ever leaving its place empty", async (t) => {
  const master = await MasterProcess.start(t, { workers: 1, logLevel: "debug" });
  const { pid } = await master.ask("recycle");
  await master.says(/^worker 1 .* gets a successor: it was asked to$/);
  await master.says(new RegExp(`^worker 1 \\(pid ${pid}\\) exited with code 0`));
  assert.notEqual((await master.ask()).pid, pid);
});

test("TTIN, TTOU, USR1 and WINCH do what the table says, and the master lives", async (t) => {
  const master = await MasterProcess.start(t);
  master.signal("SIGTTIN");
  await master.says(/^2 workers before, 3 wanted now$/);
  while ((await master.ask()).slot !== 3);
  master.signal("SIGTTOU");
  await master.says(/^3 workers before, 2 wanted now$/);
  master.signal("SIGWINCH");
  master.signal("SIGUSR1");
  for (const { pid } of [await master.ask()]) await master.says(new RegExp(`^reopened ${pid}$`));
  assert.ok(!master.said.some((line) => /[Dd]ebugger/.test(line)));
});

test("a worker that cannot be forked is tried again, and the master says why", async (t) => {
  const folder = tempFolder(t, { "app/x": "" });
  const master = await MasterProcess.start(t, { workers: 1, chdir: join(folder, "app") });
  fs.renameSync(join(folder, "app"), join(folder, "away"));
  process.kill(master.workers()[0]!, "SIGKILL");
  await master.says(/^worker 1 could not be started \(.*ENOENT.*\); a successor starts in 0\.\d+ s$/);
  fs.renameSync(join(folder, "away"), join(folder, "app"));
  assert.equal((await master.ask()).slot, 1);
});

test("workers die with the master", async (t) => {
  const master = await MasterProcess.start(t, { workers: 1 });
  const held = await master.hold();
  master.signal("SIGKILL");
  await once(held.resume(), "close");
  await master.exited;
});
