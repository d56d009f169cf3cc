import assert from "node:assert/strict";
import { test } from "node:test";
import type { LastWords, RequestInFlight } from "../../src/ipc/messages.ts";
import { autopsy, type Exit, inFlightWords } from "../../src/master/autopsy.ts";
import type { Evidence } from "../../src/master/facts.ts";
import type { WorkerHandle } from "../../src/master/state.ts";
import { World } from "../support/plan-world.ts";

const WORKER = World.serving({ workers: 1 }).state.workers[0]!;

/** What is found out about a worker that ended so. */
function find(worker: Partial<WorkerHandle>, exit: Partial<Exit>) {
  const { cause, how, fields } = autopsy(
    { ...WORKER, ...worker },
    { fact: "exit", id: 1, code: null, signal: null, trouble: null, ...exit },
  );
  return { said: `${cause}: ${how}`, fields };
}

const said = (worker: Partial<WorkerHandle>, exit: Partial<Exit>): string => find(worker, exit).said;
const evidence = (known: Partial<Evidence>): Partial<Exit> => ({ evidence: { oomKill: null, fatal: null, ...known } });

const LEAVING = { leaving: true, farewell: "the server stops on SIGTERM", goneBy: 5_000 };
const request = (n: number): RequestInFlight => ({ id: `${n}`, method: "GET", target: `/${n}`, ageMs: n * 1_000 });
const WORDS: LastWords = {
  tsgi: "crashed",
  origin: "uncaughtException",
  message: "TypeError: x is not a function",
  stack: "TypeError: x is not a function\n    at f (/site/app.ts:12:5)",
  place: "/site/app.ts:12:5",
  requests: [request(3)],
};

test("a worker that never came to be has only a reason", () => {
  assert.equal(said({}, { trouble: "spawn ENOENT" }), "not-started: could not be started (spawn ENOENT)");
});

test("an error that nobody caught is told with its place and the requests in flight; the stack stands beside the line", () => {
  const crashed = find({ lastWords: WORDS }, { code: 1 });
  assert.equal(
    crashed.said,
    "uncaught: crashed: uncaught exception: TypeError: x is not a function (/site/app.ts:12:5); 1 request in flight: GET /3 (3.0 s)",
  );
  assert.deepEqual(crashed.fields, {
    err: { message: WORDS.message, stack: WORDS.stack },
    requests: WORDS.requests,
  });
  assert.equal(
    said({ lastWords: { ...WORDS, origin: "unhandledRejection", place: null, requests: [] }, ...LEAVING }, { code: 1 }),
    "uncaught: crashed: unhandled rejection: TypeError: x is not a function; no request was in flight",
  );
});

test("a heap that was full is told by what V8 wrote, with its figures where there are any", () => {
  const event = "Allocation failed - JavaScript heap out of memory";
  const fatal = { event, isOutOfMemory: true, heapUsed: 50 * 1_048_576, heapLimit: 88 * 1_048_576 };
  const what = `heap-out-of-memory: ran out of JavaScript heap: ${event}`;
  assert.equal(
    said({}, { signal: "SIGABRT", ...evidence({ fatal }) }),
    `${what}; 50 MiB were in use, and 88 MiB is the limit (--max-old-space-size in NODE_OPTIONS)`,
  );
  assert.equal(said({}, { code: 134, ...evidence({ fatal: { ...fatal, heapUsed: null } }) }), what);
  assert.equal(said({}, { code: 134, ...evidence({ fatal: { ...fatal, heapLimit: null } }) }), what);
});

test("what we did to it is told with our reason", () => {
  const blame = { code: "boot-timeout", cause: "timeout", message: "its loop was blocked", fields: { a: 1 } } as const;
  assert.deepEqual(find({ blame }, { signal: "SIGKILL", ...evidence({ oomKill: "cgroup" }) }), {
    said: "timeout: was killed: its loop was blocked",
    fields: { a: 1 },
  });
  const failed = { code: "no-module", cause: "boot-failed", message: "no module x" } as const;
  assert.equal(said({ blame: failed }, { code: 40 }), "boot-failed: exited with code 40: no module x");
});

