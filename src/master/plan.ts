// Decides what the master does. One fact in, the next state and the actions out; the same answer for the same question, always.
// Imports no Node module and knows no clock, process or chance. What an action does to the world is actuator.ts's business.
//
// A fact only changes what is known about one thing. After each, `settle` compares what is there with what should be there
// and moves towards it, so that no order of facts needs a rule of its own.

import { onChanged, onDirty } from "./development.ts";
import { onExit } from "./exits.ts";
import type { Fact } from "./facts.ts";
import { onConfigured, onNotConfigured } from "./generation.ts";
import { proclaim } from "./herald.ts";
import { type Action, callHook, type Step, step, then } from "./moves.ts";
import { onOrder } from "./orders.ts";
import type { Sight } from "./proc.ts";
import { onReport } from "./reports.ts";
import { settle } from "./settle.ts";
import { onSignal } from "./signals.ts";
import { findWorker, nextDeadline, type State, updateWorker, type WorkerHandle, wantedCount } from "./state.ts";
import { onTick } from "./ticks.ts";
import { onHeirForked, onHeirGone, onHeirLeaving, onHeirReady, onParentGone } from "./upgrade.ts";

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
  const { state, actions } = proclaim(before, then(react({ ...before, now }, fact), settle));
  return { state, actions, wakeAt: nextDeadline(state) };
}

const NOTHING_SEEN: ReadonlyMap<number, Sight> = new Map();

function react(state: State, fact: Fact): Step {
  switch (fact.fact) {
    case "start":
      return step(
        state,
        callHook({ name: "nworkersChanged", event: { count: wantedCount(state), previous: undefined } }),
      );
    case "signal":
      return onSignal(state, fact.signal);
    case "order":
      return onOrder(state, fact.ticket, fact.order);
    case "forked":
      return step(updateWorker(state, fact.id, { pid: fact.pid }));
    case "report":
      return withWorker(state, fact.id, (worker) => onReport(state, worker, fact.report));
    case "exit":
      return withWorker(state, fact.id, (worker) => onExit(state, worker, fact));
    case "configured":
      return onConfigured(state, fact.configuration);
    case "not-configured":
      return onNotConfigured(state, fact.message);
    case "dirty":
      return onDirty(state);
    case "changed":
      return onChanged(state, fact);
    case "heir-forked":
      return onHeirForked(state, fact.pid);
    case "heir-ready":
      return onHeirReady(state);
    case "heir-leaving":
      return onHeirLeaving(state);
    case "heir-gone":
      return onHeirGone(state, fact.how);
    case "parent-gone":
      return onParentGone(state);
    case "tick":
      return onTick(state, fact.seen ?? NOTHING_SEEN);
  }
}

/** A fact may be about a worker that is already gone. */
function withWorker(state: State, id: number, move: (worker: WorkerHandle) => Step): Step {
  const worker = findWorker(state, id);
  return worker === undefined ? step(state) : move(worker);
}
