// A start that cannot work: one message of its own for each reason, the documented exit code, nothing left running.

import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import process from "node:process";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { FAILURES, type FailureCode } from "../../src/errors.ts";
import { ask, get } from "../support/client.ts";
import { APPS, Server, type ServerOptions } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

const isRoot = process.getuid?.() === 0;

interface Expected {
  readonly code: FailureCode;
  readonly says: RegExp;
}

/** Starts a server that must not start, and answers what it said. */
async function refused(
  t: TestContext,
  args: readonly string[],
  { code, says, ...options }: Expected & ServerOptions,
): Promise<string> {
  const server = Server.spawn(t, [...args, "--log-level", "info"], options);
  const ended = await server.ended;
  assert.match(ended.stderr, says);
  assert.match(ended.stderr, /^tsgi: /);
  assert.equal(ended.code, FAILURES[code].exit, ended.stderr);
  assert.equal(ended.stdout, "");
  assert.doesNotMatch(ended.stderr, OUR_STACK);
  assert.deepEqual(server.processes(), []);
  assert.deepEqual(server.records, []);
  return ended.stderr;
}

/** A stack of ours, or the words for a fault that is ours. */
const OUR_STACK = /^\s+at .*\/(dist|src)\/[a-z]+\/|fault of tsgi/m;

async function listener(t: TestContext, where: net.ListenOptions): Promise<net.Server> {
  const server = net.createServer().listen(where);
  await once(server, "listening");
  t.after(() => server.close());
  return server;
}

const portOf = (server: net.Server): number => (server.address() as net.AddressInfo).port;

