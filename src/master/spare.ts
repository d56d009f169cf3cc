// With --reload: the spare, a worker without a place that has Node and the loader of TypeScript up before anything changes. One, whatever
// --workers says: a restart is as fast as its first worker. Pure. Does not know what it loads.

import type { Finding } from "./autopsy.ts";
import {
  boot,
  bootDeadline,
  forEach,
  fork,
  inSeconds,
  kill,
  log,
  nameOf,
  readyTeam,
  type Step,
  step,
} from "./moves.ts";
import { countDeath } from "./respawn.ts";
import {
  isSpare,
  mayRespawn,
  removeWorker,
  SPARE_AFTER_MS,
  SPARE_SLOT,
  type State,
  updateWorker,
  type WorkerHandle,
  wantedCount,
} from "./state.ts";

const spareOf = ({ workers }: State): WorkerHandle | undefined =>
  workers.find((worker) => isSpare(worker) && !worker.leaving && worker.blame === null);

/** Starts a worker in a place of the serving generation: the spare takes it, if there is one, however far it has come. */
export function start(state: State, place: { readonly slot: number; readonly generation: number }): Step {
  const spare = spareOf(state);
  if (spare === undefined) return fork(state, place);
  const taken = { ...spare, ...place, forkedAt: state.now, stepBy: bootDeadline(state.settings, state.now) };
  const placed = updateWorker(state, spare.id, taken);
  return spare.phase === "spare" ? boot(placed, taken) : step(placed);
}

/** Its process is up. */
export function prepare(state: State, { id }: WorkerHandle): Step {
  return step(updateWorker(state, id, { phase: "spare" }), { do: "prepare", id, settings: state.settings });
}

/** There is a spare when the workers have settled, and also when a change that came too early for that has taken the last one. */
export function keepSpare(state: State): Step {
  if (state.development === null || state.stop !== null || state.workers.some((one) => isSpare(one) && !one.leaving)) {
    return step(state);
  }
  if (wantedCount(state) === 0 || !mayRespawn(state, SPARE_SLOT) || isMadeToMeasure(state)) return step(state);
  const settled = readyTeam(state).filter(({ readyAt }) => readyAt! + SPARE_AFTER_MS <= state.now);
  const isCalm = settled.length >= wantedCount(state);
  const isAwaited = state.development.dirty && state.reading === "no";
  if (!isCalm && !isAwaited) return step(state);
  const forked = fork(state, { slot: SPARE_SLOT, generation: 0 });
  // Nobody waits for it.
  return { ...forked, state: updateWorker(forked.state, forked.state.lastId, { stepBy: null }) };
}

/** What the hook preFork gives a worker depends on its place and generation, which a spare does not have. */
const isMadeToMeasure = ({ settings }: State): boolean => settings.hooks?.names.includes("preFork") === true;

/** It does not fit any more. */
export const dropSpare = (state: State): Step =>
  forEach(state, state.workers.filter(isSpare), (current, worker) =>
    kill(current, worker, "the configuration has changed"),
  );

/** Nobody has lost anything; one that cannot live must not keep the machine busy with its starts. */
export function onSpareExit(before: State, spare: WorkerHandle, { how }: Finding): Step {
  const rest = removeWorker(before, spare.id);
  if (spare.leaving || rest.stop !== null) return step(rest);
  const { state, delay } = countDeath(rest, spare, "exited");
  const successor = `another one starts ${delay === 0 ? "at once" : `in ${inSeconds(delay)}`}`;
  return step({ ...state, youngDeaths: rest.youngDeaths }, log("warn", `${nameOf(spare)} ${how}; ${successor}`));
}
