import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, duration, renderData } from "../../src/cli/ctl-tables.ts";
import type { RequestsData, StackData, StatusData, WorkerRow, WorkersData } from "../../src/ipc/control-data.ts";

const linesOf = (text: string): readonly string[] => {
  assert.ok(text.endsWith("\n"));
  return text.slice(0, -1).split("\n");
};

test("times and sizes have the unit that a person would take", () => {
  for (const [seconds, text] of [
    [0, "0 ms"],
    [0.0125, "13 ms"],
    [0.9994, "999 ms"],
    [1, "1 s"],
    [3.26, "3.3 s"],
    [9.96, "10 s"],
    [59.4, "59 s"],
    [59.6, "1 min"],
    [125, "2 min 5 s"],
    [3_599, "59 min 59 s"],
    [3_600, "1 h"],
    [11_530, "3 h 12 min"],
    [86_400, "1 d"],
    [90_000, "1 d 1 h"],
    [864_000, "10 d"],
  ] as const) {
    assert.equal(duration(seconds), text, String(seconds));
  }
  for (const [count, text] of [
    [0, "0 B"],
    [1_023, "1023 B"],
    [1_536, "1.5 KiB"],
    [78 * 1_048_576, "78 MiB"],
    [1.25 * 1_024 ** 3, "1.3 GiB"],
    [1_024 ** 5, "1024 TiB"],
  ] as const) {
    assert.equal(bytes(count), text);
  }
});

const STATUS: StatusData = {
  ...{
    version: "1.2.3",
    pid: 77,
    app: "app:application",
    state: "serving",
    ready: true,
    uptime: 11_530,
    generation: 3,
  },
  workers: { wanted: 4, min: 4, max: 4, ready: 4, booting: 0, leaving: 1 },
  load: { served: 12_345, errors: 3, inFlight: 12, connections: 40, websockets: 0, rss: 312 * 1_048_576 },
  listeners: ["http://127.0.0.1:8000", "unix:/run/app.sock"],
  ...{ reload: null, lastReload: null, upgrade: null, stop: null },
};

test("the status says first whether the server is ready, and nothing of what is not", () => {
  assert.deepEqual(linesOf(renderData("status", STATUS)), [
    "tsgi 1.2.3 (pid 77), app:application: ready",
    "state        serving",
    "uptime       3 h 12 min",
    "generation   3",
    "workers      4 wanted, 4 ready, 0 booting, 1 leaving",
    "requests     12345 served, 3 errors, 12 in flight",
    "connections  40",
    "memory       312 MiB in the workers",
    "listening    http://127.0.0.1:8000",
    "             unix:/run/app.sock",
  ]);
});

test("the status tells of a range, a reload, the last one, an upgrade and a stop", () => {
  const reload = { stage: "booting", generation: 4, ready: 2, wanted: 4, age: 3.2, queued: true } as const;
  const lines = linesOf(
    renderData("status", {
      ...STATUS,
      ...{ ready: false, state: "reloading", workers: { ...STATUS.workers, min: 2, max: 8 }, reload },
      lastReload: { ok: false, message: "reload failed: app.js:2\n> 2 | return [;\n", age: 90 },
      upgrade: { role: "old", pid: 78, ready: true },
      stop: { style: "graceful", by: "SIGTERM", age: 2 },
    } satisfies StatusData),
  );
  assert.equal(lines[0], "tsgi 1.2.3 (pid 77), app:application: not ready");
  assert.equal(lines[4], "workers      4 wanted of 2..8, 4 ready, 0 booting, 1 leaving");
  assert.deepEqual(lines.slice(10), [
    "reload       generation 4 boots: 2 of 4 ready, after 3.2 s; another one follows",
    "last reload  failed 1 min 30 s ago: reload failed: app.js:2",
    "             > 2 | return [;",
    "upgrade      this is the old master, and the new one (pid 78) serves",
    "stop         graceful on SIGTERM, since 2 s",
  ]);
  const others = (change: Partial<StatusData>): string => renderData("status", { ...STATUS, ...change });
  const reading = { stage: "reading", generation: null, ready: 0, wanted: 4, age: 0, queued: false } as const;
  const load = { ...STATUS.load, websockets: 12 };
  assert.match(others({ load }), /^connections {2}40, 12 of them websockets$/m);
  assert.match(others({ reload: reading }), /^reload +the configuration is being read$/m);
  assert.match(others({ lastReload: { ok: true, message: "fine", age: 1 } }), /^last reload +done 1 s ago: fine$/m);
  const upgrades = [
    [{ role: "old", pid: null, ready: false }, "this is the old master, and the new one starts"],
    [{ role: "new", pid: 5, ready: true }, "this is the new master, and the old one (pid 5) is still there"],
  ] as const;
  for (const [upgrade, text] of upgrades) assert.ok(others({ upgrade }).includes(`upgrade      ${text}\n`));
  assert.match(others({ stop: { style: "kill", by: null, age: 1 } }), /^stop +kill, since 1 s$/m);
});