test("the kernel's OOM killer is told by its counts, also while the worker was leaving", () => {
  const rose = "and the kernel's count of OOM kills rose";
  for (const worker of [{}, LEAVING]) {
    assert.equal(
      said(worker, { signal: "SIGKILL", ...evidence({ oomKill: "cgroup" }) }),
      `oom-killer: was killed by the kernel's OOM killer: the memory limit of its control group was reached, ${rose}`,
    );
    assert.equal(
      said(worker, { signal: "SIGKILL", ...evidence({ oomKill: "machine" }) }),
      `oom-killer: was killed by the kernel's OOM killer: the machine had no memory left, ${rose}`,
    );
  }
});

test("a worker that was asked to go was asked to go, or recycled, and says so", () => {
  assert.equal(
    said(LEAVING, { code: 0 }),
    "asked: exited with code 0, as it was asked to (the server stops on SIGTERM)",
  );
  const full = { ...LEAVING, recycling: "served 9 requests", farewell: "served 9 requests" };
  assert.equal(said(full, { code: 0 }), "recycled: exited with code 0, as it was asked to (served 9 requests)");
  assert.equal(
    said({ ...full, farewell: "the server stops" }, { code: 0 }),
    "asked: exited with code 0, as it was asked to (the server stops)",
  );
  // We killed it: its time was over, or nobody waited for it.
  assert.equal(said({ ...full, goneBy: null }, { signal: "SIGKILL" }), "recycled: was killed (served 9 requests)");
});

test("a worker that was leaving and ended otherwise is no farewell", () => {
  const when = "while it was leaving (the server stops on SIGTERM)";
  assert.equal(said(LEAVING, { code: 3 }), `exited: exited with code 3 ${when}: the application ended its process`);
  assert.match(said(LEAVING, { signal: "SIGSEGV" }), /^native-crash: crashed in native code while it was leaving \(/);
  assert.ok(said(LEAVING, { signal: "SIGKILL" }).startsWith(`killed: was killed by SIGKILL ${when}, by an operator`));
});

test("a crash in native code is told by its signal, or by what V8 wrote", () => {
  assert.equal(
    said({}, { signal: "SIGSEGV" }),
    "native-crash: crashed in native code: SIGSEGV: it used memory that it does not have",
  );
  const aborted = /^native-crash: crashed in native code: SIGABRT: abort\(\) was called, by Node, V8, an addon, or/;
  assert.match(said({}, { signal: "SIGABRT" }), aborted);
  assert.match(said({}, { code: 134 }), aborted);
  const fatal = { event: "Check failed: x", isOutOfMemory: false, heapUsed: null, heapLimit: null };
  assert.equal(
    said({}, { signal: "SIGTRAP", ...evidence({ fatal }) }),
    "native-crash: crashed in native code: V8 gave up: Check failed: x",
  );
});

test("a signal from elsewhere is an operator's, as far as the kernel's counts can exclude anybody else", () => {
  assert.equal(
    said({}, { signal: "SIGKILL", ...evidence({ oomKill: "none" }) }),
    "killed: was killed by SIGKILL, by an operator or another program: it was not tsgi, and the kernel counted no OOM kill",
  );
  assert.equal(
    said({}, { signal: "SIGKILL" }),
    "killed: was killed by SIGKILL, by an operator or another program, or by the system for want of memory: it was not tsgi, and nobody else could be asked",
  );
  assert.equal(
    said({}, { signal: "SIGXCPU" }),
    "killed: was killed by SIGXCPU, by an operator or another program: it was not tsgi",
  );
});

test("an exit with a code that nobody asked for is the application's", () => {
  assert.equal(said({}, { code: 3 }), "exited: exited with code 3: the application ended its process");
});

test("requests in flight are counted, and the first five named", () => {
  assert.equal(inFlightWords(null), "which requests were in flight could not be found out");
  assert.equal(inFlightWords([]), "no request was in flight");
  assert.equal(inFlightWords([request(0), request(2)]), "2 requests in flight: GET /0 (0.0 s), GET /2 (2.0 s)");
  assert.match(
    inFlightWords([1, 2, 3, 4, 5, 6, 7].map(request)),
    /^7 requests in flight: .*GET \/5 \(5\.0 s\), and 2 more$/,
  );
});
