// What a worker's process died of, from evidence and in one line: what it said last, what we did to it, what the kernel counted, what V8
// wrote down, and only then its code or signal. Pure. Does not know what happens next.

import type { DeathCause } from "../config/hooks.ts";
import type { LastWords, RequestInFlight } from "../ipc/messages.ts";
import type { Evidence, Fact, FatalError } from "./facts.ts";
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
const NATIVE: Readonly<Record<string, string>> = {
  SIGSEGV: "it used memory that it does not have",
  SIGBUS: "it used memory that is not there",
  SIGILL: "it came to an instruction that the processor does not know",
  SIGFPE: "it calculated what cannot be calculated",
  SIGTRAP: "it came to a trap",
  SIGABRT: "abort() was called, by Node, V8, an addon, or the application with process.abort()",
  SIGSYS: "it made a system call that is forbidden",
};

/** How a shell, or whatever stands in for one, passes SIGABRT on. */
const ABORTED = 134;

const NOTHING: Evidence = { oomKill: null, fatal: null };

export function autopsy(worker: WorkerHandle, { code, signal, trouble, evidence = NOTHING }: Exit): Finding {
  const { blame, lastWords } = worker;
  const find = (cause: Cause, how: string, fields: Finding["fields"] = {}): Finding => ({ cause, how, fields });
  if (trouble !== null) return find("not-started", `could not be started (${trouble})`);
  if (lastWords !== null) {
    const { message, stack, requests, details } = lastWords;
    const err = typeof details === "object" && details !== null ? { message, stack, details } : { message, stack };
    return find("uncaught", crashWords(lastWords), { err, requests });
  }
  const { fatal, oomKill } = evidence;
  if (fatal?.isOutOfMemory === true) return find("heap-out-of-memory", heapWords(fatal));
  const ended = signal === null ? `exited with code ${code}` : `was killed by ${signal}`;
  if (blame !== null) {
    return find(blame.cause, `${signal === "SIGKILL" ? "was killed" : ended}: ${blame.message}`, blame.fields);
  }
  if (oomKill === "cgroup" || oomKill === "machine") return find("oom-killer", oomWords(oomKill));
  const asked = farewellTo(worker, code, signal);
  if (asked !== null) return asked;
  const when = worker.leaving ? ` while it was leaving (${worker.farewell})` : "";
  const native = signal ?? (code === ABORTED ? "SIGABRT" : "");
  if (fatal !== null || native in NATIVE) {
    const what = fatal === null ? `${native}: ${NATIVE[native]}` : `V8 gave up: ${fatal.event}`;
    return find("native-crash", `crashed in native code${when}: ${what}`);
  }
  if (signal !== null) return find("killed", `${ended}${when}, ${byWhom(signal, oomKill)}`);
  return find("exited", `${ended}${when}: the application ended its process`);
}

function crashWords({ origin, message, place, requests }: LastWords): string {
  const what = origin === "uncaughtException" ? "uncaught exception" : "unhandled rejection";
  return `crashed: ${what}: ${message}${place === null ? "" : ` (${place})`}; ${inFlightWords(requests)}`;
}

function heapWords({ event, heapUsed, heapLimit }: FatalError): string {
  const what = `ran out of JavaScript heap: ${event}`;
  if (heapUsed === null || heapLimit === null) return what;
  const mib = (bytes: number): string => `${Math.round(bytes / 1_048_576)} MiB`;
  return `${what}; ${mib(heapUsed)} were in use, and ${mib(heapLimit)} is the limit (--max-old-space-size in NODE_OPTIONS)`;
}

function oomWords(oomKill: "cgroup" | "machine"): string {
  const whose =
    oomKill === "cgroup" ? "the memory limit of its control group was reached" : "the machine had no memory left";
  return `was killed by the kernel's OOM killer: ${whose}, and the kernel's count of OOM kills rose`;
}

/** An end that we asked for; null when it came otherwise. */
function farewellTo(
  { leaving, farewell, recycling, goneBy }: WorkerHandle,
  code: number | null,
  signal: string | null,
): Finding | null {
  // Once it is killed for being late, there is no time left to be late for.
  const killed = signal === "SIGKILL" && goneBy === null;
  if (!leaving || !(code === 0 || killed)) return null;
  const how = killed ? `was killed (${farewell})` : `exited with code 0, as it was asked to (${farewell})`;
  return { cause: recycling !== null && recycling === farewell ? "recycled" : "asked", how, fields: {} };
}

function byWhom(signal: string, oomKill: Evidence["oomKill"]): string {
  const somebody = "by an operator or another program";
  if (signal !== "SIGKILL") return `${somebody}: it was not tsgi`;
  if (oomKill === "none") return `${somebody}: it was not tsgi, and the kernel counted no OOM kill`;
  return `${somebody}, or by the system for want of memory: it was not tsgi, and nobody else could be asked`;
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