test("eight mistakes of a first start have eight messages", async (t) => {
  const port = portOf(await listener(t, { host: "127.0.0.1", port: 0 }));
  const folder = tempFolder(t, { "tsgi.config.json": '{ "wokers": 2 }' });
  const mistakes: readonly (readonly [readonly string[], Expected & ServerOptions])[] = [
    [
      ["site:application", "--bind", `127.0.0.1:${port}`],
      { code: "address-in-use", says: new RegExp(`port ${port} is taken`) },
    ],
    [
      ["stie:application"],
      { code: "no-module", says: /no module "stie".*looked for\n[\s\S]*did you mean ".*site\.js"/ },
    ],
    [
      ["site:aplication"],
      { code: "no-export", says: /site\.js has no export "aplication"\n[\s\S]*did you mean "application"\?/ },
    ],
    [["broken/syntax:application"], { code: "syntax-error", says: /syntax\.js:2(:\d+)?\b[\s\S]*return \[;/ }],
    [["site:application", "--wokers", "2"], { code: "usage", says: /--wokers.*did you mean --workers/i }],
    [["site:application"], { code: "config-file", says: /unknown key wokers \(did you mean workers/, cwd: folder }],
    [
      ["site:application", "--workers", "0"],
      { code: "usage", says: /--workers 0: expected .*at least 1, auto, or a range such as 2..8/ },
    ],
    [
      ["site:application", "--bind", "nonsense"],
      { code: "address-invalid", says: /bind to nonsense: no address is known/ },
    ],
  ];
  const messages = new Set<string>();
  for (const [args, expected] of mistakes) messages.add(await refused(t, args, expected));
  assert.equal(messages.size, mistakes.length);
});

test("a module that throws while it is imported is refused with its line", async (t) => {
  await refused(t, ["broken/throws:application", "--workers", "4"], {
    code: "import-throws",
    says: /TypeError: Cannot read properties[\s\S]*throws\.js:3:\d+\n[\s\S]*> 3 \| export const application = settings\.missing/,
  });
});

test("an export that is no function is refused with what it is", async (t) => {
  await refused(t, ["broken/shapes:text"], {
    code: "not-callable",
    says: /text of .*shapes\.js is not a function but/,
  });
});

test("a factory that rejects is refused with its reason and its line", async (t) => {
  await refused(t, ["broken/shapes:rejects()"], {
    code: "factory-fails",
    says: /rejects\(\) of .*shapes\.js failed[\s\S]*shapes\.js:3:\d+[\s\S]*no database today/,
  });
});

test("an application that ends its process while it is loaded stops the first start", async (t) => {
  await refused(t, ["broken/leaves:application"], {
    code: "boot-exit",
    says: /exited with code 5: the application ended its process; .* and was not ready yet/,
  });
});

test("an application that is not loaded within --boot-timeout stops the first start", async (t) => {
  await refused(t, ["broken/waits:application", "--boot-timeout", "1"], {
    code: "boot-timeout",
    says: /not loaded within 1 s \(--boot-timeout\)/,
  });
});

test("a Unix socket in a folder that does not exist is refused with the folder", async (t) => {
  await refused(t, ["site:application", "--bind", "unix:/nowhere/at/all/app.sock"], {
    code: "address-invalid",
    says: /there is no folder \/nowhere\/at\/all/,
  });
});

test("a Unix socket that somebody answers is left to them", async (t) => {
  const path = join(tempFolder(t), "app.sock");
  const other = await listener(t, { path });
  // A probe connects and is gone; writing to it is no failure here.
  other.on("connection", (client) => client.on("error", () => {}).end("the other\n"));
  await refused(t, ["site:application", "--bind", `unix:${path}`], {
    code: "address-in-use",
    says: /unix:.*app\.sock is served by another process/,
  });
  const client = net.connect(path);
  assert.equal(String((await once(client, "data"))[0]), "the other\n");
});

test("a Unix socket that nobody answers is replaced, and a file that is no socket is not", async (t) => {
  const folder = tempFolder(t);
  const path = join(folder, "app.sock");
  // A socket that its server left behind: killed, it unlinks nothing.
  const dead = await Server.start(t, ["site:application", "--bind", `unix:${path}`]);
  process.kill(dead.pid, "SIGKILL");
  await dead.ended;
  assert.ok(statSync(path).isSocket());
  const server = await Server.start(t, ["site:application", "--bind", `unix:${path}`]);
  assert.equal((await ask(path, get("/"))).status, 200);
  await server.stop();

  writeFileSync(path, "a document");
  await refused(t, ["site:application", "--bind", `unix:${path}`], { code: "address-invalid", says: /is no socket/ });
  assert.equal(readFileSync(path, "utf8"), "a document");
});

test("a second server on the same port or socket does not disturb the first", async (t) => {
  const path = join(tempFolder(t), "app.sock");
  const first = await Server.start(t, ["site:application", "--bind", "127.0.0.1:0", "--bind", `unix:${path}`]);
  await refused(t, ["site:application", "--bind", `127.0.0.1:${first.port}`], {
    code: "address-in-use",
    says: /is taken/,
  });
  await refused(t, ["site:application", "--bind", `unix:${path}`], { code: "address-in-use", says: /another process/ });
  assert.equal((await ask(path, get("/"))).status, 200);
  assert.equal((await ask(first.port, get("/"))).status, 200);
});

test("a privileged port is refused to a user who may not have it", { skip: !isRoot && "needs root" }, async (t) => {
  const unprivileged = Number(readFileSync("/proc/sys/net/ipv4/ip_unprivileged_port_start", "utf8"));
  if (unprivileged <= 1) return t.skip("this machine has no privileged ports");
  await refused(t, ["site:application", "--bind", "127.0.0.1:1"], {
    code: "address-denied",
    says: /not permitted to bind to 127\.0\.0\.1:1: ports below 1024/,
    through: ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all"],
    cwd: "/",
  });
});

const badValues: readonly (readonly [string, readonly string[], Expected])[] = [
  ["--umask that is not octal", ["--umask", "9"], { code: "usage", says: /--umask 9: expected an octal/ }],
  [
    "--socket-mode that is not octal",
    ["--socket-mode", "rw"],
    { code: "usage", says: /--socket-mode rw: expected an octal/ },
  ],
  ["--env without a value", ["--env", "JUST_A_NAME"], { code: "usage", says: /--env.*JUST_A_NAME.*NAME=VALUE/i }],
  ["--timeout that is no time", ["--timeout", "soon"], { code: "usage", says: /--timeout soon: expected seconds/ }],
  [
    "--access-log-format with an unknown atom",
    ["--access-log-format", "%(z)s"],
    { code: "usage", says: /unknown atom %\(z\)s/ },
  ],
  ["--env-file that is not there", ["--env-file", "/no/such.env"], { code: "env-file", says: /\/no\/such\.env/ }],
  ["--chdir that is not there", ["--chdir", "/no/such/folder"], { code: "chdir", says: /\/no\/such\/folder/ }],
  ["--config that is not there", ["--config", "none.config.json"], { code: "config-file", says: /none\.config\.json/ }],
  ["unknown --user", ["--user", "nobody-of-that-name"], { code: "privileges", says: /--user nobody-of-that-name/ }],
  ["unknown --group", ["--group", "none-of-that-name"], { code: "privileges", says: /--group none-of-that-name/ }],
  [
    "--access-log in a folder that is not there",
    ["--access-log", "/no/such/access.log"],
    { code: "log-file", says: /"\/no\/such\/access\.log": its folder does not exist/ },
  ],
  ["--pid in a folder that is not there", ["--pid", "/no/such/t.pid"], { code: "pidfile", says: /\/no\/such\/t\.pid/ }],
  ["fd:// that is not open", ["--bind", "fd://77"], { code: "address-invalid", says: /fd:\/\/77/ }],
  ["an address of another machine", ["--bind", "192.0.2.1:0"], { code: "address-invalid", says: /192\.0\.2\.1/ }],
];
for (const [what, args, expected] of badValues) {
  test(`${what} is refused with what was given`, async (t) => {
    await refused(t, ["site:application", ...args], expected);
  });
}

test("an --env-file that may not be read is refused", { skip: !isRoot && "needs root" }, async (t) => {
  const folder = tempFolder(t, { "secret.env": "A=1\n" });
  chmodSync(folder, 0o755);
  chmodSync(join(folder, "secret.env"), 0o600);
  await refused(t, [`${APPS}/site:application`, "--env-file", join(folder, "secret.env")], {
    code: "env-file",
    says: /secret\.env \(flag --env-file\): permission denied/,
    through: ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"],
    cwd: "/",
  });
});

test("no application, and a word that is none", async (t) => {
  await refused(t, [], { code: "usage", says: /no application is named/ });
  await refused(t, ["site:not a name"], { code: "usage", says: /site:not a name/ });
});

test("a bad variable or TSGI_CMD_ARGS is refused with its name", async (t) => {
  await refused(t, ["site:application"], {
    code: "usage",
    says: /TSGI_WORKERS=many: expected/,
    env: { TSGI_WORKERS: "many" },
  });
  await refused(t, ["site:application"], {
    code: "usage",
    says: /WEB_CONCURRENCY=-1: expected/,
    env: { WEB_CONCURRENCY: "-1" },
  });
  await refused(t, ["site:application"], {
    code: "usage",
    says: /TSGI_CMD_ARGS.*--wrkers/,
    env: { TSGI_CMD_ARGS: "--wrkers 2" },
  });
  await refused(t, ["site:application", "--log-format", "json"], {
    code: "usage",
    says: /PORT=http: expected/,
    env: { PORT: "http" },
    bare: true,
  });
});

test("a pid file of a server that is alive is refused, and left as it is", async (t) => {
  const pid = join(tempFolder(t), "tsgi.pid");
  const first = await Server.start(t, ["site:application", "--pid", pid]);
  await refused(t, ["site:application", "--pid", pid], {
    code: "pidfile",
    says: new RegExp(`names a tsgi master that is alive \\(pid ${first.pid}\\)`),
  });
  assert.equal(readFileSync(pid, "utf8"), `${first.pid}\n`);
  await first.stop();
  assert.ok(!existsSync(pid));
});

test("a start that is refused leaves no pid file and no socket behind", async (t) => {
  const folder = tempFolder(t);
  const [pid, socket] = [join(folder, "tsgi.pid"), join(folder, "app.sock")];
  await refused(t, ["broken/throws:application", "--pid", pid, "--bind", `unix:${socket}`], {
    code: "import-throws",
    says: /throws\.js:3/,
  });
  assert.ok(!existsSync(pid));
  assert.ok(!existsSync(socket));
  await refused(t, ["site:application", "--pid", "/no/such/t.pid", "--bind", `unix:${socket}`], {
    code: "pidfile",
    says: /t\.pid/,
  });
  assert.ok(!existsSync(socket));
});

test("a configuration file that does not parse is refused with its line", async (t) => {
  const bin = fileURLToPath(new URL("../programs/apps/site", import.meta.url));
  const json = tempFolder(t, { "tsgi.config.json": '{\n  "workers": 2,,\n}' });
  await refused(t, [`${bin}:application`], {
    code: "config-file",
    says: /tsgi\.config\.json:2:\d+: not JSON/,
    cwd: json,
  });
  const mjs = tempFolder(t, { "tsgi.config.mjs": "export default {\n  workers: 2,,\n};\n" });
  await refused(t, [`${bin}:application`], { code: "config-file", says: /tsgi\.config\.mjs:2/, cwd: mjs });
});
