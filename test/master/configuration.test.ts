import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs, { rmSync } from "node:fs";
import net, { type AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { after, type TestContext, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { SettingsInput } from "../../src/config/resolve.ts";
import { resolveSettings } from "../../src/config/resolve.ts";
import { withoutDebugger } from "../../src/master/configuration.ts";
import { compiled } from "../support/compiled.ts";
import { tempFolder } from "../support/temp-folder.ts";

// Compiled, as users have it: the process that reads would need tsx otherwise, which takes it longer than all the rest.
const source = await compiled(["master/configuration.ts", "master/reader.ts"]);
after(() => rmSync(dirname(source), { recursive: true }));
const COMPILED = pathToFileURL(join(source, "master/configuration.js")).href;
const { ConfigurationReader } = (await import(COMPILED)) as typeof import("../../src/master/configuration.ts");

const input = (cwd: string, said: Partial<SettingsInput> = {}): SettingsInput => ({
  ...{ flags: {}, app: undefined, configFile: undefined, cmdArgs: undefined, variables: {}, cwd, isTerminal: false },
  ...said,
});

/** A folder with this configuration, and what reading it comes to: settings, or the code and message of what is wrong. */
async function reading(t: TestContext, text: string, name = "tsgi.config.mjs", limitMs?: number) {
  const cwd = tempFolder(t, { [name]: text });
  const reader = new ConfigurationReader({ limitMs });
  t.after(() => reader.stop());
  return { cwd, file: join(cwd, name), reader, said: reader.read(input(cwd)) };
}

/** The processes that read a configuration for this one. */
const readers = (): readonly number[] =>
  fs
    .readFileSync(`/proc/self/task/${process.pid}/children`, "latin1")
    .split(" ")
    .filter((pid) => pid !== "" && titleOf(Number(pid)).startsWith("tsgi: configuration"))
    .map(Number);

const titleOf = (pid: number): string => {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ");
  } catch {
    return "";
  }
};

const waitFor = async (test: () => boolean): Promise<void> => {
  while (!test()) await new Promise((resolve) => setTimeout(resolve, 5));
};

const until = async <T>(find: () => T | undefined): Promise<T> => {
  let found: T | undefined;
  await waitFor(() => {
    found = find();
    return found !== undefined;
  });
  return found!;
};

test("a file of code is read in a process of its own, with the same result as here, frozen, and again each time", async (t) => {
  const text = (workers: string) =>
    `const workers: string = ${workers};\nexport default async () => ({ workers, name: process.env.NAME, env: { PID: process.pid }, hooks: { onExit() {} } });`;
  process.env["NAME"] = "shop";
  t.after(() => {
    delete process.env["NAME"];
  });
  const { cwd, file, reader, said } = await reading(t, text('"2..5"'), "tsgi.config.ts");
  const there = await said;
  const { hooks: _functions, ...here } = await resolveSettings(input(cwd));
  const pids = [there, here].map(({ settings }) => Number(settings.env["PID"]));
  assert.equal(pids[1], process.pid);
  assert.notEqual(pids[0], process.pid);
  const settings = { ...there.settings, env: here.settings.env };
  assert.deepEqual({ ...there, settings }, here);
  assert.deepEqual(there.settings.hooks, { file, names: ["onExit"] });
  assert.ok(Object.isFrozen(there) && Object.isFrozen(there.settings.workers));
  fs.writeFileSync(file, text('"3"'));
  assert.deepEqual((await reader.read(input(cwd))).settings.workers, { min: 3, max: 3 });
  await waitFor(() => readers().length === 0);
});

test("JSON, and no file at all, start no process", async (t) => {
  const { cwd, reader, said } = await reading(t, '{ "workers": 3 }', "tsgi.config.json");
  assert.deepEqual(readers(), []);
  assert.equal((await said).settings.workers.min, 3);
  assert.equal((await reader.read(input(tempFolder(t)))).settings.workers.min, 1);
  assert.equal((await reader.read(input(cwd, { flags: { workers: "2" } }))).settings.workers.min, 2);
});

test("what is wrong is said as it would be here: the code, the file, the line, the word that was meant", async (t) => {
  for (const [text, said] of [
    ["export default { workres: 3 };", {}],
    ["export default { workers: 0 };", {}],
    ['export default () =>\n  new Promise((_done, failed) => setTimeout(() => failed(new Error("no secret"))));', {}],
    ["export default {};", { cmdArgs: "--workres 3" }],
    ["export default {};", { flags: { chdir: "/no/such/folder" } }],
  ] as const) {
    const cwd = tempFolder(t, { "tsgi.config.mjs": text });
    const reader = new ConfigurationReader();
    const failures = await Promise.all(
      [resolveSettings(input(cwd, said)), reader.read(input(cwd, said))].map((one) =>
        one.then(
          () => assert.fail("it was accepted"),
          ({ name, code, message }) => ({ name, code, message }),
        ),
      ),
    );
    assert.deepEqual(failures[1], failures[0]);
    assert.equal(failures[1]!.name, "TsgiError");
  }
});

test("a file that blocks its process, ends it, or lets an error pass is refused, with the reason", async (t) => {
  const blocks = "not loaded after 0\\.3 seconds: it blocks its process, with an endless loop perhaps$";
  for (const [text, message, limitMs] of [
    ["for (;;) {}", new RegExp(`tsgi\\.config\\.mjs: ${blocks}`), 300],
    ["export default () => { for (;;) {} };", new RegExp(`tsgi\\.config\\.mjs: ${blocks}`), 300],
    ["process.exit(3);", /tsgi\.config\.mjs: it ended the process that was reading it, with code 3$/],
    ['process.kill(process.pid, "SIGKILL");', /the process that was reading it was killed by SIGKILL$/],
    [
      'setTimeout(() => { throw new Error("stray"); });\nexport default () => new Promise(() => {});',
      /an error that nobody caught\n\nError: stray[\s\S]*tsgi\.config\.mjs:1/,
    ],
  ] as const) {
    const { said } = await reading(t, text, "tsgi.config.mjs", limitMs);
    await assert.rejects(said, { name: "TsgiError", code: "config-file", message });
  }
  await waitFor(() => readers().length === 0);
});

test("a reading that is stopped, or followed by another, ends at once, also in an endless loop", async (t) => {
  const { cwd, file, reader, said } = await reading(t, "for (;;) {}");
  const pid = await until(() => readers()[0]);
  reader.stop();
  await assert.rejects(said, /not needed any more/);
  await waitFor(() => !readers().includes(pid));
  const again = reader.read(input(cwd));
  fs.writeFileSync(file, "export default { workers: 4 };");
  const good = reader.read(input(cwd));
  await assert.rejects(again, /not needed any more/);
  assert.equal((await good).settings.workers.min, 4);
});

test("the process has no socket but its channel, no debugger, the same NODE_OPTIONS, and prints to standard error", async (t) => {
  const server = net.createServer().listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const before = process.env["NODE_OPTIONS"];
  process.env["NODE_OPTIONS"] = "--no-warnings --inspect=127.0.0.1:0";
  t.after(() => {
    if (before === undefined) delete process.env["NODE_OPTIONS"];
    else process.env["NODE_OPTIONS"] = before;
  });
  const { said } = await reading(
    t,
    `import fs, { rmSync } from "node:fs";
import inspector from "node:inspector";
const inode = (fd) => { try { return fs.readlinkSync("/proc/self/fd/" + fd); } catch { return ""; } };
const open = fs.readdirSync("/proc/self/fd").map(inode).filter((name) => name.startsWith("socket:"));
const listening = ["tcp", "unix"].flatMap((kind) => fs.readFileSync("/proc/self/net/" + kind, "latin1").split("\\n").slice(1));
const bound = (${(server.address() as AddressInfo).port}).toString(16).toUpperCase().padStart(4, "0");
const row = listening.map((line) => line.trim().split(/\\s+/)).find(([, local]) => local?.endsWith(":" + bound));
export default { env: {
  HELD: open.includes("socket:[" + row[9] + "]") ? "yes" : "no",
  URL: inspector.url() ?? "none",
  OPTIONS: process.env.NODE_OPTIONS,
  STDOUT: inode(1) === inode(2) ? "stderr" : inode(1),
  COMMAND: process.argv.slice(2).join(" "),
} };`,
  );
  const { HELD, URL, OPTIONS, STDOUT, COMMAND } = (await said).settings.env;
  assert.deepEqual([HELD, URL, OPTIONS, STDOUT], ["no", "none", "--no-warnings --inspect=127.0.0.1:0", "stderr"]);
  assert.equal(COMMAND, process.argv.slice(2).join(" "));
});

test("only what opens a debugger is taken out of NODE_OPTIONS", () => {
  for (const [given, left] of [
    ["--inspect", ""],
    ["--inspect-brk=0.0.0.0:9229 --max-old-space-size=64", "--max-old-space-size=64"],
    ["--require ./inspect.cjs --inspect-wait", "--require ./inspect.cjs"],
    ["--inspect-port=0 --enable-source-maps", "--inspect-port=0 --enable-source-maps"],
  ] as const) {
    assert.equal(withoutDebugger(given), left);
  }
});

// In a process group of its own, as a shell would start it, so that a terminal's signals can be sent to all of it.
test("a terminal's signals do not end a reading, and one whose master is killed is gone, also in an endless loop", async (t) => {
  const cwd = tempFolder(t, {
    "tsgi.config.mjs": `process.stderr.write("reading " + process.pid + "\\n"); await new Promise((go) => setTimeout(go, 300)); export default { workers: 3 };`,
    "loop.mjs": `process.stderr.write("reading " + process.pid + "\\n"); for (;;) {}`,
    "master.mjs": `import { ConfigurationReader } from ${JSON.stringify(COMPILED)};
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"]) process.on(signal, () => {});
const base = { flags: {}, app: undefined, cmdArgs: undefined, variables: {}, cwd: process.argv[2], isTerminal: false };
const read = (configFile) => new ConfigurationReader().read({ ...base, configFile });
console.error("workers " + (await read(undefined)).settings.workers.min);
await read("loop.mjs");`,
  });
  const master = spawn(process.execPath, [join(cwd, "master.mjs"), cwd], {
    detached: true,
    stdio: ["ignore", "inherit", "pipe"],
  });
  t.after(() => master.kill("SIGKILL"));
  const lines = createInterface({ input: master.stderr })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => (await lines.next()).value ?? "(it is over)";
  assert.match(await next(), /^reading \d+$/);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const) process.kill(-master.pid!, signal);
  assert.equal(await next(), "workers 3");
  const reader = Number((await next()).slice("reading ".length));
  master.kill("SIGKILL");
  await waitFor(() => titleOf(reader) === "");
});
