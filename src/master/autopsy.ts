// What a worker's process died of, from evidence and in one line: what it said last, what we did to it, what the kernel counted, what V8
// wrote down, and only then its code or signal. Pure. Does not know what happens next.

import type { DeathCause } from "../config/hooks.ts";
import type { RequestInFlight } from "../ipc/messages.ts";
import type { Evidence, Fact } from "./facts.ts";
import type { WorkerHandle } from "./state.ts";

/** The kinds of death; `tsgi ctl workers` and hooks name them. */
export type Cause = DeathCause;

export interface Finding {
  readonly cause: Cause;
  /** Completes "worker 2 (pid 41) ...". */
  readonly how: string;
  /** What the log has beside the line. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export type Exit = Fact & { readonly fact: "exit" };

/** Signals that a process gets for what it did itself. */
const NATIVE: ReadonlySet<string> = new Set(["SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGTRAP", "SIGABRT", "SIGSYS"]);

const NOTHING: Evidence = { oomKill: null, fatal: null };

export function autopsy(worker: WorkerHandle, { code, signal, trouble, evidence = NOTHING }: Exit): Finding {
  const { blame, lastWords, farewell, recycling } = worker;
  const ended = signal === null ? `exited with code ${code}` : `was killed by ${signal}`;
  const find = (cause: Cause, how: string, fields: Finding["fields"] = {}): Finding => ({ cause, how, fields });
  if (trouble !== null) return find("not-started", `could not be started (${trouble})`);
  if (lastWords !== null) {
    const { origin, message, stack, place, requests } = lastWords;
    const what = origin === "uncaughtException" ? "uncaught exception" : "unhandled rejection";
    const where = place === null ? "" : ` (${place})`;
    return find("uncaught", `crashed: ${what}: ${message}${where}; ${inFlightWords(requests)}`, {
      err: { message, stack },
      requests,
    });
  }
  const { fatal, oomKill } = evidence;
  if (fatal !== null) return find("heap-out-of-memory", `ran out of memory: ${fatalWords(fatal)}`);
  if (blame !== null) {
    return find(blame.cause, `${signal === "SIGKILL" ? "was killed" : ended}: ${blame.message}`, blame.fields);
  }
  if (signal === "SIGKILL" && oomKill !== null) {
    const whose =
      oomKill === "cgroup" ? "its control group's memory limit was reached" : "the machine ran out of memory";
    return find("oom-killer", `was killed by the kernel's OOM killer: ${whose} (the kernel's count of OOM kills rose)`);
  }
  if (worker.leaving) {
    const why = recycling ?? farewell;
    const how = signal === "SIGKILL" ? `was killed (${why})` : `${ended}, as it was asked to (${why})`;
    return find(recycling === null ? "asked" : "recycled", how);
  }
  if (signal !== null && NATIVE.has(signal)) {
    return find(
      "native-crash",
      `crashed in native code: ${signal}; Node, an addon or the machine is at fault, not JavaScript`,
    );
  }
  if (signal !== null) {
    return find("killed", `${ended}, sent by somebody else: not by tsgi, and the kernel counted no OOM kill`);
  }
  return find("exited", `${ended}: the application ended its process`);
}

function fatalWords({ event, heapUsed, heapLimit }: NonNullable<Evidence["fatal"]>): string {
  if (heapUsed === null || heapLimit === null) return event;
  const mib = (bytes: number): string => `${Math.round(bytes / 1_048_576)} MiB`;
  return `${event}; its heap held ${mib(heapUsed)} of at most ${mib(heapLimit)} (--max-old-space-size in NODE_OPTIONS)`;
}

/** How many requests a line names. */
const NAMED = 5;

/** `2 requests in flight: GET /a (3.1 s), POST /b (0.2 s)`. */
export function inFlightWords(requests: readonly RequestInFlight[] | null): string {
  if (requests === null) return "which requests were in flight could not be found out";
  if (requests.length === 0) return "no request was in flight";
  const named = requests.slice(0, NAMED).map(({ method, target, ageMs }) => {
    return `${method} ${target} (${(ageMs / 1000).toFixed(1)} s)`;
  });
  const more = requests.length > NAMED ? `, and ${requests.length - NAMED} more` : "";
  return `${requests.length} request${requests.length === 1 ? "" : "s"} in flight: ${named.join(", ")}${more}`;
}
