import assert from "node:assert/strict";
import fs from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { Notifier, notifyWish } from "../../src/master/systemd.ts";
import { NotifySocket, noNotify } from "../support/notify-socket.ts";
import { tempFolder } from "../support/temp-folder.ts";

test("nobody is told without NOTIFY_SOCKET, and a watchdog is fed only if it is set on this process or on no one in particular", () => {
  assert.equal(notifyWish({}, 77), null);
  assert.equal(notifyWish({ NOTIFY_SOCKET: "", WATCHDOG_USEC: "1000" }, 77), null);
  const watchdog = (env: Record<string, string>) => notifyWish({ NOTIFY_SOCKET: "@a", ...env }, 77)?.watchdogMs;
  assert.deepEqual(notifyWish({ NOTIFY_SOCKET: "/run/n" }, 77), { socket: "/run/n", watchdogMs: null });
  assert.equal(watchdog({ WATCHDOG_USEC: "3000000" }), 3000);
  assert.equal(watchdog({ WATCHDOG_USEC: "3000000", WATCHDOG_PID: "77" }), 3000);
  assert.equal(watchdog({ WATCHDOG_USEC: "3000000", WATCHDOG_PID: "78" }), null);
  for (const usec of ["", "0", "-5", "soon"]) assert.equal(watchdog({ WATCHDOG_USEC: usec }), null);
});

test("messages arrive in order, whole, and a reload with the time of systemd's clock", {
  skip: noNotify,
}, async (t) => {
  const socket = await NotifySocket.open(t);
  const notifier = new Notifier({ socket: socket.path, warn: assert.fail });
  const before = process.hrtime.bigint() / 1000n;
  notifier.tell(["READY=1", "STATUS=-- 4 of 4 workers ready, \u00e4"]);
  notifier.tell(["RELOADING=1"]);
  const after = process.hrtime.bigint() / 1000n;
  notifier.tell(["READY=1"]);
  await notifier.settled();
  await socket.hears(/^READY=1/, 2);
  const [ready, reloading, again] = socket.messages;
  assert.deepEqual(ready, ["READY=1", "STATUS=-- 4 of 4 workers ready, \u00e4"]);
  assert.deepEqual(again, ["READY=1"]);
  const [, stamp = ""] = reloading!;
  const usec = BigInt(stamp.replace("MONOTONIC_USEC=", ""));
  assert.ok(usec >= before && usec <= after);
  const [uptime = "0"] = fs.readFileSync("/proc/uptime", "utf8").split(" ");
  // Of the same clock, but for the time that the machine was asleep.
  assert.ok(Number(usec) / 1e6 <= Number(uptime) + 1);
});

test("what is outdated by the time its turn comes is not sent", { skip: noNotify }, async (t) => {
  const socket = await NotifySocket.open(t);
  const notifier = new Notifier({ socket: socket.path, warn: assert.fail });
  for (let i = 0; i < 50; i += 1) notifier.tell([`STATUS=${i}`]);
  await notifier.settled();
  await socket.hears(/^STATUS=49$/);
  assert.deepEqual(socket.said("STATUS"), ["0", "49"]);
});

/** A program in the place of systemd-notify. */
function program(
  t: Parameters<typeof tempFolder>[0],
  text: string,
): { readonly program: string; readonly folder: string } {
  const folder = tempFolder(t, { notify: `#!/bin/sh\n${text}\n` });
  fs.chmodSync(join(folder, "notify"), 0o755);
  return { program: join(folder, "notify"), folder };
}

test("two messages are never on their way at once", async (t) => {
  const { program: notify, folder } = program(t, 'mkdir "$0.lock" || exit 1; echo "$2" >> "$0.log"; rmdir "$0.lock"');
  const warnings: string[] = [];
  const notifier = new Notifier({ socket: "/x", warn: (text) => warnings.push(text), program: notify });
  for (const line of ["WATCHDOG=1", "MAINPID=1", "STATUS=1"]) notifier.tell([line]);
  await notifier.settled();
  assert.deepEqual(warnings, []);
  assert.equal(fs.readFileSync(join(folder, "notify.log"), "utf8"), "WATCHDOG=1\nMAINPID=1\nSTATUS=1\n");
});

test("a socket that is gone is said once, with what the program said; later messages are tried all the same", async (t) => {
  const { program: notify, folder } = program(t, '[ -e "$0.works" ] && exit 0; echo "no such socket" >&2; exit 1');
  const warnings: string[] = [];
  const notifier = new Notifier({ socket: "/x", warn: (text) => warnings.push(text), program: notify });
  const tell = async (line: string) => {
    notifier.tell([line]);
    await notifier.settled();
  };
  await tell("STATUS=1");
  await tell("STATUS=2");
  assert.deepEqual(warnings, [
    "systemd cannot be told how this server is (no such socket); it serves on, and this is not said again",
  ]);
  fs.writeFileSync(join(folder, "notify.works"), "");
  await tell("STATUS=3");
  fs.rmSync(join(folder, "notify.works"));
  await tell("STATUS=4");
  assert.equal(warnings.length, 2);
});

test("a program that is missing is said once, and not looked for again", async (t) => {
  const warnings: string[] = [];
  const folder = tempFolder(t);
  const missing = join(folder, "notify");
  const notifier = new Notifier({ socket: "/x", warn: (text) => warnings.push(text), program: missing });
  notifier.tell(["READY=1"]);
  notifier.tell(["WATCHDOG=1"]);
  await notifier.settled();
  fs.writeFileSync(missing, "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  notifier.tell(["WATCHDOG=1"]);
  await notifier.settled();
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /\(there is no program \S+notify\)/);
});

test("a program that says nothing and does not end is ended", async (t) => {
  const { program: notify } = program(t, "exec sleep 1000");
  const warnings: string[] = [];
  const notifier = new Notifier({ socket: "/x", warn: (text) => warnings.push(text), program: notify, limitMs: 50 });
  notifier.tell(["READY=1"]);
  await notifier.settled();
  assert.match(warnings.join(), /took longer than 0\.05 s/);
});
