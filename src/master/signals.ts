// What each signal asks for. The table of their meanings, for people, is in facts.ts. Pure.

import type { ControlSignal } from "./facts.ts";
import { reload } from "./generation.ts";
import { type Action, type Step, step } from "./moves.ts";
import { scaleBy } from "./scaling.ts";
import type { State } from "./state.ts";
import { stopServer } from "./stopping.ts";
import { rest, startUpgrade, wake } from "./upgrade.ts";

export function onSignal(state: State, signal: ControlSignal): Step {
  switch (signal) {
    case "SIGTERM":
      return stopServer(state, { by: signal, wish: "graceful" });
    case "SIGINT":
    case "SIGQUIT":
      return stopServer(state, { by: signal, wish: "quick" });
    case "SIGHUP":
      if (state.stop !== null) return step(state);
      return state.resting ? wake(state) : reload(state, []);
    case "SIGTTIN":
      return scaleBy(state, 1);
    case "SIGTTOU":
      return scaleBy(state, -1);
    case "SIGUSR1":
      return reopenLogs(state);
    case "SIGUSR2":
      return startUpgrade(state);
    case "SIGWINCH":
      return rest(state);
  }
}

export function reopenLogs(state: State): Step {
  // Before `hello` a worker has no log; it will open the new file.
  const listening = state.workers.filter(({ phase }) => phase !== "starting" && phase !== "spare");
  return step(state, { do: "reopen-logs" }, ...listening.map(({ id }): Action => ({ do: "reopen", id })));
}
