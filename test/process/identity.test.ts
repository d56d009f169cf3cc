// Options about what the processes are: names, environment, folder, permissions, users.

import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { ask, get } from "../support/client.ts";
import { APPS, Server, statusOf, titleOf } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

interface About {
  readonly pid: number;
  readonly cwd: string;
  readonly umask: string;
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly env: Readonly<Record<string, string>>;
}

async function about(where: number | string): Promise<About> {
  return JSON.parse((await ask(where, get("/process"))).body) as About;
}

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

test("--env and --env-file reach the application; a later file beats an earlier one, --env beats them all", async (t) => {
  const folder = tempFolder(t, {
    "one.env": '# a comment\nA=one\nB=one\nC="with blanks # and more"\n',
    "two.env": "B=two\nD=two\n",
  });
  const files = ["one.env", "two.env"].flatMap((name) => ["--env-file", join(folder, name)]);
  const server = await Server.start(t, ["site:application", ...files, "--env", "D=flag", "--env", "E=a=b"], {
    env: { A: "inherited", INHERITED: "yes" },
  });
  const { env } = await about(server.port);
  const { A, B, C, D, E, INHERITED } = env;
  assert.deepEqual(
    { A, B, C, D, E, INHERITED },
    { A: "one", B: "two", C: "with blanks # and more", D: "flag", E: "a=b", INHERITED: "yes" },
  );
});

test("--env of a TSGI_ variable is the application's, and configures nothing", async (t) => {
  const server = await Server.start(t, ["site:application", "--env", "TSGI_WORKERS=3", "--env", "WEB_CONCURRENCY=3"]);
  assert.equal(server.workers().length, 1);
  assert.equal((await about(server.port)).env["TSGI_WORKERS"], "3");
});

test("--chdir is where the application is found and runs, and what relative paths are relative to", async (t) => {
  const server = await Server.start(t, ["site:application", "--chdir", APPS], { cwd: tempFolder(t) });
  assert.equal((await about(server.port)).cwd, APPS);
  await server.stop();

  const inside = tempFolder(t, { "app.js": `module.exports = require(${JSON.stringify(join(APPS, "cwd.cjs"))});` });
  const relative = await Server.start(t, ["app", "--chdir", inside, "--bind", "unix:app.sock", "--pid", "tsgi.pid"]);
  assert.equal((await ask(join(inside, "app.sock"), get("/"))).body, inside);
  assert.equal(readFileSync(join(inside, "tsgi.pid"), "utf8"), `${relative.pid}\n`);
});

test("--pid holds the master's process id while it runs", async (t) => {
  const pid = join(tempFolder(t), "tsgi.pid");
  const server = await Server.start(t, ["site:application", "--pid", pid]);
  assert.equal(readFileSync(pid, "utf8"), `${server.pid}\n`);
  assert.equal(modeOf(pid), "644");
  await server.stop();
  assert.ok(!existsSync(pid));
});

test("--name is in the title of every process", async (t) => {
  const server = await Server.start(t, ["site:application", "--name", "shop", "--workers", "2"]);
  assert.deepEqual([server.pid, ...server.workers()].map(titleOf).sort(), [
    "tsgi: master [shop]",
    "tsgi: worker 1 [shop]",
    "tsgi: worker 2 [shop]",
  ]);
});

test("--umask holds for the application's files, for Unix sockets and for the pid file", async (t) => {
  const folder = tempFolder(t);
  const socket = join(folder, "app.sock");
  const pid = join(folder, "tsgi.pid");
  const args = ["--umask", "027", "--bind", `unix:${socket}`, "--pid", pid];
  const server = await Server.start(t, ["site:application", ...args]);
  assert.equal((await about(socket)).umask, "27");
  await ask(socket, get(`/touch?${encodeURIComponent(join(folder, "made"))}`));
  assert.equal(modeOf(join(folder, "made")), "640");
  assert.equal(modeOf(socket), "750");
  assert.equal(modeOf(pid), "640");
  assert.equal((await server.stop()).code, 0);
});

test("--socket-mode is exact, whatever the umask", async (t) => {
  const socket = join(tempFolder(t), "app.sock");
  await Server.start(t, ["site:application", "--umask", "077", "--socket-mode", "666", "--bind", `unix:${socket}`]);
  assert.equal(modeOf(socket), "666");
});

/** Whether anybody may read what is in a folder. */
const isOpen = (folder: string): boolean =>
  (statSync(folder).mode & 0o005) === 0o005 && (folder === "/" || isOpen(dirname(folder)));

const needsRoot = { skip: (process.getuid?.() !== 0 || !isOpen(APPS)) && "needs root, and a folder that all may read" };

test("--user and --group are what the workers become before the application is loaded", needsRoot, async (t) => {
  const args = ["site:application", "--workers", "2", "--user", "nobody", "--group", "daemon"];
  const server = await Server.start(t, args, { through: ["setpriv", "--groups", "4,24"] });
  assert.deepEqual(statusOf(server.pid, "Uid"), ["0", "0", "0", "0"]);
  assert.deepEqual(statusOf(server.pid, "Groups"), ["4", "24"]);
  const uid = String(idOf("/etc/passwd", "nobody"));
  const gid = String(idOf("/etc/group", "daemon"));
  for (const pid of server.workers()) {
    assert.deepEqual(statusOf(pid, "Uid"), [uid, uid, uid, uid]);
    assert.deepEqual(statusOf(pid, "Gid"), [gid, gid, gid, gid]);
    assert.deepEqual(statusOf(pid, "Groups"), [gid]);
    assert.deepEqual(statusOf(pid, "CapEff"), ["0000000000000000"]);
  }
  const { groups } = await about(server.port);
  assert.deepEqual(groups, [Number(gid)]);
});

test("--user alone takes that user's own group, and the Unix socket is theirs", needsRoot, async (t) => {
  const folder = tempFolder(t);
  const socket = join(folder, "app.sock");
  const server = await Server.start(t, ["site:application", "--user", "nobody", "--bind", `unix:${socket}`]);
  const { uid, gid } = await about(socket);
  assert.equal(uid, idOf("/etc/passwd", "nobody"));
  assert.equal(String(gid), accountOf("/etc/passwd", "nobody")[3]);
  assert.equal(statSync(socket).uid, uid);
  assert.equal(statusOf(server.pid, "Uid")[0], "0");
});

const accountOf = (file: string, name: string): readonly string[] =>
  readFileSync(file, "utf8")
    .split("\n")
    .map((line) => line.split(":"))
    .find((fields) => fields[0] === name) ?? [];

const idOf = (file: string, name: string): number => Number(accountOf(file, name)[2]);
