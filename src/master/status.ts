// What `tsgi ctl status` and `tsgi ctl workers` say of a master: its state as plain objects, in the units of ipc/control-data.ts.
// Pure. Decides what "ready" means to whoever sends clients.

import type {
  EmptyPlace,
  ExitData,
  ServerState,
  StatusData,
  WorkerPhase,
  WorkerRow,
  WorkersData,
} from "../ipc/control-data.ts";
import type { Figures } from "../ipc/messages.ts";
import { isServing, isSpare, type State, team, type WorkerHandle, wantedCount } from "./state.ts";

/**
 * @param now On the clock of the state. The state's own `now` is that of its last fact.
 */
export function statusOf(state: State, now: number): StatusData {
  const { version, pid, settings, generation, workers, listeners, lastReload, stop } = state;
  const since = (at: number): number => seconds(now - at);
  const sum = (key: keyof Figures): number => workers.reduce((all, { figures }) => all + (figures?.[key] ?? 0), 0);
  return {
    ...{ version, pid, app: settings.app, state: stateOf(state), ready: isReady(state) },
    uptime: since(state.startedAt),
    generation,
    workers: {
      ...{ wanted: wantedCount(state), min: settings.workers.min, max: settings.workers.max },
      ready: workers.filter(takesRequests).length,
      booting: workers.filter((worker) => !isSpare(worker) && !worker.leaving && worker.phase !== "ready").length,
      leaving: workers.filter((worker) => !isSpare(worker) && worker.leaving).length,
    },
    load: {
      ...{ served: sum("served"), errors: sum("errors"), inFlight: sum("inFlight") },
      ...{ connections: sum("connections"), websockets: sum("websockets"), rss: sum("rss") },
    },
    listeners: listeners.map(({ url }) => url),
    reload: reloadOf(state, now),
    lastReload:
      lastReload === null ? null : { ok: lastReload.ok, message: lastReload.message, age: since(lastReload.at) },
    upgrade: upgradeOf(state),
    stop: stop === null ? null : { style: stop.style, by: stop.by, age: since(stop.at) },
  };
}

/** A worker that was told to leave still takes what comes until it says that it drains; but nobody should count on it. */
const takesRequests = (worker: WorkerHandle): boolean => isServing(worker) && !worker.leaving;

const isReady = ({ announced, workers, stop }: State): boolean =>
  announced && stop === null && workers.some(takesRequests);

function stateOf(state: State): ServerState {
  const { stop, announced, resting, next, reading, heir, parent } = state;
  if (stop !== null) return stop.serveUntil === null ? "stopping" : "drain-delay";
  if (!announced) return "starting";
  if (resting) return "resting";
  if (state.development !== null && state.development.since !== null) return "reloading";
  if (!state.workers.some(takesRequests)) return "down";
  if (next !== null || reading !== "no") return "reloading";
  return heir !== null || parent !== null ? "upgrading" : "serving";
}

function reloadOf(state: State, now: number): StatusData["reload"] {
  const { next, reading } = state;
  const queued = state.queued !== null || (next !== null && reading !== "no");
  if (next === null) {
    if (reading === "no") return null;
    return { stage: "reading", generation: null, ready: 0, wanted: wantedCount(state), age: 0, queued };
  }
  const ready = team(state, next.number).filter(({ phase }) => phase === "ready").length;
  const wanted = wantedCount(state, next.settings);
  return {
    ...{ stage: next.stage, generation: next.number, ready, wanted, queued },
    age: seconds(now - next.startedAt),
  };
}

function upgradeOf({ heir, parent, announced }: State): StatusData["upgrade"] {
  if (heir !== null) return { role: "old", pid: heir.pid, ready: heir.stage === "serving" };
  return parent === null ? null : { role: "new", pid: parent, ready: announced };
}

export function workersOf(state: State, now: number): WorkersData {
  const places = Array.from({ length: wantedCount(state) }, (_none, index) => index + 1);
  const filled = new Set(team(state, state.generation).map(({ slot }) => slot));
  return {
    workers: [...state.workers]
      .sort((a, b) => a.generation - b.generation || a.slot - b.slot || a.id - b.id)
      .map((worker) => rowOf(state, worker, now)),
    // A server that stops fills no place any more.
    empty:
      state.stop !== null ? [] : places.filter((slot) => !filled.has(slot)).map((slot) => emptyOf(state, slot, now)),
  };
}

function rowOf(state: State, worker: WorkerHandle, now: number): WorkerRow {
  const { slot, pid, generation, figures, lastBeatAt, recycling, blame, farewell } = worker;
  return {
    ...{ slot, pid, generation, phase: phaseOf(worker), age: seconds(now - worker.forkedAt) },
    ...{ served: figures?.served ?? null, errors: figures?.errors ?? null, inFlight: figures?.inFlight ?? null },
    ...{
      connections: figures?.connections ?? null,
      websockets: figures?.websockets ?? null,
      rss: figures?.rss ?? null,
    },
    ...{ utilization: figures?.utilization ?? null, loopDelayMs: figures?.delayMs ?? null },
    silent: lastBeatAt === null ? null : seconds(now - lastBeatAt),
    leaves: blame?.message ?? recycling ?? farewell,
    lastExit: lastExitOf(state, slot, now),
  };
}

function phaseOf(worker: WorkerHandle): WorkerPhase {
  if (worker.draining) return "draining";
  if (worker.leaving) return "leaving";
  return isSpare(worker) ? "spare" : worker.phase;
}

function emptyOf(state: State, slot: number, now: number): EmptyPlace {
  const trouble = state.trouble.find((row) => row.slot === slot);
  return {
    slot,
    failures: trouble?.failures ?? 0,
    startsIn: seconds(Math.max(0, (trouble?.respawnAt ?? now) - now)),
    lastExit: lastExitOf(state, slot, now),
  };
}

function lastExitOf({ lastExits }: State, slot: number, now: number): ExitData | null {
  const last = lastExits.find((exit) => exit.slot === slot);
  return last === undefined ? null : { how: last.how, age: seconds(now - last.at) };
}

/** To the millisecond. */
const seconds = (ms: number): number => Math.round(ms) / 1000;
