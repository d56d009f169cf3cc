// With --reload: what a change on disk brings about, from the first sign of it to the line that says how long it took. Code that does not
// load never ends the server: its failure is shown instead of it until it is changed. Pure. Knows no file but by its name.

import type { BootFailure } from "../ipc/messages.ts";
import type { Cause } from "./autopsy.ts";
import type { Configuration } from "./facts.ts";
import {
  type Action,
  answerAll,
  callHook,
  closeUnwanted,
  condemn,
  dismiss,
  forEach,
  indexes,
  inSeconds,
  kill,
  log,
  plural,
  readConfiguration,
  readyTeam,
  type Step,
  step,
  then,
} from "./moves.ts";
import { dropSpare } from "./spare.ts";
import {
  type Blame,
  type Development,
  type State,
  team,
  updateWorker,
  type WorkerHandle,
  wantedCount,
} from "./state.ts";

/** One that ends so soon after it was ready, and without a request, has not begun to serve. */
const STILLBORN_MS = 1000;

/** No worker is started: what is on disk is not complete yet, or the settings are not known. */
export const isHeld = ({ development, reading }: State): boolean =>
  development !== null && (development.dirty || reading !== "no");

const change = (state: State, changes: Partial<Development>): State => ({
  ...state,
  development: { ...state.development!, ...changes },
});

/** The code of all workers is old from here on: they finish what they hold, and their clients wait for the new code. */
export function onDirty(state: State): Step {
  if (state.development === null || state.stop !== null || state.development.dirty) return step(state);
  const dirty = change(state, { dirty: true, since: state.development.since ?? state.now });
  return forEach(dirty, team(dirty, dirty.generation), (current, worker) => retire(current, worker));
}

const retire = (state: State, worker: WorkerHandle): Step =>
  dismiss(state, worker, { style: "graceful", why: "the program has changed", handBack: true });

/** Nothing more changes. Whoever boots now sees all of it. */
export function onChanged(
  state: State,
  { files, configuration }: { readonly files: readonly string[]; readonly configuration: boolean },
): Step {
  if (state.development === null || state.stop !== null) return step(state);
  const note = log("info", `restarting: ${nameFiles(files, state.settings.chdir)} changed`);
  return then(onDirty(state), (dirty) => then(step(dirty, note), (now) => renew(now, configuration)));
}

/** `app.ts`, `app.ts and 3 more files`. */
function nameFiles([first = "something", ...more]: readonly string[], folder: string): string {
  const name = first.startsWith(`${folder}/`) ? first.slice(folder.length + 1) : first;
  return more.length === 0 ? name : `${name} and ${plural(more.length, "more file")}`;
}

/** HUP, an order, a key: as if everything had changed. */
export function restart(state: State, tickets: readonly number[]): Step {
  const waiting: State = { ...state, tickets: [...state.tickets, ...tickets] };
  return then(onDirty(waiting), (dirty) =>
    then(step(dirty, log("info", "restarting, as it was asked to")), (now) => renew(now, true)),
  );
}

function renew(state: State, configuration: boolean): Step {
  const { misconfigured } = state.development!;
  const clean = change(state, { dirty: false });
  if (configuration || misconfigured) return readConfiguration(clean);
  // The new generation begins when the configuration is there.
  return step(state.reading === "no" ? nextGeneration(clean, { failure: null, misconfigured: false }) : clean);
}

const nextGeneration = (state: State, outlook: Pick<Development, "failure" | "misconfigured">): State => ({
  ...change(state, outlook),
  ...{ generation: state.lastGeneration + 1, lastGeneration: state.lastGeneration + 1 },
  ...{ trouble: [], youngDeaths: 0 },
});

/** The configuration was read again. `notes` say what of it has to wait for another start. */
export function reconfigure(state: State, { settings, listeners }: Configuration, notes: readonly Action[]): Step {
  const count = wantedCount(state, settings);
  const wanted = new Set(indexes(listeners));
  const closing = state.closing.filter((index) => !wanted.has(index));
  const next = nextGeneration(
    { ...state, settings, listeners, count, closing },
    { failure: null, misconfigured: false },
  );
  const recount: readonly Action[] =
    count === state.count ? [] : [callHook({ name: "nworkersChanged", event: { count, previous: state.count } })];
  const adopted = step(
    closeUnwanted(next, state.listeners),
    { do: "adopt", settings },
    ...notes,
    ...recount,
    callHook({ name: "onReload", event: { generation: next.generation, settings } }),
  );
  // It was started with the old environment, in the old folder, and has perhaps loaded the old tsconfig.json.
  return then(adopted, dropSpare);
}

/** The configuration cannot be read. What is wrong with it is shown until it changes. */
export function onUnreadable(state: State, message: string): Step {
  const failure: BootFailure = { code: "config-file", message };
  return step(nextGeneration(state, { failure, misconfigured: true }), log("error", message));
}

/** A worker did not get ready. One that only shows a failure is not the application's fault, and is tried again. */
export function failInDevelopment(state: State, worker: WorkerHandle, blame: Blame): Step {
  if (state.development!.failure !== null) return condemn(state, worker, blame);
  const { code, message, details = null, fields } = blame;
  const blamed = updateWorker(state, worker.id, { blame });
  return then(kill(blamed, worker, "the application does not load"), (current) =>
    showInstead(current, { code, message, details }, { message, fields }),
  );
}

/** Whether a death of a worker says that the application cannot be served as it is, so that another attempt would be in vain. */
export function isStillborn(state: State, worker: WorkerHandle, cause: Cause): boolean {
  const { development, now } = state;
  if (development === null || development.failure !== null || cause === "not-started") return false;
  if (worker.readyAt === null) return true;
  const served = (worker.figures?.served ?? 0) + (worker.lastWords?.requests.length ?? 0);
  return cause !== "killed" && served === 0 && now - worker.readyAt < STILLBORN_MS;
}

interface Said {
  readonly message: string;
  readonly fields: Blame["fields"] | undefined;
}

/** The failure takes the application's place, in all its places: they have the same code. Those that have not begun with it may stay. */
export function showInstead(state: State, failure: BootFailure, said: Said): Step {
  const shown = step(change(state, { failure }), log("error", said.message, said.fields));
  return then(shown, (current) =>
    forEach(
      current,
      team(current, current.generation).filter(({ phase }) => phase !== "starting"),
      retire,
    ),
  );
}

/** Once, when every place of a restart has a worker that serves. */
export function concludeRestart(state: State): Step {
  const { development } = state;
  if (development === null || development.since === null || isHeld(state)) return step(state);
  if (readyTeam(state).length < wantedCount(state)) return step(state);
  const { failure, since } = development;
  const ok = failure === null;
  const message = ok ? `restarted in ${inSeconds(state.now - since)}` : failure.message;
  return step(
    { ...change(state, { since: null }), tickets: [], lastReload: { at: state.now, ok, message } },
    ...(ok ? [log("info", message)] : []),
    ...answerAll(state.tickets, ok, message),
  );
}
