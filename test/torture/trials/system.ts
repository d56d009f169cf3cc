// What surrounds a server: the clock, the files of its sockets and of its pid. None of it may be taken for something else.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { ask, get, RawClient } from "../../support/client.ts";
import { Server } from "../../support/server.ts";
import type { Arena, Trial } from "../arena.ts";
import { atMost, type Check, exactly } from "../check.ts";
import { Stage, version } from "../stage.ts";
import { lossless } from "../verdict.ts";
import { READY, TIMED_OUT } from "../words.ts";

/** Moves what `Date` says by what a file says, in every process that is started with it. The timers of Node run by another clock. */
const CLOCK = `import { readFileSync } from "node:fs";
const Real = Date;
let offsetMs = 0;
globalThis.Date = new Proxy(Real, {
  construct: (target, words, as) => Reflect.construct(target, words.length === 0 ? [Real.now() + offsetMs] : words, as),
  apply: () => new Real(Real.now() + offsetMs).toString(),
  get: (target, name) => (name === "now" ? () => Real.now() + offsetMs : Reflect.get(target, name)),
});
setInterval(() => {
  try {
    offsetMs = Number(readFileSync(process.env.CLOCK_OFFSET, "utf8"));
  } catch {}
}, 20).unref();
`;
const HOUR_MS = 3_600_000;

async function clockJumps(arena: Arena): Promise<Check[]> {
  const shim = Stage.folder(arena, { "clock.mjs": CLOCK, offset: "0" });
  const offsetFile = join(shim, "offset");
  const env = { NODE_OPTIONS: `--import ${pathToFileURL(join(shim, "clock.mjs"))}`, CLOCK_OFFSET: offsetFile };
  const stage = await Stage.open(arena, ["--timeout", "5"], { env });
  const { server } = stage;
  const before = [...server.serving()].sort().join(" ");
  const load = await stage.load({ perSecond: 100 });
  const idle = await Promise.all(Array.from({ length: 8 }, () => RawClient.connect(stage.port)));
  for (const client of idle) {
    client.send(get("/1"));
    await client.response();
  }
  const seen = server.records.length;
  const checks: Check[] = [];
  for (const [what, offset] of [
    ["an hour on", HOUR_MS],
    ["two hours back", -HOUR_MS],
    ["right again", 0],
  ] as const) {
    const slow = RawClient.connect(stage.port).then((client) => {
      client.send(get("/1?wait=2000"));
      return client.response();
    });
    await pause(300);
    writeFileSync(offsetFile, String(offset));
    await pause(1_000);
    const { fields } = await ask(stage.port, get("/1"));
    const wrong = Math.abs(Date.parse(fields["date"]!) - (Date.now() + offset));
    checks.push(
      atMost(`${what}: the Date field a second later, off by`, wrong / 1_000, 2, "s"),
      exactly(`${what}: a request of 2 s in flight`, (await slow).status, 200),
    );
    await pause(Math.max(1_000, 5_000 * arena.scale));
  }
  const open = idle.filter((client) => !client.ended).length;
  for (const client of idle) client.close();
  const result = await load.stop();
  const late = server.records.slice(seen).filter(({ level, msg }) => level !== "debug" && TIMED_OUT.test(msg));
  return [
    ...checks,
    exactly("idle connections that stayed open (Date moved by a shim; the kernel's clock was not)", open, idle.length),
    exactly("deadlines in the log", late.length === 0 ? "none" : late[0]!.msg.slice(0, 160), "none"),
    exactly("the workers", [...server.serving()].sort().join(" ") === before ? "the same" : "others", "the same"),
    ...lossless(result),
  ];
}

const yes = (so: boolean): string => (so ? "yes" : "no");

/** A socket file whose process was killed: nobody listens on it. */
async function leaveStale(path: string): Promise<void> {
  const child = spawn(process.execPath, [
    "-e",
    'require("net").createServer().listen(process.argv[1], () => console.log("up"))',
    path,
  ]);
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "exit");
}

const statusAt = (where: string | number): Promise<string> =>
  ask(where, get("/1")).then(
    ({ status }) => String(status),
    (error: NodeJS.ErrnoException) => error.code ?? error.message,
  );

