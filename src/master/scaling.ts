// How many workers there shall be: by TTIN and TTOU, by an order, and within `--workers 2..8` by how busy the event loops are.
// Decides a number; settle.ts makes it true. Pure.

import { callHook, inSeconds, log, plural, readyTeam, type Step, step } from "./moves.ts";
import { isBooting, type Load, type State, team, wantedCount } from "./state.ts";

/** One more, when the loops were busier than this for so long. */
const BUSY = 0.75;
const BUSY_MS = 3_000;
/** One less, when the others would still be below this, with all the work, for so long. Less than BUSY, or a steady load would flap. */
const ROOMY = 0.5;
const ROOMY_MS = 30_000;
/** A new worker needs a while to take its share of the connections, before the figures say whether it was enough. */
const COOL_DOWN_MS = 10_000;

const QUIET: Omit<Load, "movedAt"> = { busySince: null, roomySince: null };

/** Another number from now on. */
function setCount(state: State, count: number, why: string): Step {
  const before = wantedCount(state);
  const after: State = { ...state, count, load: { ...QUIET, movedAt: state.now } };
  return step(
    after,
    log("info", `${plural(before, "worker")} before, ${count} wanted now${why}`),
    callHook({ name: "nworkersChanged", event: { count, previous: before } }),
  );
}

/** TTIN and TTOU. */
export function scaleBy(state: State, by: 1 | -1): Step {
  const { min, max } = state.settings.workers;
  // A range is a promise; a fixed number is where the count began.
  const [least, most] = min === max ? [1, Number.POSITIVE_INFINITY] : [min, max];
  const count = Math.min(most, Math.max(least, state.count + by));
  return state.stop !== null || state.resting || count === state.count ? step(state) : setCount(state, count, "");
}

/** What `tsgi ctl scale` is told; undefined when it shall be done. */
export function objectionToCount(state: State, count: number): string | undefined {
  const { min, max } = state.settings.workers;
  if (min === max || (count >= min && count <= max)) return undefined;
  return `${count} is outside --workers ${min}..${max}; a number within fits`;
}

export const scaleTo = (state: State, count: number): Step =>
  count === state.count ? step(state) : setCount(state, count, "");

/** Once a second. */
export function scaleByLoad(state: State): Step {
  const { min, max } = state.settings.workers;
  if (min === max || state.stop !== null || state.next !== null || state.resting) return step(state);
  const { now, count, load } = state;
  const ready = readyTeam(state);
  // While one boots, the others do its work too.
  if (ready.length < count || team(state, state.generation).some(isBooting))
    return step({ ...state, load: { ...load, ...QUIET } });
  const busy = ready.reduce((sum, { figures }) => sum + (figures?.utilization ?? 0), 0) / ready.length;
  const without = count === 1 ? Number.POSITIVE_INFINITY : (busy * count) / (count - 1);
  const busySince = busy > BUSY && count < max ? (load.busySince ?? now) : null;
  const roomySince = without < ROOMY && count > min ? (load.roomySince ?? now) : null;
  const measured: State = { ...state, load: { ...load, busySince, roomySince } };
  if (now - load.movedAt < COOL_DOWN_MS) return step(measured);
  if (busySince !== null && now - busySince >= BUSY_MS) {
    return setCount(
      measured,
      count + 1,
      `: their event loops are ${percent(busy)} busy, ${lasting(BUSY, busySince, now)}`,
    );
  }
  if (roomySince !== null && now - roomySince >= ROOMY_MS) {
    const rest = `with one less it would be ${percent(without)}, ${lasting(ROOMY, roomySince, now, "below")}`;
    return setCount(measured, count - 1, `: their event loops are ${percent(busy)} busy; ${rest}`);
  }
  return step(measured);
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;

const lasting = (bar: number, since: number, now: number, side: "above" | "below" = "above"): string =>
  `${side} ${percent(bar)} for ${inSeconds(Math.round((now - since) / 1000) * 1000)}`;
