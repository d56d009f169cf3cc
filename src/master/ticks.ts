// What time alone changes: those who are late, silent, old or large. Once a second, and when the last plan asked for it. Pure.

import { failBoot } from "./generation.ts";
import { condemn, forEach, inSeconds, log, nameOf, type Step, step, then, tire } from "./moves.ts";
import type { Sight } from "./proc.ts";
import { blocked, lateBoot } from "./reports.ts";
import { livedLong } from "./respawn.ts";
import { scaleByLoad } from "./scaling.ts";
import { findWorker, type State, settingsOf, updateWorker, type WorkerHandle } from "./state.ts";
import { checkHeir } from "./upgrade.ts";

/** Ticks come every second. One that is this late means that the whole machine, or we, stood still: silence proves nothing. */
const STOOD_STILL_MS = 3000;
/**
 * The worker's own watchdog knows first, and knows where; this is how long it has to say so. The last beat that came here may be a
 * second older than the block. The watchdog is certain a quarter of a second after the limit, and needs up to half of one to look.
 */
const WATCHDOG_MS = 2500;
/** How long a worker that is late with its boot has to say where it stands. */
const ANSWER_MS = 2000;

export function onTick(before: State, seen: ReadonlyMap<number, Sight>): Step {
  const state = { ...before, lastTickAt: before.now };
  // The reports that came meanwhile are still unread. They get a turn, and every worker its whole time again.
  if (before.now - before.lastTickAt > STOOD_STILL_MS) return step(forgiveSilence(state));
  const ids = state.workers.map(({ id }) => id);
  const checked = forEach(state, ids, (current, id) => {
    // None is removed before its exit is seen.
    const worker = findWorker(current, id)!;
    return checkWorker(current, worker, seen.get(id) ?? { rss: worker.figures?.rss ?? 0, stopped: false });
  });
  return [calm, checkHeir, scaleByLoad].reduce(then, checked);
}

const forgiveSilence = (state: State): State => ({
  ...state,
  workers: state.workers.map((worker) => ({
    ...worker,
    lastBeatAt: worker.lastBeatAt === null ? null : state.now,
  })),
});

/** One worker that lives long shows that the code can. */
const calm = (state: State): Step =>
  step(
    state.youngDeaths > 0 && state.workers.some((one) => livedLong(state, one)) ? { ...state, youngDeaths: 0 } : state,
  );

function checkWorker(state: State, worker: WorkerHandle, { rss, stopped }: Sight): Step {
  const { now } = state;
  const { timeout, maxRss, maxRssHard, inspect } = settingsOf(state, worker.generation);
  // It may stand at a breakpoint, for as long as somebody looks at it.
  const isDebugged = inspect !== null && worker.slot === 1;
  if (worker.goneBy !== null && worker.goneBy <= now) {
    const farewell = `${worker.farewell}; it did not leave in time`;
    return step(
      updateWorker(state, worker.id, { goneBy: null, farewell }),
      { do: "kill", id: worker.id },
      log("warn", `${nameOf(worker)} did not leave in time and is killed`),
    );
  }
  if (worker.blame !== null) return step(state);
  if (maxRssHard > 0 && rss > maxRssHard) {
    const message = `its memory of ${inMebibytes(rss)} is more than ${inMebibytes(maxRssHard)} (--max-rss-hard)`;
    return condemn(state, worker, { code: "boot-exit", cause: "memory", message });
  }
  const silence = worker.lastBeatAt === null ? 0 : now - worker.lastBeatAt;
  // Of a process that is stopped the watchdog is stopped too.
  if (timeout > 0 && !isDebugged && silence > timeout * 1000 + (stopped ? 0 : WATCHDOG_MS)) {
    const what = `it gave no sign of life for ${inSeconds(timeout * 1000)} (--timeout)`;
    if (!stopped) return condemn(state, worker, blocked(`${what}: its event loop is blocked`, null));
    const message = `${what}: its process is stopped, by SIGSTOP or a debugger`;
    return condemn(state, worker, { code: "boot-timeout", cause: "timeout", message });
  }
  if (worker.leaving) return step(state);
  if (worker.stepBy !== null && worker.stepBy <= now) {
    const mayBeLate = isDebugged && worker.phase !== "starting";
    return mayBeLate ? step(updateWorker(state, worker.id, { stepBy: null })) : onLate(state, worker);
  }
  if (worker.retireAt !== null && worker.retireAt <= now) {
    return tire(state, worker, `it has served for ${inSeconds(Math.round((now - worker.readyAt!) / 1000) * 1000)}`);
  }
  if (maxRss > 0 && rss > maxRss && livedLong(state, worker)) {
    return tire(state, worker, `its memory of ${inMebibytes(rss)} is more than ${inMebibytes(maxRss)} (--max-rss)`);
  }
  return step(state);
}

/** It is asked where it stands, which its watchdog can tell also in the middle of an endless loop; then it is given up. */
function onLate(state: State, worker: WorkerHandle): Step {
  if (worker.asked || worker.phase === "starting") return failBoot(state, worker, lateBoot(state, worker, null));
  return step(updateWorker(state, worker.id, { asked: true, stepBy: state.now + ANSWER_MS }), {
    ...{ do: "ask-whereabouts", id: worker.id },
  });
}

const inMebibytes = (bytes: number): string => `${Math.round(bytes / 1_048_576)} MiB`;
