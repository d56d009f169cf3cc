// What is said once, when the server serves for the first time: to the log, to hooks, to the old master, to whoever sits at the terminal.
// Pure, like plan.ts. Knows when that is.

import type { Settings } from "../config/options.ts";
import { callHook, log, plural, type Step, step } from "./moves.ts";
import { type State, team, wantedCount } from "./state.ts";

/** Node waits for its own children only, so what the application leaves behind as process 1 would stay in the process table. */
const FIRST_PROCESS =
  "this is process 1, which has to wait for orphans and does not: an application that starts processes wants `docker run --init`, or another init before tsgi";

/** Once, when the first complete generation accepts. */
export function announce(state: State): Step {
  const { settings, listeners } = state;
  const wanted = wantedCount(state);
  const ready = team(state, state.generation).filter(({ phase }) => phase === "ready");
  if (state.announced || ready.length < wanted) return step(state);
  const tookMs = Math.round(state.now - state.startedAt);
  const urls = listeners.map(({ url }) => url);
  return step(
    { ...state, announced: true },
    log("info", whoServes(state, wanted)),
    ...urls.map((url) => log("info", `listening on ${url}`)),
    log("info", `ready in ${tookMs} ms`),
    callHook({ name: "onServing", event: { urls, workers: wanted, tookMs } }),
    ...(state.pid === 1 ? [log("info", FIRST_PROCESS)] : []),
    ...(state.parent === null ? [] : [{ do: "tell-parent", news: "serving" } as const]),
    ...(hasCompanions(settings) ? [{ do: "greet", urls } as const] : []),
  );
}

/** Whether anything stands beside the server for the one who is writing the program (companions.ts). */
export const hasCompanions = ({ development, open, check }: Settings): boolean =>
  development !== null || open === "on" || check === "on";

function whoServes(state: State, wanted: number): string {
  const { settings, version, pid } = state;
  const { app, development } = settings;
  const failure = state.development?.failure ?? null;
  const shows = `shows why ${app} cannot be served, and serves it as soon as that is mended`;
  if (development !== null) {
    const files = development.envFiles.map((file) => file.slice(file.lastIndexOf("/") + 1));
    const environment = files.length === 0 ? "" : `, environment: ${files.join(", ")}`;
    return `tsgi ${version} development server ${failure === null ? `for ${app}` : shows}${environment}`;
  }
  const what = failure === null ? `serving ${app} with ${plural(wanted, "worker")}` : shows;
  return `tsgi ${version} (pid ${pid}) ${what}`;
}