async function unixSockets(arena: Arena): Promise<Check[]> {
  const folder = Stage.folder(arena, { "package.json": '{ "type": "module" }', "app.js": version("one") });
  const path = join(folder, "app.sock");
  const start = (...args: readonly string[]): Server =>
    Server.spawn(arena, ["app:application", "--bind", `unix:${path}`, ...args], { cwd: folder });
  await leaveStale(path);
  const first = start("--socket-mode", "600");
  await first.says(READY, 0, 60_000);
  const stale = await statusAt(path);
  const mode = (statSync(path).mode & 0o777).toString(8);
  const second = await start().ended;
  const live = await statusAt(path);
  // Removed under way: the place is free, and whoever takes it keeps it when the first one ends.
  unlinkSync(path);
  const removed = await statusAt(path);
  const third = start();
  await third.says(READY, 0, 60_000);
  const { code } = await first.stop();
  const kept = await statusAt(path);
  const ended = await third.stop();
  writeFileSync(path, "");
  const file = await start().ended;
  return [
    exactly("a stale socket is replaced", stale, "200"),
    exactly("--socket-mode 600", mode, "600"),
    exactly("a second server on a live socket, exit code", String(second.code), "30"),
    exactly("the first one's clients after that", live, "200"),
    exactly("removed under way: clients", removed, "ENOENT"),
    exactly("the first one's exit code", String(code), "0"),
    exactly("whoever took the place serves on after that", kept, "200"),
    exactly("and removes its own socket", yes(!existsSync(path) || ended.code !== 0 || statSync(path).isFile()), "yes"),
    exactly("a file that is no socket is refused, exit code", String(file.code), "32"),
    exactly("and left alone", yes(existsSync(path) && statSync(path).isFile()), "yes"),
  ];
}

async function pidFiles(arena: Arena): Promise<Check[]> {
  const folder = Stage.folder(arena, { "package.json": '{ "type": "module" }', "app.js": version("one") });
  const path = join(folder, "tsgi.pid");
  const start = (file = path): Server => Server.spawn(arena, ["app:application", "--pid", file], { cwd: folder });
  const dead = spawn(process.execPath, ["-e", ""]);
  await once(dead, "exit");
  writeFileSync(path, `${dead.pid}\n`);
  const first = start();
  await first.says(READY, 0, 60_000);
  const stale = readFileSync(path, "utf8").trim();
  const second = await start().ended;
  const after = readFileSync(path, "utf8").trim();
  const alive = await statusAt(first.port);
  await first.stop();
  const removed = !existsSync(path);
  // Alive, and no server of ours: the number was given to somebody else.
  writeFileSync(path, `${process.pid}\n`);
  const reused = start();
  await reused.says(READY, 0, 60_000);
  const overwritten = readFileSync(path, "utf8").trim();
  await reused.stop();
  // Root may write to a folder whatever its mode is, but nobody may make a file here.
  const unwritable = await start("/proc/tsgi.pid").ended;
  return [
    exactly("a stale pid file names the new server", yes(stale === String(first.pid)), "yes"),
    exactly("a live one: exit code of the second server", String(second.code), "23"),
    exactly("a live one: the file still names the first", yes(after === String(first.pid)), "yes"),
    exactly("a live one: the first serves on", alive, "200"),
    exactly("removed at the end", yes(removed), "yes"),
    exactly("a pid that is somebody else's now is overwritten", yes(overwritten === String(reused.pid)), "yes"),
    exactly("a folder where nobody can write: exit code", String(unwritable.code), "23"),
    exactly("and the reason", yes(/\/proc\/tsgi\.pid/.test(unwritable.stderr)), "yes"),
  ];
}

export const SYSTEM: readonly Trial[] = [
  { id: "F29", title: "the clock jumps by an hour, in both directions", run: clockJumps },
  { id: "F32", title: "Unix sockets: stale, live, removed under way, permissions", run: unixSockets },
  { id: "F33", title: "pid files: stale, live, somebody else's, unwritable", run: pidFiles },
];
