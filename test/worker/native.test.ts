import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { mainRanMs, nativeCall } from "../../src/worker/native.ts";

/** A /proc of these files. */
const files =
  (texts: Readonly<Record<string, string>>) =>
  (path: string): string | null =>
    texts[path] ?? null;

test("the system call, the place in the kernel and the children are told, as far as they can be read", () => {
  const task = "/proc/7/task/7";
  const all = {
    [`${task}/syscall`]: "281 0x3 0x7ffd 0x400 0xffffffff\n",
    [`${task}/wchan`]: "ep_poll",
    [`${task}/children`]: "8 9 10 ",
    "/proc/8/cmdline": "sleep\x0060\0",
    // Gone, and not waited for.
    "/proc/9/cmdline": "",
    "/proc/10/cmdline": "/site/node_modules/@esbuild/linux-x64/bin/esbuild\0--service=0.25.0\0--ping\0",
  };
  const told = "it waits in the system call epoll_pwait (ep_poll); its child process: sleep 60 (pid 8)";
  assert.equal(nativeCall(7, files(all), "x64"), told);
  assert.equal(nativeCall(7, files({ ...all, [`${task}/syscall`]: "22 0x3" }), "arm64"), told);
  const cases: readonly (readonly [Record<string, string>, string | null])[] = [
    [{}, null],
    [{ [`${task}/wchan`]: "0", [`${task}/children`]: "" }, null],
    [{ [`${task}/wchan`]: "do_wait" }, "it waits in the kernel (do_wait)"],
    [{ [`${task}/syscall`]: "running\n", [`${task}/wchan`]: "0" }, "it is busy in native code"],
    [{ [`${task}/syscall`]: "61 0x0\n", [`${task}/wchan`]: "0" }, "it waits in the system call wait4"],
    [{ [`${task}/syscall`]: "999 0x0\n" }, "it waits in the system call number 999"],
  ];
  for (const [texts, expected] of cases) assert.equal(nativeCall(7, files(texts), "x64"), expected);
});

test("how long a main thread has run is told while it wants to run", () => {
  const task = "/proc/7/task/7";
  const stat = (state: string): string => `7 (a) S (b) ${state} 1 2 3`;
  const all = { [`${task}/stat`]: stat("R"), [`${task}/schedstat`]: "1500000 200 3\n" };
  assert.equal(mainRanMs(7, files(all)), 1.5);
  assert.equal(mainRanMs(7, files({ ...all, [`${task}/stat`]: stat("S") })), null);
  assert.equal(mainRanMs(7, files({ [`${task}/stat`]: stat("R") })), null);
  assert.equal(mainRanMs(7, files({})), null);
});

test("many children are named in part, and a long command is cut", () => {
  const pids = [11, 12, 13, 14, 15, 16, 17];
  const texts = {
    "/proc/7/task/7/children": `${pids.join(" ")} `,
    ...Object.fromEntries(pids.map((pid) => [`/proc/${pid}/cmdline`, `run\0${"x".repeat(pid === 11 ? 9_000 : 1)}\0`])),
  };
  const told = nativeCall(7, files(texts))!;
  assert.match(told, /^its child processes: run x{196} \(pid 11\), run x \(pid 12\), .*\(pid 15\), and 2 more$/);
});

test("a real child is told by its command line", {
  skip: !existsSync("/proc/self/task") && "needs /proc",
}, async (t) => {
  const child = spawn("sleep", ["61.5"]);
  t.after(() => child.kill("SIGKILL"));
  await once(child, "spawn");
  assert.match(nativeCall(process.pid) ?? "", new RegExp(`sleep 61\\.5 \\(pid ${child.pid}\\)`));
});
