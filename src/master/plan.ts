// Decides what the master does. One fact in, the next state and the actions out; the same answer for the same question, always.
// Imports no Node module and knows no clock, process or chance. What an action does to the world is actuator.ts's business.
//
// A fact only changes what is known about one thing. After each, `settle` compares what is there with what should be there
// and moves towards it, so that no order of facts needs a rule of its own.

import type { Report } from "../ipc/messages.ts";
import type { Configuration, ControlSignal, Fact } from "./facts.ts";
import {
  type Action,
  condemn,
  dismiss,
  dropNext,
  failBoot,
  forEach,
  inSeconds,
  log,
  nameOf,
  plural,
  type Step,
  step,
  stopServer,
  then,
  withdraw,
} from "./moves.ts";
import { settle } from "./settle.ts";
import {
  countDeath,
  findWorker,
  isBooting,
  nextDeadline,
  removeWorker,
  type State,
  settingsOf,
  updateWorker,
  type WorkerHandle,
  wantedCount,
} from "./state.ts";

export interface Plan {
  readonly state: State;
  readonly actions: readonly Action[];
  /** When a tick is needed at the latest; null when nothing waits for time. */
  readonly wakeAt: number | null;
}

/**
 * One turn of the master.
 *
 * The settings are part of the state, because two generations with different ones may live side by side.
 *
 * @param now Milliseconds on a clock that never goes back.
 */
export function plan(before: State, fact: Fact, now: number): Plan {
  if (before.stop?.over === true) return { state: before, actions: [], wakeAt: null };
  const { state, actions } = then(react({ ...before, now }, fact), settle);
  return { state, actions, wakeAt: nextDeadline(state) };
}

function react(state: State, fact: Fact): Step {
  switch (fact.fact) {
    case "start":
      return step(state);
    case "signal":
      return onSignal(state, fact.signal);
    case "forked":
      return step(updateWorker(state, fact.id, { pid: fact.pid }));
    case "report":
      return withWorker(state, fact.id, (worker) => onReport(state, worker, fact.report));
    case "exit":
      return withWorker(state, fact.id, (worker) => onExit(state, worker, howItEnded(fact)));
    case "configured":
      return onConfigured(state, fact.configuration);
    case "not-configured":
      return onNotConfigured(state, fact.message);
    case "tick":
      return onTick(state);
  }
}

/** A fact may be about a worker that is already gone. */
function withWorker(state: State, id: number, move: (worker: WorkerHandle) => Step): Step {
  const worker = findWorker(state, id);
  return worker === undefined ? step(state) : move(worker);
}

// ---- signals

/** `npm` and `npx` pass the terminal's INT on to a child that has already got it: that is still one press of Ctrl-C. */
const SAME_KEY_PRESS_MS = 200;

function onSignal(state: State, signal: ControlSignal): Step {
  switch (signal) {
    case "SIGTERM":
    case "SIGINT":
      return onStopSignal(state, signal);
    case "SIGQUIT":
      return state.stop?.style === "quick" ? step(state) : stopServer(state, { signal, style: "quick" });
    case "SIGHUP":
      return state.stop === null ? readConfiguration(state) : step(state);
    case "SIGTTIN":
      return scale(state, 1);
    case "SIGTTOU":
      return scale(state, -1);
    case "SIGUSR1":
      return reopen(state);
    case "SIGUSR2":
      return step(state, log("warn", "SIGUSR2 is not supported: this version cannot be upgraded while it runs"));
    case "SIGWINCH":
      return step(state);
  }
}

function onStopSignal(state: State, signal: string): Step {
  const { stop, now } = state;
  if (stop === null) return stopServer(state, { signal, style: "graceful" });
  const samePress = signal === "SIGINT" && stop.signal === "SIGINT" && now - stop.at < SAME_KEY_PRESS_MS;
  return stop.style === "quick" || samePress ? step(state) : stopServer(state, { signal, style: "quick" });
}

function scale(state: State, by: 1 | -1): Step {
  const before = wantedCount(state);
  const offset = Math.max(1, before + by) - state.settings.workers;
  if (state.stop !== null || offset === state.offset) return step(state);
  const after = { ...state, offset };
  return step(after, log("info", `${plural(before, "worker")} before, ${wantedCount(after)} wanted now`));
}

function reopen(state: State): Step {
  // Before `hello` a worker has no log; it will open the new file.
  const listening = state.workers.filter(({ phase }) => phase !== "starting");
  return step(state, { do: "reopen-logs" }, ...listening.map(({ id }): Action => ({ do: "reopen", id })));
}

// ---- reload

function readConfiguration(state: State): Step {
  if (state.reading !== "no") return step({ ...state, reading: "again" });
  return step({ ...state, reading: "once" }, { do: "read-configuration", current: state.settings });
}

/** Whether the configuration that came must be read once more before it counts. */
const isStale = (state: State): boolean => state.reading === "again" && state.stop === null;

const readAgain = (state: State): Step => readConfiguration({ ...state, reading: "no" });

function onConfigured(state: State, { settings, restart }: Configuration): Step {
  if (isStale(state)) return readAgain(state);
  const idle: State = { ...state, reading: "no" };
  if (state.stop !== null) return step(idle);
  const number = state.lastGeneration + 1;
  const kept = `needs a restart to change, and keeps its old value until then`;
  const notes = restart.map((key) => log("warn", `${key} ${kept}`));
  return then(dropNext(idle), (current) =>
    step(
      { ...current, lastGeneration: number, next: { number, settings, startedAt: state.now } },
      ...notes,
      log("info", `reloading: generation ${number} boots beside generation ${state.generation}`),
    ),
  );
}

