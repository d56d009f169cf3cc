// The watchdog: a thread beside a worker's main thread, which is there when that one is not. Finds a blocked loop by the beat in shared
// memory, says on the side line where it stands, and answers the master's questions. Imports little: every worker pays for it.

import { Buffer } from "node:buffer";
import { writeSync } from "node:fs";
import { Socket } from "node:net";
import process from "node:process";
import { parentPort, workerData } from "node:worker_threads";
import type { WorkerAbortEvent, WorkerFacts } from "../config/hooks.ts";
import { type Ask, answerLine, LIFELINE_FD, Lines, readAsk } from "../ipc/lifeline.ts";
import type { Whereabouts } from "../ipc/messages.ts";
import type { SideReport } from "../ipc/side-reports.ts";
import { Board, monotonicMs } from "./board.ts";
import { type Look, type LookTimes, lookAtMain } from "./inspect.ts";
import { nativeCall } from "./native.ts";
import { SlowLoop } from "./slow-loop.ts";
import { Watch, type WatchLimits } from "./watch.ts";
import { type Beside, inEarnest, inPassing, isIdle, OVER, requestsOnly } from "./whereabouts.ts";

/** What the main thread gives its watchdog. */
export interface WatchdogData extends WatchLimits {
  readonly memory: SharedArrayBuffer;
  /** The buffer that sockets are read into. */
  readonly readMemory: SharedArrayBuffer;
  /** Whether the main thread may be looked at (inspect.ts). */
  readonly mayInspect: boolean;
  /** The master's pid. */
  readonly master: number;
  /** How long a worker may take for what is open when its master is gone. */
  readonly orphanMs: number;
  /** Whose hook workerAbort is to be called; null where the configuration has none. */
  readonly abort: { readonly file: string; readonly worker: WorkerFacts } | null;
}

/** A loop that is stuck is looked at in a hurry: its clients wait, and the master's own patience ends soon after. */
const IN_EARNEST: LookTimes = { answerMs: 600, lineMs: 300 };
/** One that is only slow is not. */
const AT_LEISURE: LookTimes = { answerMs: 2_000, lineMs: 300 };
/** A loop that turns comes to a line of JavaScript with its next sweep at the latest. */
const IN_PASSING: LookTimes = { answerMs: 600, lineMs: 400 };
/** The loop is not silent for as long as this between two sweeps, unless it is blocked. */
const SILENT_MS = 1_000;
/** How soon it is looked whether a slow loop turns again. */
const OVER_MS = 50;
/** The head of what was read last. */
const HEAD_BYTES = 1_200;

const data = workerData as WatchdogData;
const board = new Board(data.memory);
const read = Buffer.from(data.readMemory);
const watch = new Watch(data);
const slow = new SlowLoop<Whereabouts>();
let armed = false;
/** Made ready now: when it is needed, the main thread cannot help with an import. */
const abort = data.abort === null ? null : prepareAbort(data.abort.file);
/** One look at a time: two sessions would stop the main thread twice. */
let looks: Promise<unknown> = Promise.resolve();

const line = new Socket({ fd: LIFELINE_FD, readable: true, writable: true });
const lines = new Lines();
line.setEncoding("utf8");
line.on("data", (text: string) => {
  for (const ask of lines.push(text).map(readAsk)) if (ask !== null) void answer(ask);
});
line.on("error", () => {});
// The master is gone, or somebody closed the descriptor, which is not our business.
line.on("close", () => setTimeout(() => isOrphan() && end("it did not leave"), data.orphanMs));
parentPort!.once("message", () => {
  armed = true;
  look(0);
});

function look(lateMs: number): void {
  const now = monotonicMs();
  const { beatAt, blockedSoFar } = board;
  const ageMs = board.beatAgeMs(now);
  const due = slow.due({ now, beatAt, ageMs, over: blockedSoFar });
  if (due !== null) {
    const { blockedMs, skipped } = due;
    say({ tsgi: "slow-loop", blockedMs, skipped, at: due.at ?? OVER });
  }
  const verdict = watch.look({ beatAt, ageMs, lateMs });
  if (verdict.is === "well") lookIn(slow.waits ? Math.min(OVER_MS, verdict.lookInMs) : verdict.lookInMs);
  else void (verdict.is === "stuck" ? stuck(beatAt) : slowed(beatAt)).then(() => look(0));
}

