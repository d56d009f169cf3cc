// What the hooks of a configuration file are given in a real server, what they decide, and what they cannot harm.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { type TestContext, test } from "node:test";
import { HOOKS } from "../../src/config/hooks.ts";
import { ask, get } from "../support/client.ts";
import { APPS, Server } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

/** A server with these hooks, and a way to give it others. */
async function hooked(t: TestContext, hooks: string, args: readonly string[] = []) {
  const write = (text: string): string =>
    `import { appendFileSync, writeSync } from "node:fs";
const say = (text) => writeSync(2, text + "\\n");
export default { app: "site:application", chdir: ${JSON.stringify(APPS)}, settle: 0, hooks: {\n${text}\n} };`;
  const folder = tempFolder(t, { "tsgi.config.mjs": write(hooks) });
  const server = await Server.start(t, args, { cwd: folder });
  const heard = (line: string | RegExp, from = 0): Promise<void> =>
    server.until(
      () => server.lines.slice(from).some((one) => (typeof line === "string" ? one === line : line.test(one))),
      `${line} was never said`,
    );
  return {
    server,
    folder,
    heard,
    replace: (text: string) => writeFileSync(join(folder, "tsgi.config.mjs"), write(text)),
  };
}

test("preFork's variables and options of Node are those of the one worker it was asked about", async (t) => {
  const { server } = await hooked(
    t,
    `preFork: ({ slot, generation, settings }) =>
  ({ env: { SHARD: \`\${slot} of \${settings.workers.max}, generation \${generation}\` }, execArgv: slot === 1 ? ["--stack-size=900"] : [] }),
postFork: ({ slot, pid }) => say(\`worker \${slot} \${pid} \${process.env.SHARD} \${process.execArgv.includes("--stack-size=900")}\`)`,
    ["--workers", "2"],
  );
  const lines = server.lines.filter((line) => line.startsWith("worker ")).sort();
  assert.match(lines[0]!, /^worker 1 \d+ 1 of 2, generation 1 true$/);
  assert.match(lines[1]!, /^worker 2 \d+ 2 of 2, generation 1 false$/);
});

test("hooks that throw or reject harm nothing, and the log has their lines", async (t) => {
  const names = Object.keys(HOOKS).filter((name) => name !== "workerAbort");
  // Half of them reject; at the end of a process there is no time for that.
  const isAsync = (name: string, i: number): boolean => i % 2 === 0 && name !== "workerExit";
  const text = names.map(
    (name, i) => `${name}: ${isAsync(name, i) ? "async " : ""}() => { throw new Error("${name} is broken"); },`,
  );
  const { server } = await hooked(t, text.join("\n"));
  assert.equal((await ask(server.port, get("/"))).status, 200);
  server.signal("SIGHUP");
  await server.says(/^generation 2 serves with 1 worker/);
  server.signal("SIGTTIN");
  await server.untilServing(2);
  assert.equal((await ask(server.port, get("/"))).status, 200);
  assert.equal((await server.stop("SIGINT")).code, 0);
  for (const [i, name] of names.entries()) {
    // The upgrade is not part of this life.
    if (name === "preExec") continue;
    const record = server.records.find(({ msg }) => msg.startsWith(`hook ${name} failed`));
    assert.ok(record !== undefined, `${name} is not in the log`);
    assert.equal(record.level, "error");
    assert.match(record.msg, new RegExp(`Error: ${name} is broken \\(.*tsgi\\.config\\.mjs:${i + 4}:\\d+\\)`));
  }
  assert.ok(!server.records.some(({ msg }) => msg.includes("internal fault")));
});

test("an error that a hook of the master lets pass is logged, and the master goes on", async (t) => {
  const { server } = await hooked(
    t,
    `onServing() { setTimeout(() => { throw new Error("stray timer"); }); void Promise.reject(new Error("stray promise")); }`,
  );
  await server.says(/an error that nobody caught[\s\S]*Error: stray timer[\s\S]*tsgi\.config\.mjs:4/);
  await server.says(/an error that nobody caught[\s\S]*Error: stray promise/);
  assert.equal((await ask(server.port, get("/"))).status, 200);
  assert.equal((await server.stop()).code, 0);
});

