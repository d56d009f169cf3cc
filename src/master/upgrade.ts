// USR2: a new master, the heir, boots on our sockets beside us. Who may go, who comes back, and whose the names are in the end, as
// gunicorn has it: TERM to the old one completes, TERM to the new one takes back, WINCH sends the old workers home for the time being. Pure.

import { callHook, dismiss, forEachWorker, inSeconds, log, type Step, step } from "./moves.ts";
import type { State } from "./state.ts";

/** What a new master needs besides the boots of its workers. */
const START_MS = 10_000;

export function startUpgrade(state: State): Step {
  if (state.stop !== null) return step(state);
  if (state.heir !== null) {
    const who = state.heir.pid === null ? "a new master" : `a new master (pid ${state.heir.pid})`;
    return step(
      state,
      log(
        "warn",
        `SIGUSR2 is ignored: ${who} exists already; TERM to this one completes the upgrade, TERM to that one takes it back`,
      ),
    );
  }
  if (state.parent !== null) {
    return step(
      state,
      log(
        "warn",
        `SIGUSR2 is ignored: the old master (pid ${state.parent}) is still there; TERM to it completes the upgrade under way`,
      ),
    );
  }
  const { bootTimeout } = state.settings;
  const readyBy = bootTimeout === 0 ? null : state.now + bootTimeout * 1000 + START_MS;
  return step(
    { ...state, heir: { pid: null, ready: false, readyBy } },
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
  if (heir === null || heir.ready) return step(state);
  const next =
    "TERM to this master completes the upgrade, TERM to the new one takes it back, WINCH to this one sends its workers home meanwhile";
  return step(
    { ...state, heir: { ...heir, ready: true, readyBy: null } },
    log("info", `the new master (pid ${heir.pid}) serves beside this one: ${next}`),
  );
}

/** It is gone: whatever it was, we serve. */
export function onHeirGone(state: State, how: string): Step {
  const { heir } = state;
  if (heir === null) return step(state);
  const who = heir.pid === null ? "the new master" : `the new master (pid ${heir.pid})`;
  const back = state.resting ? "; the workers are started again" : "";
  const line = heir.ready
    ? log("warn", `${who} ${how}: this one goes on${back}`)
    : log(
        "error",
        `the upgrade failed, this master goes on: ${who} ${how} before it was ready; what it said is above${back}`,
      );
  return step({ ...state, heir: null, resting: false }, line);
}

/** Time is up for one that does not get ready. */
export function checkHeir(state: State): Step {
  const { heir, now } = state;
  if (heir === null || heir.readyBy === null || heir.readyBy > now) return step(state);
  const limit = inSeconds(state.settings.bootTimeout * 1000 + START_MS);
  return step(
    { ...state, heir: { ...heir, readyBy: null } },
    log(
      "error",
      `the new master (pid ${heir.pid}) did not get ready within ${limit} (--boot-timeout and ${inSeconds(START_MS)}) and is killed`,
    ),
    { do: "kill-heir" },
  );
}

/** WINCH: only a new master makes it safe to send the workers home, and terminals send it for nothing. */
export function rest(state: State): Step {
  if (state.heir?.ready !== true || state.resting || state.stop !== null) return step(state);
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
  return step(
    { ...state, parent: null },
    log("info", `the old master (pid ${state.parent}) is gone: this one is the master now`),
    { do: "inherit" },
  );
}