function onNotConfigured(state: State, message: string): Step {
  if (isStale(state)) return readAgain(state);
  return step({ ...state, reading: "no" }, log("error", `reload failed, nothing has changed: ${message}`));
}

// ---- workers

function onReport(state: State, worker: WorkerHandle, report: Report): Step {
  const { id, phase, leaving } = worker;
  const change = (changes: Partial<WorkerHandle>): State =>
    // Any word is a sign of life, once silence counts.
    updateWorker(state, id, { lastBeatAt: worker.lastBeatAt === null ? null : state.now, ...changes });
  if (report.tsgi === "draining") return onDraining(state, worker);
  if (leaving || worker.blame !== null) return step(state);
  switch (report.tsgi) {
    case "hello":
      return phase === "starting" ? boot(change({ phase: "loading" }), worker) : step(state);
    case "loaded":
      return phase === "loading" ? step(change({ phase: "loaded", stepBy: null, lastBeatAt: state.now })) : step(state);
    case "ready":
      return phase === "opening"
        ? step({ ...change({ phase: "ready", stepBy: null, readyAt: state.now }), everReady: true })
        : step(state);
    case "beat":
      return step(change({}));
    case "recycle":
      if (worker.recycling !== null) return step(state);
      return step(
        change({ recycling: report.why }),
        log("info", `${nameOf(worker)} asks for a successor: ${report.why}`),
      );
    case "boot-failed":
      return isBooting(worker) || phase === "opening" ? failBoot(state, worker, report) : step(state);
    default:
      // An application's own message that happens to carry our tag.
      report satisfies never;
      return step(state);
  }
}

const boot = (state: State, { id, slot, generation }: WorkerHandle): Step =>
  step(state, { do: "boot", id, slot, generation, settings: settingsOf(state, generation) });

function onDraining(state: State, worker: WorkerHandle): Step {
  const drains = updateWorker(state, worker.id, { draining: true });
  // Unasked: somebody sent TERM to the worker itself. It needs a successor and has the usual time.
  return worker.leaving ? step(drains) : dismiss(drains, worker, "graceful");
}

interface Ending {
  readonly how: string;
  readonly clean: boolean;
}

function howItEnded({ code, signal, trouble }: Fact & { fact: "exit" }): Ending {
  if (trouble !== null) return { how: `could not be started (${trouble})`, clean: false };
  if (signal !== null) return { how: `was killed by ${signal}`, clean: false };
  return { how: `exited with code ${code}`, clean: code === 0 };
}

function onExit(state: State, worker: WorkerHandle, { how, clean }: Ending): Step {
  const rest = removeWorker(state, worker.id);
  const age = inSeconds(state.now - (worker.readyAt ?? worker.forkedAt));
  const ended = `${nameOf(worker)} ${how} after ${age}`;
  if (worker.leaving || state.stop !== null) return step(rest, log("debug", ended));
  if (!state.everReady) {
    return failBoot(rest, worker, worker.blame ?? { code: "boot-exit", message: `${ended}, before it was ready` });
  }
  if (worker.generation === state.next?.number) return withdraw(rest, worker.blame?.message ?? ended);
  const { state: counted, delay } = countDeath(rest, worker);
  const successor = `a successor starts ${delay === 0 ? "at once" : `in ${inSeconds(delay)}`}`;
  const why = worker.blame === null ? "" : `: ${worker.blame.message}`;
  return step(counted, log(clean ? "warn" : "error", `${ended}; ${successor}${why}`));
}

// ---- time

/** Ticks come every second. One that is this late means that the whole machine, or we, stood still: silence proves nothing. */
const STOOD_STILL_MS = 3000;

function onTick(before: State): Step {
  const state = { ...before, lastTickAt: before.now };
  // The reports that came meanwhile are still unread. They get a turn, and every worker its whole time again.
  if (before.now - before.lastTickAt > STOOD_STILL_MS) return step(forgiveSilence(state));
  return forEach(
    state,
    state.workers.map(({ id }) => id),
    (current, id) => withWorker(current, id, (worker) => checkDeadlines(current, worker)),
  );
}

const forgiveSilence = (state: State): State => ({
  ...state,
  workers: state.workers.map((worker) => ({
    ...worker,
    lastBeatAt: worker.lastBeatAt === null ? null : state.now,
  })),
});

function checkDeadlines(state: State, worker: WorkerHandle): Step {
  const { now } = state;
  const { timeout, bootTimeout } = settingsOf(state, worker.generation);
  if (worker.goneBy !== null && worker.goneBy <= now) {
    return step(
      updateWorker(state, worker.id, { goneBy: null }),
      { do: "kill", id: worker.id },
      log("warn", `${nameOf(worker)} did not leave in time and is killed`),
    );
  }
  if (worker.leaving) return step(state);
  if (worker.stepBy !== null && worker.stepBy <= now) {
    const message = `the application was not loaded within ${inSeconds(bootTimeout * 1000)} (--boot-timeout)`;
    return failBoot(state, worker, { code: "boot-timeout", message });
  }
  if (timeout > 0 && worker.lastBeatAt !== null && now - worker.lastBeatAt > timeout * 1000) {
    const message = `it gave no sign of life for ${inSeconds(timeout * 1000)} (--timeout): its event loop is blocked`;
    return condemn(state, worker, { code: "boot-timeout", message });
  }
  return step(state);
}
