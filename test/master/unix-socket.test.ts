import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import { join } from "node:path";
import process from "node:process";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type FailureCode, TsgiError } from "../../src/errors.ts";
import { bindUnixSocket, type UnixSocket, type UnixSocketOptions } from "../../src/master/unix-socket.ts";
import { tempFolder } from "../support/temp-folder.ts";

async function bound(t: TestContext, path: string, options: Partial<UnixSocketOptions> = {}): Promise<UnixSocket> {
  const socket = await bindUnixSocket({ path, backlog: 8, mode: null, owner: null, ...options });
  t.after(() => socket.handle.close());
  return socket;
}

const refusal = (code: FailureCode, message: RegExp) => (error: unknown) =>
  error instanceof TsgiError && error.code === code && message.test(error.message);

async function connects(path: string): Promise<boolean> {
  const client = net.connect(path);
  try {
    await once(client, "connect");
    return true;
  } catch {
    return false;
  } finally {
    client.destroy();
  }
}

/** A server of another process. Alive until the test is over, or already dead with its socket left behind. */
async function otherServer(t: TestContext, path: string, fate: "live" | "die"): Promise<void> {
  const program = fileURLToPath(new URL("../programs/master/unix-server.js", import.meta.url));
  const child = spawn(process.execPath, [program, path, fate], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  await once(...((fate === "live" ? [child.stdout, "data"] : [child, "exit"]) as [NodeJS.EventEmitter, string]));
}

test("a socket takes connections, leaves no draft beside it, and is removed by unlink", async (t) => {
  const folder = tempFolder(t);
  const path = join(folder, "app.sock");
  const socket = await bound(t, path);
  assert.deepEqual([await connects(path), fs.readdirSync(folder)], [true, ["app.sock"]]);
  socket.unlink();
  socket.unlink();
  assert.deepEqual(fs.readdirSync(folder), []);
});

test("the mode is exactly what was asked for, whatever the umask; without a wish the umask decides", async (t) => {
  const folder = tempFolder(t);
  const modeOf = (path: string): number => fs.lstatSync(path).mode & 0o777;
  for (const mode of [0o600, 0o666, 0o777]) {
    const path = join(folder, mode.toString(8));
    await bound(t, path, { mode });
    assert.equal(modeOf(path), mode);
  }
  await bound(t, join(folder, "plain"));
  assert.equal(modeOf(join(folder, "plain")), 0o777 & ~process.umask());
});

test("the socket belongs to the owner that was asked for", {
  skip: process.getuid?.() !== 0 && "needs root",
}, async (t) => {
  const path = join(tempFolder(t), "s");
  await bound(t, path, { owner: { uid: 65_534, gid: 65_533 } });
  const { uid, gid } = fs.lstatSync(path);
  assert.deepEqual([uid, gid], [65_534, 65_533]);
});

test("a socket that a dead server left behind is replaced, and so is a draft of one", async (t) => {
  const path = join(tempFolder(t), "s");
  await otherServer(t, path, "die");
  await otherServer(t, `${path}~`, "die");
  assert.deepEqual([await connects(path), fs.existsSync(path), fs.existsSync(`${path}~`)], [false, true, true]);
  await bound(t, path);
  assert.equal(await connects(path), true);
});

test("a socket that a live server answers is refused and goes on being answered", async (t) => {
  const path = join(tempFolder(t), "s");
  await otherServer(t, path, "live");
  const before = fs.lstatSync(path).ino;
  await assert.rejects(bound(t, path), refusal("address-in-use", /unix:.* is served by another process/));
  assert.deepEqual([fs.lstatSync(path).ino, await connects(path)], [before, true]);
  assert.deepEqual(fs.readdirSync(join(path, "..")), ["s"]);
});

test("our own socket is refused to a second server though nobody accepts yet", async (t) => {
  const path = join(tempFolder(t), "s");
  await bound(t, path);
  await assert.rejects(bound(t, path), refusal("address-in-use", /served/));
});

test("a file that is no socket is refused and left alone, also in the draft's place", async (t) => {
  const folder = tempFolder(t, { letter: "Dear Ada", "s~": "Dear Bob" });
  await assert.rejects(bound(t, join(folder, "letter")), refusal("address-invalid", /exists and is no socket/));
  await assert.rejects(bound(t, join(folder, "s")), refusal("address-invalid", /s~ exists and is no socket/));
  await assert.rejects(bound(t, folder), refusal("address-invalid", /no socket/));
  assert.deepEqual(
    [fs.readFileSync(join(folder, "letter"), "utf8"), fs.readFileSync(join(folder, "s~"), "utf8")],
    ["Dear Ada", "Dear Bob"],
  );
});

test("the longest path that fits is bound, one byte more is refused by its length, before anything is made", async (t) => {
  const folder = tempFolder(t);
  const longest = join(folder, "x".repeat((process.platform === "linux" ? 106 : 102) - folder.length - 1));
  await bound(t, longest);
  assert.equal(await connects(longest), true);
  await assert.rejects(bound(t, `${longest}y`), refusal("address-invalid", /has 107 bytes|has 103 bytes/));
  assert.equal(fs.readdirSync(folder).length, 1);
});

test("a folder that is not there is named", async (t) => {
  const path = join(tempFolder(t), "none", "s");
  await assert.rejects(bound(t, path), refusal("address-invalid", /there is no folder .*none$/));
});

test("unlink and close leave what somebody else has put in the place meanwhile", async (t) => {
  const path = join(tempFolder(t), "s");
  const socket = await bindUnixSocket({ path, backlog: 8, mode: null, owner: null });
  fs.unlinkSync(path);
  await otherServer(t, path, "live");
  socket.unlink();
  socket.handle.close();
  assert.equal(await connects(path), true);
});

test("a socket that moves is found at one of its paths all the while, and is removed from where it is", async (t) => {
  const folder = tempFolder(t);
  const [from, to] = [join(folder, "from"), join(folder, "to")];
  const socket = await bound(t, from, { mode: 0o600 });
  await otherServer(t, to, "die");
  await socket.moveTo(to);
  assert.deepEqual([fs.readdirSync(folder), await connects(to)], [["to"], true]);
  assert.equal(fs.lstatSync(to).mode & 0o777, 0o600);
  socket.unlink();
  assert.deepEqual(fs.readdirSync(folder), []);
});

test("a socket does not move to where somebody serves, or where no socket can be, and stays where it was", async (t) => {
  const folder = tempFolder(t, { file: "text" });
  const from = join(folder, "from");
  const socket = await bound(t, from);
  await otherServer(t, join(folder, "live"), "live");
  await assert.rejects(socket.moveTo(join(folder, "live")), refusal("address-in-use", /is served by another process/));
  await assert.rejects(socket.moveTo(join(folder, "file")), refusal("address-invalid", /is no socket/));
  await assert.rejects(socket.moveTo(join(folder, "no/s")), refusal("address-invalid", /there is no folder/));
  assert.equal(await connects(from), true);
  socket.unlink();
  assert.deepEqual(fs.readdirSync(folder).sort(), ["file", "live"]);
});