test("childExit is told what a worker died of, and onExit the server's exit code", async (t) => {
  const { server, heard } = await hooked(
    t,
    `childExit: ({ slot, generation, code, signal, cause, reason }) => say(JSON.stringify([slot, generation, code, signal, cause, reason])),
async onExit({ code }) { await new Promise((done) => setTimeout(done, 20)); say("exit " + code); }`,
  );
  process.kill(server.serving()[0]!, "SIGKILL");
  await heard(/^\[1,1,null,"SIGKILL","killed","was killed by SIGKILL, /);
  await server.untilServing(1);
  await ask(server.port, get("/exit?9")).catch(() => {});
  await heard(/^\[1,1,9,null,"exited","exited with code 9: /);
  await server.untilServing(1);
  const { code, stderr } = await server.stop();
  assert.equal(code, 0);
  assert.match(stderr, /\[1,1,0,null,"asked","exited with code 0, as it was asked to[^\n]*\n(?:[^\n]*\n)*exit 0\n$/);
});

test("a reload brings the hooks of the new file into force: in the workers with their start, in the master when they serve", async (t) => {
  const hooks = (name: string) => `postFork: () => say("postFork ${name}"), childExit: () => say("childExit ${name}"),
onReload: ({ generation, settings }) => say(\`onReload ${name} \${generation} \${settings.hooks.names.length}\`)`;
  const { server, heard, replace } = await hooked(t, hooks("old"));
  replace(hooks("new"));
  server.signal("SIGHUP");
  await heard("onReload old 2 3");
  await heard("postFork new");
  await server.says(/^generation 2 serves/);
  await heard(/^childExit /);
  const from = server.lines.length;
  process.kill((await server.untilServing(1))[0]!, "SIGKILL");
  await heard("childExit new", from);
  replace("");
  const before = server.serving();
  server.signal("SIGHUP");
  await server.says(/^generation 3 serves/);
  await server.untilServing(1, before);
  const last = server.lines.length;
  await server.stop();
  assert.ok(!server.lines.slice(last).some((line) => line.startsWith("childExit ")));
});

test("a preRequest that waits holds its request and no other; postRequest has the figures of each", async (t) => {
  const { server, heard } = await hooked(
    t,
    `preRequest: ({ target }) =>
  target === "/wait" ? new Promise((go) => { globalThis.go = go; say("held"); }) : undefined,
postRequest({ method, target, status, bytes, aborted, durationMs, requestId }) {
  say(JSON.stringify([method, target, status, bytes > 0, aborted, durationMs > 0, requestId.length > 0]));
  if (target === "/") globalThis.go();
}`,
  );
  const held = ask(server.port, get("/wait"));
  await heard("held");
  assert.equal((await ask(server.port, get("/"))).status, 200);
  assert.equal((await held).status, 200);
  await heard('["GET","/",200,true,false,true,true]');
  await heard('["GET","/wait",200,true,false,true,true]');
});

test("onStarting runs before anything is bound, and onExit also when that fails", async (t) => {
  const { server } = await hooked(t, `onStarting() {}`);
  const folder = tempFolder(t, {
    "tsgi.config.mjs": `export default { app: "site:application", chdir: ${JSON.stringify(APPS)}, hooks: {
      onStarting: ({ version, pid }) => console.log("starting", typeof version, pid === process.pid),
      whenReady: () => console.log("ready"), onExit: ({ code }) => console.log("exit", code) } };`,
  });
  const second = Server.spawn(t, ["--bind", `127.0.0.1:${server.port}`], { cwd: folder });
  const { code, stdout, stderr } = await second.ended;
  assert.deepEqual([code, stdout], [30, ""]);
  assert.match(stderr, /^starting string true\nexit 30\ntsgi: port \d+ is taken/);
});

test("postFork is still the master's user, postWorkerInit is the worker's", {
  skip: process.getuid?.() !== 0 && "needs root",
}, async (t) => {
  const { server } = await hooked(
    t,
    `postFork: () => say("postFork " + process.getuid()), postWorkerInit: ({ exportName }) => say("postWorkerInit " + process.getuid() + " " + exportName)`,
    ["--user", "65534", "--group", "65534"],
  );
  const lines = server.lines.filter((line) => line.startsWith("post"));
  assert.deepEqual(lines, ["postFork 0", "postWorkerInit 65534 application"]);
});

test("tsgi check loads the hooks as a worker would, and tsgi config names them", async (t) => {
  const config = (text: string) =>
    tempFolder(t, { "tsgi.config.mjs": `export default { app: "site", chdir: ${JSON.stringify(APPS)}, ${text} };` });
  const good = config("hooks: { postFork() {}, onExit() {} }");
  const check = await Server.run(t, ["check"], { cwd: good }).ended;
  assert.deepEqual([check.code, check.stderr], [0, ""]);
  assert.match(check.stdout, /^site is application of .*tsgi\.config\.mjs\)\n$/);
  const table = await Server.run(t, ["config"], { cwd: good }).ended;
  assert.match(table.stdout, /^hooks +postFork, onExit +file .*tsgi\.config\.mjs$/m);
  const json = await Server.run(t, ["config", "--json"], { cwd: good }).ended;
  assert.deepEqual(JSON.parse(json.stdout).hooks, ["postFork", "onExit"]);
  const bad = await Server.run(t, ["check"], { cwd: config("hooks: { post_fork() {} }") }).ended;
  assert.deepEqual([bad.code, bad.stdout], [20, ""]);
  assert.match(bad.stderr, /^tsgi: .*tsgi\.config\.mjs: unknown hook post_fork \(did you mean postFork\?\)\n$/);
  const here = tempFolder(t, {
    "tsgi.config.mjs": `if (process.env.ONLY_THERE) throw new Error("only in a worker");\nexport default { app: "site", chdir: ${JSON.stringify(APPS)}, env: { ONLY_THERE: "1" }, hooks: { postFork() {} } };`,
  });
  const worker = await Server.run(t, ["check"], { cwd: here }).ended;
  assert.equal(worker.code, 20);
  assert.match(worker.stderr, /only in a worker/);
});