const ROW: WorkerRow = {
  ...{
    slot: 1,
    pid: 4711,
    generation: 1,
    phase: "ready",
    age: 75,
    served: 123,
    errors: 0,
    inFlight: 1,
    connections: 7,
    websockets: 2,
  },
  ...{ rss: 80 * 1_048_576, utilization: 0.256, loopDelayMs: 4, silent: 0.5, leaves: null, lastExit: null },
};

test("workers stand in a table with their numbers on the right, and below it what is to be said in words", () => {
  const unknown = {
    served: null,
    errors: null,
    inFlight: null,
    connections: null,
    websockets: null,
    rss: null,
  } as const;
  const data: WorkersData = {
    workers: [
      { ...ROW, leaves: "served 123 requests" },
      {
        ...{ ...ROW, ...unknown, slot: 1, pid: null, generation: 12, phase: "starting", age: 0.1 },
        ...{ utilization: null, loopDelayMs: null, silent: null },
      },
      { ...ROW, slot: 2, pid: 22, lastExit: { how: "exited with code 1\n", age: 61 } },
    ],
    empty: [
      { slot: 3, failures: 2, startsIn: 0.5, lastExit: { how: "crashed: oh", age: 1 } },
      { slot: 4, failures: 0, startsIn: 0, lastExit: null },
    ],
  };
  assert.deepEqual(linesOf(renderData("workers", data)), [
    "SLOT   PID  GEN  STATE            AGE  SERVED  ERRORS  IN FLIGHT  CONNS  WS     RSS  BUSY  DELAY  SILENT",
    "   1  4711    1  ready     1 min 15 s     123       0          1      7   2  80 MiB  26 %   4 ms  500 ms",
    "   1     -   12  starting      100 ms       -       -          -      -   -       -     -      -       -",
    "   2    22    1  ready     1 min 15 s     123       0          1      7   2  80 MiB  26 %   4 ms  500 ms",
    "worker 1 (pid 4711): served 123 requests",
    "place 3 is empty: a worker starts in 500 ms, after 2 in a row that died young; the last one crashed: oh",
    "place 4 is empty: a worker starts in 0 ms",
    "place 2 before, 1 min 1 s ago: the worker exited with code 1",
  ]);
});

test("requests stand in a table; without any that is said, and who could not be asked is named", () => {
  const request = { slot: 2, pid: 12, id: "a-1", method: "GET", target: "/slow?x=1", age: 3.25 };
  const data: RequestsData = { requests: [request, { ...request, method: "DELETE", age: 0.01 }], silent: [] };
  assert.deepEqual(linesOf(renderData("requests", data)), [
    "  AGE  SLOT  PID  ID   METHOD  TARGET",
    "3.3 s     2   12  a-1  GET     /slow?x=1",
    "10 ms     2   12  a-1  DELETE  /slow?x=1",
  ]);
  assert.equal(renderData("requests", { requests: [], silent: [] }), "no request is in flight\n");
  assert.equal(
    renderData("requests", { requests: [], silent: [{ slot: 1, pid: 11, why: "its watchdog did not answer" }] }),
    "no request is known to be in flight\nworker 1 (pid 11) could not be asked: its watchdog did not answer\n",
  );
});

test("a stack reads like that of an error; without one there is the reason, and the requests in any case", () => {
  const data: StackData = {
    ...{ slot: 1, pid: 11, place: "app.ts:41:5", note: null },
    frames: [
      { function: "spin", file: "/srv/app.ts", line: 41, column: 5 },
      { function: "", file: "/srv/app.ts", line: 50, column: 3 },
    ],
    requests: [{ id: "a", method: "GET", target: "/spin", age: 3.1 }],
  };
  assert.deepEqual(linesOf(renderData("stack", data)), [
    "worker 1 (pid 11) is at app.ts:41:5",
    "    at spin (/srv/app.ts:41:5)",
    "    at /srv/app.ts:50:3",
    "in flight:",
    "    GET /spin (3.1 s)",
  ]);
  const native = { ...data, frames: null, place: null, note: "it is in native code", requests: null };
  assert.deepEqual(linesOf(renderData("stack", native)), ["worker 1 (pid 11)", "    it is in native code"]);
  assert.deepEqual(linesOf(renderData("stack", { ...native, note: null })), [
    "worker 1 (pid 11)",
    "    its stack cannot be had",
  ]);
});

test("an order is answered with its sentence", () => {
  assert.equal(renderData("scale", { message: "4 workers are wanted" }), "4 workers are wanted\n");
});
