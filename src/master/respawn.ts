// How long a place stays empty after its worker died: not at all at first, then longer and longer, so that code which dies at once
// does not keep the machine busy with its boots. And when to give up. Pure.

import type { Cause } from "./autopsy.ts";
import { draw } from "./chance.ts";
import type { State, WorkerHandle } from "./state.ts";

/** A worker that was ready for this long had a healthy life: its death says nothing about the next one. */
export const HEALTHY_MS = 10_000;
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 30_000;
/** With `--reload` somebody sits before it, and has perhaps just started the database that was missing. */
const LONGEST_WATCHED_MS = 1_000;
/**
 * What a kill by somebody else counts at the most, which is a delay of a second: it says little about the code, and clients wait. It may still
 * be an OOM killer whose count cannot be read.
 */
const KILLS_COUNTED = 4;
/** Places whose workers die of the same thing must not boot in step for ever. */
const JITTER = 0.2;

/** Milliseconds before the next attempt after so many early deaths in a row: at once, then 0.25 s, doubling up to 30 s. */
export const respawnDelay = (failures: number): number =>
  failures < 2 ? 0 : Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 2));

export const livedLong = (state: State, { readyAt }: WorkerHandle): boolean =>
  readyAt !== null && state.now - readyAt >= HEALTHY_MS;

/** Takes down the death of a worker that was to stay. Answers the delay before its successor, up to a fifth more than `respawnDelay`. */
export function countDeath(
  state: State,
  dead: WorkerHandle,
  cause: Cause,
): { readonly state: State; readonly delay: number } {
  const { now } = state;
  const healthy = livedLong(state, dead);
  const killed = cause === "killed" && dead.readyAt !== null;
  const before = state.trouble.find(({ slot }) => slot === dead.slot)?.failures ?? 0;
  const most = killed ? Math.max(before, KILLS_COUNTED) : Number.POSITIVE_INFINITY;
  const failures = healthy ? 0 : Math.min(before + 1, most);
  const { value, seed } = draw(state.seed);
  const longest = state.development === null ? LONGEST_DELAY_MS : LONGEST_WATCHED_MS;
  const delay = Math.round(Math.min(longest, respawnDelay(failures) * (1 + JITTER * value)));
  const others = state.trouble.filter(({ slot }) => slot !== dead.slot);
  const counted: State = {
    ...state,
    seed,
    trouble: [...others, { slot: dead.slot, failures, respawnAt: now + delay }],
    youngDeaths: healthy ? 0 : state.youngDeaths + (killed ? 0 : 1),
  };
  return { state: counted, delay };
}

/** Whether `--max-boot-failures` is reached and nobody serves. */
export const isHopeless = ({ settings, youngDeaths, workers }: State): boolean =>
  settings.maxBootFailures > 0 &&
  youngDeaths >= settings.maxBootFailures &&
  !workers.some(({ phase }) => phase === "ready");
