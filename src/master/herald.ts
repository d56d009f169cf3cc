// What systemd is told, from the state before a fact and the one after: ready, reloading, stopping, who the main process is, a line for
// `systemctl status`, and signs of life. Pure. How it gets there is systemd.ts's business.

import { type Action, plural, type Step } from "./moves.ts";
import { isServing, type State, team, wantedCount } from "./state.ts";

/** A line for people may wait so long for company; what systemd acts on goes at once. */
const STATUS_EVERY_MS = 1000;

/** Puts what there is to tell before what was decided: the last action may be to leave. */
export function proclaim(before: State, done: Step): Step {
  const { state, actions } = done;
  const { herald, now } = state;
  // While the old master lives, it is the one that systemd listens to.
  if (herald === null || state.parent !== null) return done;
  const news = newsOf(before, state);
  const hungry = herald.watchdogMs !== null && now - herald.fedAt >= herald.watchdogMs / 2;
  const status = statusOf(state);
  const due = news.length > 0 || hungry || now - herald.toldAt >= STATUS_EVERY_MS;
  const fresh = due && status !== herald.status;
  if (news.length === 0 && !hungry && !fresh) return done;
  const lines = [...news, ...(hungry ? ["WATCHDOG=1"] : []), ...(fresh ? [`STATUS=${status}`] : [])];
  const told = { ...herald, toldAt: now, fedAt: hungry ? now : herald.fedAt, status: fresh ? status : herald.status };
  const all: readonly Action[] = [...acquaint(before, state), { do: "notify", lines }];
  return { state: { ...state, herald: told }, actions: [...all, ...actions] };
}

/**
 * The old master named us when we were its child and not systemd's. systemd does not look again as long as the name is the same, and does
 * not wait for the end of a process that is not its child: it would kill us as soon as it has told us to stop. So it is told another name first.
 */
function acquaint(before: State, { stop, workers }: State): readonly Action[] {
  const other = workers.find(({ pid }) => pid !== null);
  if (before.parent === null || stop !== null || other === undefined) return [];
  return [{ do: "notify", lines: [`MAINPID=${other.pid}`] }];
}

function newsOf(before: State, state: State): readonly string[] {
  if (state.stop !== null) return newsOfStop(before, state);
  if (before.parent !== null) return [`MAINPID=${state.pid}`, ...(state.announced ? ["READY=1"] : [])];
  if (!before.announced) return state.announced ? ["READY=1"] : [];
  // Each HUP wants an answer that is younger than itself, also one that was answered by reading the configuration once more.
  if (state.reading !== "no" && state.reading !== before.reading) return ["RELOADING=1"];
  return isReloading(before) && !isReloading(state) ? ["READY=1"] : [];
}

/** A heir that serves takes over as the main process as soon as we begin to stop: then its death is not taken for an orderly end. */
function newsOfStop(before: State, state: State): readonly string[] {
  const [had, has] = [successorOf(before), successorOf(state)];
  if (has !== null) return has === had ? [] : [`MAINPID=${has}`];
  if (had !== null) return [`MAINPID=${state.pid}`, "STOPPING=1"];
  return before.stop === null ? ["STOPPING=1"] : [];
}

const successorOf = ({ stop, heir }: State): number | null =>
  stop !== null && heir?.stage === "serving" ? heir.pid : null;

const isReloading = ({ reading, next }: State): boolean => reading !== "no" || next !== null;

function statusOf(state: State): string {
  const { stop, heir, generation, next, workers } = state;
  if (stop !== null) return `stopping, ${plural(workers.length, "worker")} left`;
  const ready = team(state, generation).filter(isServing).length;
  const also = [
    next === null ? "" : `, generation ${next.number} boots`,
    heir === null ? "" : `, the new master (pid ${heir.pid}) ${HEIR_DOES[heir.stage]}`,
  ].join("");
  if (state.resting) return `the workers were sent home${also}`;
  return `${ready} of ${plural(wantedCount(state), "worker")} ready, generation ${generation}${also}`;
}

const HEIR_DOES = { booting: "boots", serving: "serves", leaving: "leaves" } as const;

type Message = readonly string[];

const nameOf = (line: string): string => line.slice(0, line.indexOf("="));
/** What the server is doing; two of them in one message would be read in an order that is not ours. */
const isPhase = (line: string): boolean => ["READY", "RELOADING", "MONOTONIC_USEC", "STOPPING"].includes(nameOf(line));

/** Adds a message to those that wait, which lose what it makes untrue. Their order is kept. */
export function coalesce(waiting: readonly Message[], message: Message): readonly Message[] {
  // Each main process is told: see acquaint().
  const newNames = new Set(message.map(nameOf).filter((name) => name !== "MAINPID"));
  const newPhase = message.find(isPhase);
  const isOutdated = (line: string): boolean => {
    if (newNames.has(nameOf(line))) return true;
    // That it was ready matters no more; that it was reloading does, if it is ready again: somebody waits for both.
    return newPhase !== undefined && nameOf(newPhase) !== "READY" && isPhase(line);
  };
  const left = waiting.map((one) => one.filter((line) => !isOutdated(line))).filter((one) => one.length > 0);
  return [...left, message];
}
