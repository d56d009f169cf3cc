// USR2: a new master, the heir, boots on our sockets beside us. Who may go, who comes back, and whose the names are in the end, as
// gunicorn has it: TERM to the old one completes, TERM to the new one takes back, WINCH sends the old workers home for the time being. Pure.

import {
  callHook,
  dismiss,
  forEachWorker,
  GRACE_SLACK_MS,
  inSeconds,
  log,
  QUICK_MS,
  type Step,
  step,
} from "./moves.ts";
import type { Heir, State } from "./state.ts";

const nameOf = ({ pid }: Heir): string => (pid === null ? "the new master" : `the new master (pid ${pid})`);

export function startUpgrade(state: State): Step {
  if (state.stop !== null) return step(state);
  const ignored = (why: string): Step => step(state, log("warn", `SIGUSR2 is ignored: ${why}`));
  if (state.heir !== null) {
    const who = state.heir.pid === null ? "a new master" : `a new master (pid ${state.heir.pid})`;
    return ignored(
      state.heir.stage === "leaving"
        ? `${who} is still leaving; send it again when that one is gone`
        : `${who} exists already; TERM to this one completes the upgrade, TERM to that one takes it back`,
    );
  }
  if (state.parent !== null) {
    return ignored(`the old master (pid ${state.parent}) is still there; TERM to it completes the upgrade under way`);
  }
  if (state.pid === 1) {
    return ignored("this master is process 1, and a new one would end with it; start a new container instead");
  }
  const { bootTimeout } = state.settings;
  const by = bootTimeout === 0 ? null : state.now + bootTimeout * 1000 + state.heirStartMs;
  return step(
    { ...state, heir: { pid: null, stage: "booting", by } },
    log("info", "upgrading: a new master starts on the same sockets"),
    callHook({ name: "preExec", event: { pid: state.pid, settings: state.settings } }),
    { do: "fork-heir" },
  );
}

export function onHeirForked(state: State, pid: number): Step {
  return state.heir === null ? step(state) : step({ ...state, heir: { ...state.heir, pid } });
}

export function onHeirReady(state: State): Step {
  const { heir } = state;
  if (heir === null || heir.stage !== "booting") return step(state);
  const next =
    "TERM to this master completes the upgrade, TERM to the new one takes it back, WINCH to this one sends its workers home meanwhile";
  return step(
    { ...state, heir: { ...heir, stage: "serving", by: null } },
    log("info", `${nameOf(heir)} serves beside this one: ${next}`),
  );
}

/** It was told to stop, by whomever: clients still wait on our sockets, so we serve again before it is gone. */
export function onHeirLeaving(state: State): Step {
  const { heir } = state;
  if (heir === null || heir.stage === "leaving") return step(state);
  const by = state.stop === null ? null : state.now + graceMsOf(state, "graceful");
  const words = state.stop === null ? `: this one goes on${awake(state)}` : " as well";
  return step(
    { ...state, heir: { ...heir, stage: "leaving", by }, resting: false },
    log("info", `${nameOf(heir)} leaves${words}`),
  );
}

const awake = ({ resting }: State): string => (resting ? "; the workers are started again" : "");

/** Whatever it was, we serve. */
export function onHeirGone(state: State, how: string): Step {
  const { heir } = state;
  if (heir === null) return step(state);
  const who = nameOf(heir);
  const line =
    heir.stage === "leaving" || state.stop !== null
      ? log("info", `${who} ${how}`)
      : heir.stage === "serving"
        ? log("warn", `${who} ${how}: this one goes on${awake(state)}`)
        : log(
            "error",
            `the upgrade failed, this master goes on: ${who} ${how} before it was ready; what it said is above`,
          );
  return step({ ...state, heir: null, resting: false }, line, { do: "reclaim" });
}

/** Time is up for one that does not get ready, or does not leave. */
export function checkHeir(state: State): Step {
  const { heir, now } = state;
  if (heir === null || heir.by === null || heir.by > now) return step(state);
  if (heir.stage === "leaving") {
    return step(
      { ...state, heir: { ...heir, by: null } },
      log("warn", `${nameOf(heir)} did not leave in time and is killed`),
      { do: "signal-heir", signal: "SIGKILL" },
    );
  }
  const { bootTimeout } = state.settings;
  const limit = `${inSeconds(bootTimeout * 1000 + state.heirStartMs)} (--boot-timeout and ${inSeconds(state.heirStartMs)})`;
  const late = log(
    "error",
    `the upgrade failed, this master goes on: ${nameOf(heir)} did not get ready within ${limit} and has to leave`,
  );
  const gone = dismissHeir(state, "graceful");
  return { ...gone, actions: [late, ...gone.actions] };
}

type Style = "graceful" | "quick" | "kill";

const SIGNAL_OF = { graceful: "SIGTERM", quick: "SIGQUIT", kill: "SIGKILL" } as const;

/** It finishes what it holds, as we would, and closes in its own time what it cannot finish. */
const graceMsOf = ({ settings }: State, style: Style): number =>
  (style === "graceful" ? settings.gracefulTimeout * 1000 + GRACE_SLACK_MS : QUICK_MS) + GRACE_SLACK_MS;

/**
 * A heir that does not serve yet, or no more, is told to go as we go. It may have clients of its own already, and only while it lives can it
 * kill a worker that hangs in an import. One that serves is who stays.
 */
export function dismissHeir(state: State, style: Style): Step {
  const { heir } = state;
  if (heir === null || heir.stage === "serving") return step(state);
  const by = style === "kill" ? null : state.now + graceMsOf(state, style);
  const told: State = { ...state, heir: { ...heir, stage: "leaving", by } };
  // A second TERM would cut short what it is finishing.
  if (heir.stage === "leaving" && style === "graceful") return step(told);
  return step(told, { do: "signal-heir", signal: SIGNAL_OF[style] });
}

/** WINCH: only a new master makes it safe to send the workers home, and terminals send it for nothing. */
export function rest(state: State): Step {
  if (state.heir?.stage !== "serving" || state.resting || state.stop !== null) return step(state);
  if (state.next !== null || state.reading !== "no") {
    return step(state, log("warn", "SIGWINCH is ignored while a reload is under way; send it again after that"));
  }
  const resting = step(
    { ...state, resting: true },
    log("info", "the workers leave on SIGWINCH; HUP starts them again, TERM ends this master"),
  );
  return forEachWorker(resting, (current, worker) =>
    worker.leaving
      ? step(current)
      : dismiss(current, worker, { style: "graceful", why: "SIGWINCH sent the workers home" }),
  );
}

/** HUP of a master whose workers were sent home. */
export const wake = (state: State): Step =>
  step({ ...state, resting: false }, log("info", "the workers are started again on SIGHUP"));

/** The old master is gone: what is ours takes its names. */
export function onParentGone(state: State): Step {
  if (state.parent === null) return step(state);
  const now = state.stop === null ? ": this one is the master now" : "";
  const gone = log("info", `the old master (pid ${state.parent}) is gone${now}`);
  return step({ ...state, parent: null }, { do: "inherit" }, gone);
}
