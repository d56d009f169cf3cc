// USR2: a new master takes the same sockets over beside the old one, and either of them can be the one that stays.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { childrenOf, titleOf } from "../../support/server.ts";
import { type Arena, type Trial, until } from "../arena.ts";
import { type Check, exactly } from "../check.ts";
import { Stage, send, version, WORKERS } from "../stage.ts";
import { lossless } from "../verdict.ts";
import { PROMOTED, UPGRADE_FAILED, UPGRADED } from "../words.ts";

const PID = "tsgi.pid";
const STARTS_MS = 60_000;

const pidIn = (stage: Stage, name = PID): number => {
  const path = join(stage.folder, name);
  return existsSync(path) ? Number(readFileSync(path, "utf8")) : 0;
};

const workersOf = (master: number): number =>
  childrenOf(master).filter((pid) => titleOf(pid).startsWith("tsgi: worker")).length;

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** USR2, and waits until the new master serves; its pid. */
async function begin(stage: Stage, old: number): Promise<number> {
  const seen = stage.server.records.length;
  send(old, "SIGUSR2");
  await stage.server.says(UPGRADED, seen, STARTS_MS);
  return pidIn(stage, `${PID}.2`);
}

/** The last master is no child of ours: it is ended here, and all that came of it is waited for. */
async function finish(stage: Stage, master: number): Promise<Check> {
  send(master, "SIGTERM");
  const isGone = await stage.gone(35_000);
  return exactly("left behind after TERM to the last master", isGone ? 0 : stage.server.processes().length, 0);
}

async function taken(arena: Arena): Promise<Check[]> {
  const stage = await Stage.open(arena, ["--pid", PID]);
  const load = await stage.load({ perSecond: 200 });
  const old = stage.server.pid;
  stage.deploy(version("two"));
  const heir = await begin(stage, old);
  const beside = exactly(
    "workers of the new master beside the old one's",
    `${workersOf(heir)} and ${workersOf(old)}`,
    `${WORKERS} and ${WORKERS}`,
  );
  const seen = stage.server.records.length;
  send(old, "SIGTERM");
  const code = String(await stage.server.exited);
  const promoted = await until(() => stage.server.records.slice(seen).some(({ msg }) => PROMOTED.test(msg)), 10_000);
  await until(() => pidIn(stage) === heir, 5_000);
  const stopped = load.finished;
  await load.more(200);
  const result = await load.stop();
  return [
    beside,
    exactly("exit code of the old master", code, "0"),
    exactly("the new one says that it is the master now", promoted ? "yes" : "no", "yes"),
    exactly("the pid file names", pidIn(stage) === heir ? "the new master" : String(pidIn(stage)), "the new master"),
    exactly("the second pid file", existsSync(join(stage.folder, `${PID}.2`)) ? "there" : "gone", "gone"),
    exactly(
      "versions of the last 100 answers",
      [
        ...new Set(
          result.answers
            .slice(stopped)
            .slice(-100)
            .map((one) => one.version),
        ),
      ].join(" "),
      "two",
    ),
    ...lossless(result),
    await finish(stage, heir),
  ];
}

async function refused(arena: Arena): Promise<Check[]> {
  const stage = await Stage.open(arena, ["--pid", PID]);
  const load = await stage.load({ perSecond: 200 });
  const before = [...stage.server.workers()].sort().join(" ");
  stage.deploy("export function application() {\n  return [;\n}\n");
  stage.server.signal("SIGUSR2");
  const failed = await stage.server.says(UPGRADE_FAILED, 0, STARTS_MS);
  const named = await until(() => /app\.js:2:\d+/.test(stage.server.lines.join("\n")), 2_000);
  await until(() => stage.server.processes().length === WORKERS + 1, 10_000);
  await load.more(200);
  const result = await load.stop();
  return [
    exactly("the log says at level error that it failed", failed.level, "error"),
    exactly("the log names app.js:2", named ? "yes" : "no", "yes"),
    exactly("the workers", [...stage.server.workers()].sort().join(" ") === before ? "the same" : "others", "the same"),
    exactly(
      "the pid file names",
      pidIn(stage) === stage.server.pid ? "the old master" : String(pidIn(stage)),
      "the old master",
    ),
    exactly("the second pid file", existsSync(join(stage.folder, `${PID}.2`)) ? "there" : "gone", "gone"),
    ...lossless(result),
    exactly("exit code of the old master", String((await stage.server.stop()).code), "0"),
  ];
}

/** USR2, WINCH, QUIT to the old one; then USR2, WINCH, and back: HUP to the old one, TERM to the new one. */
async function thereAndBack(arena: Arena): Promise<Check[]> {
  const stage = await Stage.open(arena, ["--pid", PID]);
  const load = await stage.load({ perSecond: 300 });
  const first = stage.server.pid;
  const second = await begin(stage, first);
  send(first, "SIGWINCH");
  const rested = await until(() => workersOf(first) === 0, 35_000);
  send(first, "SIGQUIT");
  const code = String(await stage.server.exited);
  await until(() => pidIn(stage) === second, 5_000);

  const third = await begin(stage, second);
  send(second, "SIGWINCH");
  const restedAgain = await until(() => workersOf(second) === 0, 35_000);
  send(second, "SIGHUP");
  const back = await until(
    () => workersOf(second) === WORKERS && stage.server.serving().length === 2 * WORKERS,
    STARTS_MS,
  );
  send(third, "SIGTERM");
  const left = await until(() => !isAlive(third), 35_000);
  await pause(500);
  await load.more(200);
  const result = await load.stop();
  return [
    exactly("WINCH: the old master's workers", rested ? "left" : "stay", "left"),
    exactly("QUIT: exit code of the old master", code, "0"),
    exactly("the second time, WINCH", restedAgain ? "left" : "stay", "left"),
    exactly("HUP brings the workers back", back ? "yes" : "no", "yes"),
    exactly("TERM to the new master", left ? "gone" : "still there", "gone"),
    exactly("workers of the one that stayed", workersOf(second), WORKERS),
    exactly("the pid file names", pidIn(stage) === second ? "it" : String(pidIn(stage)), "it"),
    ...lossless(result),
    await finish(stage, second),
  ];
}

export const UPGRADE: readonly Trial[] = [
  { id: "A7a", title: "USR2, then TERM to the old master", run: taken },
  { id: "A7b", title: "USR2 onto broken code", run: refused },
  { id: "F4", title: "USR2, WINCH, QUIT to the old master; then one that is taken back", run: thereAndBack },
];
