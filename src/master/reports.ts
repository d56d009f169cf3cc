// What a worker's word changes: how far it has come, how it is, what it asks for. Pure.

import type { Frame, Report, Whereabouts } from "../ipc/messages.ts";
import { inFlightWords } from "./autopsy.ts";
import { noteDelay } from "./canary.ts";
import { failBoot } from "./generation.ts";
import {
  type Action,
  begin,
  boot,
  condemn,
  dismiss,
  GRACE_SLACK_MS,
  graceOf,
  inSeconds,
  log,
  moved,
  nameOf,
  type Step,
  step,
  tire,
} from "./moves.ts";
import { prepare } from "./spare.ts";
import { type Blame, isBooting, isSpare, type State, settingsOf, updateWorker, type WorkerHandle } from "./state.ts";

export function onReport(state: State, worker: WorkerHandle, report: Report): Step {
  const { id, phase, leaving } = worker;
  // Any word is a sign of life, once silence counts.
  const change = (changes: Partial<WorkerHandle>): State =>
    updateWorker(state, id, { lastBeatAt: worker.lastBeatAt === null ? null : state.now, ...changes });
  switch (report.tsgi) {
    case "draining":
      return onDraining(state, worker);
    case "crashed":
      return step(updateWorker(state, id, { lastWords: report }));
    case "slow-loop":
      return step(state, slowLoop(worker, report));
    case "beat": {
      const { tsgi: _tag, ...figures } = report;
      return step(noteDelay(change({ figures }), worker, figures.delayMs));
    }
    case "stuck":
      return worker.blame === null ? onStuck(state, worker, report) : step(state);
  }
  if (worker.blame !== null) return step(state);
  if (leaving) {
    // It is one of those that were told to go because another one had failed. Its own failure explains its end, and nothing more.
    if (report.tsgi !== "boot-failed") return step(state);
    return step(change({ blame: { code: report.code, cause: "boot-failed", message: report.message } }));
  }
  switch (report.tsgi) {
    case "hello":
      if (phase !== "starting") return step(state);
      return isSpare(worker) ? prepare(state, worker) : boot(state, worker);
    case "loaded":
      if (phase !== "loading") return step(state);
      return step(moved(change({ phase: "loaded", stepBy: null, lastBeatAt: state.now }), worker));
    case "ready":
      return phase === "opening" ? onReady(state, worker) : step(state);
    case "recycle":
      return tire(change({}), worker, report.why);
    case "boot-failed":
      if (!isBooting(worker) && phase !== "opening") return step(state);
      return failBoot(state, worker, {
        ...{ code: report.code, cause: "boot-failed", message: report.message, details: report.details ?? null },
      });
    case "prepared":
      return step(state, log("debug", `${nameOf(worker)} ${isSpare(worker) ? "waits for its place" : "is prepared"}`));
    // Heard elsewhere.
    case "files":
    case "ask-fresh":
      return step(state);
    case "whereabouts":
      return worker.asked ? failBoot(state, worker, lateBoot(state, worker, report.at)) : step(state);
    default:
      // An application's own message that happens to carry our tag.
      report satisfies never;
      return step(state);
  }
}

function onReady(state: State, worker: WorkerHandle): Step {
  // Booted while the server waits in --drain-delay.
  const unready: readonly Action[] = state.stop === null ? [] : [{ do: "unready", id: worker.id }];
  return step(moved(begin(state, worker), worker), ...unready);
}

function onDraining(state: State, worker: WorkerHandle): Step {
  // One that handed back in time is in no debugger, and has the usual time for the rest.
  const goneBy =
    worker.handsBack && state.stop === null ? state.now + graceOf(state, worker) + GRACE_SLACK_MS : worker.goneBy;
  const drains = updateWorker(state, worker.id, { draining: true, goneBy });
  // Unasked: somebody sent TERM to the worker itself. It needs a successor and has the usual time.
  return worker.leaving ? step(drains) : dismiss(drains, worker, { style: "graceful", why: "SIGTERM to itself" });
}

/** Its loop is blocked beyond --timeout. It is killed, also while it leaves: it would not hear anything else. */
function onStuck(state: State, worker: WorkerHandle, { silentMs, at }: Report & { tsgi: "stuck" }): Step {
  const blame = blocked(`its event loop was blocked for ${inSeconds(silentMs)} (--timeout)`, at);
  return condemn(state, worker, blame);
}

/** The words for a blocked loop: where it is, and what was in flight. */
export function blocked(what: string, at: Whereabouts | null): Blame {
  const base = { code: "boot-timeout", cause: "timeout" } as const;
  if (at === null) return { ...base, message: `${what}, and its watchdog could not say where` };
  const message = `${what}${standsAt(at)}; ${inFlightWords(at.requests)}`;
  return { ...base, message, fields: whereFields(what, at) };
}

/** ` in spin (app.ts:41:5)`, and ` in load (app.ts:9:3), calling readFileSync` where the application called somebody else. */
function standsAt({ frames, place, note }: Whereabouts): string {
  const top = frames?.[0];
  const own = frames?.find((frame) => positionOf(frame) === place) ?? top;
  const where = own === undefined ? "" : ` in ${own.function || "an unnamed function"} (${positionOf(own)})`;
  const callee = top === undefined || top === own ? "" : `, calling ${top.function || "an unnamed function"}`;
  return `${where}${callee}${note === null ? "" : `; ${note}`}`;
}

const positionOf = ({ file, line, column }: Frame): string => `${file}:${line}:${column}`;

function whereFields(what: string, { frames, requests }: Whereabouts): Readonly<Record<string, unknown>> {
  const calls = (frames ?? []).map((frame) => {
    return `    at ${frame.function || "<anonymous>"} (${positionOf(frame)})`;
  });
  return {
    ...(calls.length === 0 ? {} : { err: { message: what, stack: [`Blocked: ${what}`, ...calls].join("\n") } }),
    ...(requests === null || requests.length === 0 ? {} : { requests }),
  };
}

function slowLoop(worker: WorkerHandle, { blockedMs, skipped, at }: Report & { tsgi: "slow-loop" }): Action {
  const earlier = skipped === 0 ? "" : `, and ${skipped} times more since the last report`;
  const { message, fields } = blocked(`its event loop was blocked for ${Math.round(blockedMs)} ms${earlier}`, at);
  return log("warn", `${nameOf(worker)}: ${message}`, fields);
}

/** What a boot that took too long is put down to. `at` is null when the worker could not say where it stands. */
export function lateBoot(state: State, worker: WorkerHandle, at: Whereabouts | null): Blame {
  const limit = inSeconds(settingsOf(state, worker.generation).bootTimeout * 1000);
  const what = `the application was not loaded within ${limit} (--boot-timeout)`;
  const base = { code: "boot-timeout", cause: "boot-failed" } as const;
  if (at === null) return { ...base, message: what };
  return { ...base, message: `${what}${standsAt(at)}`, fields: whereFields(what, at) };
}
