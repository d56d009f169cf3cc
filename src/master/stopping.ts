// How a server ends: when it is told to, when its first start fails, when it gives up. Graceful, then quick, then killed; each
// further signal goes one step on. Pure.

import { FAILURES, type FailureCode } from "../errors.ts";
import {
  type Action,
  answerAll,
  dismiss,
  dropNext,
  forEach,
  forEachWorker,
  inSeconds,
  kill,
  log,
  type Step,
  step,
  then,
} from "./moves.ts";
import type { Blame, State, Stop } from "./state.ts";
import { dismissHeir } from "./upgrade.ts";

/** `npm` and `npx` pass the terminal's INT on to a child that has already got it: that is still one press of Ctrl-C. */
const SAME_KEY_PRESS_MS = 200;

const begun = (state: State, change: Partial<Stop>): Stop => ({
  style: "graceful",
  exitCode: 0,
  by: null,
  at: state.now,
  serveUntil: null,
  listenersClosed: false,
  over: false,
  ...change,
});

/** A signal, or an order, to stop. */
export function stopServer(
  state: State,
  { by, wish }: { readonly by: string; readonly wish: "graceful" | "quick" },
): Step {
  const { stop, now } = state;
  if (stop === null) return beginStop(state, by, wish);
  if (by === "SIGINT" && stop.by === "SIGINT" && now - stop.at < SAME_KEY_PRESS_MS) return step(state);
  if (stop.style === "kill") return step(state);
  const style = stop.style === "graceful" ? "quick" : "kill";
  const harder: State = { ...state, stop: { ...stop, style, by, at: now, serveUntil: null } };
  const how = style === "quick" ? "what is open is dropped" : "the workers are killed";
  return end(then(step(harder, log("info", `stopping on ${by}: ${how}`)), (current) => dismissHeir(current, style)));
}

function beginStop(before: State, by: string, style: "graceful" | "quick"): Step {
  const { gracefulTimeout, drainDelay } = before.settings;
  const serveUntil = style === "graceful" && drainDelay > 0 ? before.now + drainDelay * 1000 : null;
  const grace = `what is open may take ${inSeconds(gracefulTimeout * 1000)}`;
  const how =
    style === "quick"
      ? "what is open is dropped"
      : serveUntil === null
        ? grace
        : `the server is not ready any more and serves on for ${inSeconds(drainDelay * 1000)} (--drain-delay); then ${grace}`;
  // What changes from here on is nobody's business; until --drain-delay is over the places stay filled.
  const development = before.development === null ? null : { ...before.development, dirty: false };
  const state: State = {
    ...before,
    stop: begun(before, { by, style, serveUntil }),
    tickets: [],
    queued: null,
    development,
  };
  const told = step(
    state,
    log("info", `stopping on ${by}: ${how}`),
    ...answerAll([...before.tickets, ...(before.queued ?? [])], false, `the server stops (${by})`),
    ...stopReading(before),
    ...(state.development === null ? [] : [{ do: "stop-watching" } as const]),
    ...(state.parent === null ? [] : [{ do: "tell-parent", news: "leaving" } as const]),
  );
  const parted = then(told, (current) => dismissHeir(current, style));
  if (serveUntil === null) return end(parted);
  const alone = then(parted, (current) => dropNext(current, `the server stops on ${by}`));
  return then(alone, (current) =>
    forEach(current, current.workers, (now, { id, phase }) =>
      phase === "starting" || phase === "spare" ? step(now) : step(now, { do: "unready", id }),
    ),
  );
}

/** A configuration file may take its time, and there is nothing left to reload. */
const stopReading = ({ reading }: State): readonly Action[] => (reading === "no" ? [] : [{ do: "stop-reading" }]);

/** Tells the workers what the stop's style says. */
function end(done: Step): Step {
  const { style, by } = done.state.stop!;
  return forEachWorker(done, (state, worker) => {
    if (style === "kill") return kill(state, worker, "the server stops at once");
    if (worker.leaving && style === "graceful") return step(state);
    return dismiss(state, worker, { style, why: `the server stops on ${by}` });
  });
}

/** The first start failed, or there is no hope: the message goes to stderr, and the exit code says what it was. */
export function halt(state: State, { code, message }: Blame): Step {
  const stop = begun(state, {
    style: "kill",
    // The code came over the channel, and an application can write to it too.
    exitCode: (FAILURES as Partial<Record<FailureCode, { exit: number }>>)[code]?.exit ?? FAILURES.internal.exit,
  });
  const tickets = answerAll([...state.tickets, ...(state.queued ?? [])], false, message);
  const halted: State = { ...state, stop, next: null, tickets: [], queued: null };
  const told = step(halted, { do: "complain", message }, ...tickets, ...stopReading(state));
  const parted = then(told, (current) => dismissHeir(current, "kill"));
  return forEachWorker(parted, (current, worker) => kill(current, worker, "the server gives up"));
}

/** Listeners are closed when nobody accepts any more, so that whoever is still in the queue gets served. */
export function finishStop(state: State, stop: Stop): Step {
  if (stop.serveUntil !== null) {
    if (state.now < stop.serveUntil) return step(state);
    return then(end(step({ ...state, stop: { ...stop, serveUntil: null } })), (current) =>
      finishStop(current, current.stop!),
    );
  }
  const nobodyAccepts = stop.style !== "graceful" || state.workers.every(({ draining }) => draining);
  const close: readonly Action[] = nobodyAccepts && !stop.listenersClosed ? [{ do: "close-all-listeners" }] : [];
  const succeeded = state.heir?.stage === "serving";
  const over = state.workers.length === 0 && (state.heir === null || succeeded);
  const exit: readonly Action[] = over ? [{ do: "exit", code: stop.exitCode, keepPidfile: succeeded }] : [];
  const listenersClosed = stop.listenersClosed || nobodyAccepts;
  return step({ ...state, stop: { ...stop, listenersClosed, over } }, ...close, ...exit);
}
