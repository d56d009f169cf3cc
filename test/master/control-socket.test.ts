import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import { join } from "node:path";
import process from "node:process";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { TsgiError } from "../../src/errors.ts";
import { type ControlSocket, openControlSocket } from "../../src/master/control-socket.ts";
import { deferred } from "../support/deferred.ts";
import { tempFolder } from "../support/temp-folder.ts";

const nothing = { warn: (message: string) => assert.fail(message) };

async function open(
  t: TestContext,
  settings: { readonly control?: string; readonly pid?: string | null },
  options: Parameters<typeof openControlSocket>[1] = nothing,
): Promise<ControlSocket | null> {
  const socket = await openControlSocket({ control: "beside", pid: null, ...settings }, options);
  t.after(() => socket?.close());
  return socket;
}

const refusal = (message: RegExp) => (error: unknown) =>
  error instanceof TsgiError && error.code === "control" && error.exitCode === 26 && message.test(error.message);

/** A server of another process, alive until the test is over, or dead with its socket left behind. */
async function otherServer(t: TestContext, path: string, fate: "live" | "die"): Promise<ChildProcess> {
  const program = fileURLToPath(new URL("../programs/master/unix-server.js", import.meta.url));
  const child = spawn(process.execPath, [program, path, fate], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  await once(...((fate === "live" ? [child.stdout, "data"] : [child, "exit"]) as [NodeJS.EventEmitter, string]));
  return child;
}

test("there is none unless it is asked for, or there is a pid file to be beside", async (t) => {
  const folder = tempFolder(t);
  assert.equal(await open(t, {}), null);
  assert.equal(await open(t, { control: "off", pid: join(folder, "a.pid") }), null);
  assert.equal((await open(t, { pid: join(folder, "a.pid") }))?.path, join(folder, "a.ctl"));
  assert.equal((await open(t, { control: join(folder, "b"), pid: join(folder, "a.pid") }))?.path, join(folder, "b"));
  assert.deepEqual(fs.readdirSync(folder), ["a.ctl", "b"]);
});

test("it is for its owner only, whatever the umask, and gone when it is closed", async (t) => {
  const path = join(tempFolder(t), "ctl");
  const before = process.umask(0);
  const socket = await open(t, { control: path });
  process.umask(before);
  assert.equal(fs.lstatSync(path).mode & 0o777, 0o600);
  socket?.close();
  socket?.close();
  assert.equal(fs.existsSync(path), false);
});

test("clients wait until it accepts, and then are given one by one", async (t) => {
  const path = join(tempFolder(t), "ctl");
  const socket = await open(t, { control: path });
  const clients = [1, 2].map((name) => net.connect(path).setEncoding("utf8").end(String(name)));
  for (const client of clients) await once(client, "connect");
  const both = deferred<void>();
  const heard: net.Socket[] = [];
  socket?.accept((client) => {
    assert.ok(client instanceof net.Socket);
    heard.push(client);
    if (heard.length === 2) both.resolve();
  });
  await both.promise;
  // Half-open: the end of what a client says is not the end of what it hears.
  for (const client of heard) client.on("data", (text) => client.end(`heard ${text}`));
  const answers = await Promise.all(clients.map((client) => once(client, "data")));
  assert.deepEqual(answers.flat(), ["heard 1", "heard 2"]);
});

test("a path that a live server has is refused, also when nobody asked for it by name, and the server keeps it", async (t) => {
  const path = join(tempFolder(t), "a.ctl");
  await otherServer(t, path, "live");
  const message = /a\.ctl belongs to a server that is alive; stop it, or give another --control$/;
  await assert.rejects(open(t, { control: path }), refusal(message));
  await assert.rejects(open(t, { pid: path.replace("ctl", "pid") }), refusal(message));
  const client = net.connect(path).setEncoding("utf8");
  assert.deepEqual(await once(client, "data"), ["other\n"]);
});

test("a socket that a dead server left behind is replaced", async (t) => {
  const path = join(tempFolder(t), "ctl");
  await otherServer(t, path, "die");
  assert.equal((await open(t, { control: path }))?.path, path);
});

test("what cannot be bound is refused by its name, and only a warning where nobody named it", async (t) => {
  const folder = tempFolder(t, { "file.ctl": "text", file: "" });
  for (const [control, message] of [
    [join(folder, "no/ctl"), /^no control socket: cannot make unix:.*\/no\/ctl: there is no folder/],
    [join(folder, "file.ctl"), /^no control socket: .* exists and is no socket; it is left alone/],
    [`/${"x".repeat(200)}`, /^no control socket: the path of unix:.* has 201 bytes/],
  ] as const) {
    await assert.rejects(open(t, { control }), refusal(message));
  }
  const warnings: string[] = [];
  const warn = (message: string): void => void warnings.push(message);
  const long = join(folder, `${"x".repeat(200)}.pid`);
  assert.equal(await open(t, { pid: long }, { warn }), null);
  assert.match(warnings.join(), /^there is no control socket beside the pid file: the path of unix:.* bytes/);
  assert.equal(fs.readFileSync(join(folder, "file.ctl"), "utf8"), "text");
});

test("the new master of an upgrade is beside the old one, and takes the plain name when that is free", async (t) => {
  const folder = tempFolder(t);
  const pid = join(folder, "a.pid");
  const old = await open(t, { pid });
  const heir = await open(t, { pid }, { ...nothing, ending: ".2" });
  assert.equal(heir?.path, join(folder, "a.ctl.2"));
  await assert.rejects(heir!.inherit(), refusal(/a\.ctl belongs to a server that is alive/));
  assert.deepEqual([heir?.path, fs.readdirSync(folder)], [join(folder, "a.ctl.2"), ["a.ctl", "a.ctl.2"]]);
  old?.close();
  await heir?.inherit();
  await heir?.inherit();
  assert.deepEqual([heir?.path, fs.readdirSync(folder)], [join(folder, "a.ctl"), ["a.ctl"]]);
  heir?.accept((client) => (client as net.Socket).end("the heir"));
  const client = net.connect(join(folder, "a.ctl")).setEncoding("utf8");
  assert.deepEqual(await once(client, "data"), ["the heir"]);
  heir?.close();
  assert.deepEqual(fs.readdirSync(folder), []);
});

test("a name that a killed old master left behind is taken over, and one that became somebody else's is not removed", async (t) => {
  const folder = tempFolder(t);
  const path = join(folder, "ctl");
  await otherServer(t, path, "die");
  const heir = await open(t, { control: path }, { ...nothing, ending: ".2" });
  await heir?.inherit();
  assert.deepEqual(fs.readdirSync(folder), ["ctl"]);
  fs.unlinkSync(path);
  await otherServer(t, path, "live");
  heir?.close();
  assert.deepEqual(fs.readdirSync(folder), ["ctl"]);
});

test("an old master that is heard to be gone before the kernel has closed its socket is waited for", async (t) => {
  const folder = tempFolder(t);
  const path = join(folder, "ctl");
  const old = await otherServer(t, path, "live");
  const heir = await open(t, { control: path }, { ...nothing, ending: ".2" });
  const inherited = heir!.inherit();
  const refused = await new Promise<boolean>((done) =>
    net.connect(path, () => done(false)).on("error", () => done(true)),
  );
  assert.equal(refused, false);
  old.kill("SIGKILL");
  await inherited;
  assert.deepEqual([heir?.path, fs.readdirSync(folder)], [path, ["ctl"]]);
});

test("an heir that ends while it takes the name over leaves neither its own socket nor the old master's behind", async (t) => {
  const folder = tempFolder(t);
  const path = join(folder, "ctl");
  await otherServer(t, path, "die");
  const heir = await open(t, { control: path }, { ...nothing, ending: ".2" });
  const inherited = heir!.inherit();
  heir!.close();
  await heir!.settled();
  await inherited;
  assert.deepEqual(fs.readdirSync(folder), []);
});