function lookIn(ms: number): void {
  const due = monotonicMs() + ms;
  setTimeout(() => look(monotonicMs() - due), ms);
}

async function stuck(beatAt: number): Promise<void> {
  const seen = await lookInTurn(true, IN_EARNEST);
  // It may be over in the last moment.
  if (isIdle(seen.sighting)) await new Promise((turned) => setTimeout(turned, OVER_MS));
  if (board.beatAt !== beatAt) return;
  const silentMs = board.beatAgeMs(monotonicMs());
  const at = await aborted(silentMs, inEarnest(seen, beside(silentMs)));
  say({ tsgi: "stuck", silentMs, at });
  if (isOrphan()) end(`its event loop is blocked${at.place === null ? "" : ` at ${at.place}`}`);
}

/** Before the master is told, because it kills at once. What goes wrong with the hook is said with the rest. */
async function aborted(blockedMs: number, at: Whereabouts): Promise<Whereabouts> {
  if (abort === null) return at;
  const { frames, place, requests, note } = at;
  const troubles = await (await abort)({ ...data.abort!.worker, blockedMs, frames, place, requests });
  return troubles.length === 0 ? at : { ...at, note: [note, ...troubles].filter((one) => one !== null).join("; ") };
}

/** The hook as a function that answers with what went wrong. Costs an import only where there is a hook. */
async function prepareAbort(file: string): Promise<(event: WorkerAbortEvent) => readonly string[]> {
  try {
    const { loadHook } = await import("../modules/user-hooks.ts");
    const hook = await loadHook(file, "workerAbort");
    return (event) => {
      const troubles: string[] = [];
      hook?.(event, ({ message }) => void troubles.push(message));
      return troubles;
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return () => [`hook workerAbort could not be loaded: ${why}`];
  }
}

async function slowed(beatAt: number): Promise<void> {
  if (!slow.mayReport(monotonicMs())) return;
  const seen = await lookInTurn(true, AT_LEISURE);
  if (isIdle(seen.sighting)) return;
  const now = monotonicMs();
  slow.took(now, beatAt, inEarnest(seen, beside(board.beatAgeMs(now))));
}

async function answer({ tsgi, ticket }: Ask): Promise<void> {
  const seen = await lookInTurn(tsgi === "stack", IN_PASSING);
  const ageMs = board.beatAgeMs(monotonicMs());
  const around = beside(armed && ageMs > SILENT_MS ? ageMs : 0);
  say({ tsgi: "whereabouts", ticket, at: tsgi === "stack" ? inPassing(seen, around) : requestsOnly(seen, around) });
}

function lookInTurn(stop: boolean, times: LookTimes): Promise<Look> {
  if (!data.mayInspect) return Promise.resolve(WITHHELD);
  const done = looks.then(() => lookAtMain(board, stop, times));
  looks = done;
  return done;
}

const WITHHELD: Look = {
  sighting: { is: "unavailable", why: "Node's permission model withholds its inspector (--allow-inspector)" },
  requests: null,
};

const beside = (silentMs: number): Beside => ({
  stage: board.stageText,
  silentMs,
  native: () => nativeCall(process.pid),
  known: () => board.known(monotonicMs()),
  lastRead: () => read.toString("latin1", 0, HEAD_BYTES),
});

function say(report: SideReport): void {
  if (line.writable) line.write(answerLine(report));
}

const isOrphan = (): boolean => line.destroyed && process.ppid !== data.master;

/** Nobody else would: the master is gone, and the main thread does not hear it. */
function end(why: string): void {
  try {
    writeSync(2, `tsgi: the worker with pid ${process.pid}, whose master is gone, is killed by its watchdog: ${why}\n`);
  } finally {
    process.kill(process.pid, "SIGKILL");
  }
}
