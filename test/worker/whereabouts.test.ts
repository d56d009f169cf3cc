import assert from "node:assert/strict";
import { test } from "node:test";
import type { Frame, RequestInFlight } from "../../src/ipc/messages.ts";
import type { Look } from "../../src/worker/inspect.ts";
import { type Beside, inEarnest, inPassing, isIdle, requestsOnly } from "../../src/worker/whereabouts.ts";

const own = new URL("../../src/worker/connection.ts", import.meta.url).pathname;
const frame = (file: string, line = 4, name = "f"): Frame => ({ function: name, file, line, column: 2 });
const request: RequestInFlight = { id: "a", method: "GET", target: "/a", ageMs: 5 };

const BESIDE: Beside = {
  stage: null,
  silentMs: 0,
  native: () => "it waits in the kernel (do_wait)",
  known: () => ({ requests: [request], agoMs: 3_200 }),
  lastRead: () => "POST /b?c=1 HTTP/1.1\r\nHost: x\r\n\r\n",
};

const stopped = (...frames: readonly Frame[]): Look => ({ sighting: { is: "stopped", frames }, requests: [request] });
const idle: Look = { sighting: { is: "idle" }, requests: [] };
const deaf: Look = { sighting: { is: "deaf" }, requests: null };

test("a stack is told with the innermost place of the application's own", () => {
  const frames = [frame("node:fs"), frame("/site/node_modules/pg/x.js"), frame("/site/app.ts", 41), frame(own)];
  const at = { frames, place: "/site/app.ts:41:2", note: null, requests: [request] };
  assert.deepEqual(inEarnest(stopped(...frames), BESIDE), at);
  assert.deepEqual(inPassing(stopped(...frames), BESIDE), at);
  // A loop of ours, or of Node's, is one too.
  assert.deepEqual(inEarnest(stopped(frame(own)), BESIDE), { ...at, frames: [frame(own)], place: null });
  assert.deepEqual(inPassing(stopped(frame(own)), { ...BESIDE, silentMs: 5_000 }), {
    ...at,
    frames: [frame(own)],
    place: null,
  });
});

test("a loop that turns is idle, whatever call of Node's or tsgi's the look came upon", () => {
  const asleep = stopped(frame("node:internal/timers", 505, "processTimers"), frame(own));
  for (const look of [idle, asleep]) {
    assert.ok(isIdle(look.sighting));
    assert.deepEqual(inPassing(look, BESIDE), {
      ...{ frames: null, place: null, note: "idle: no code of the application is running", requests: look.requests },
    });
  }
  assert.equal(
    inPassing(idle, { ...BESIDE, stage: "the application's module is still being imported" }).note,
    "the event loop is idle, and the application's module is still being imported",
  );
  // Node's loader works for the application.
  assert.ok(!isIdle(stopped(frame("node:internal/modules/cjs/loader")).sighting));
  assert.ok(!isIdle(deaf.sighting));
});

test("a block that was over in time has no place", () => {
  assert.deepEqual(inEarnest(idle, BESIDE), {
    ...{ frames: null, place: null, note: "it was over before its stack could be taken", requests: null },
  });
});

test("without a stack, everything else that is known is told", () => {
  const blocked = { ...BESIDE, silentMs: 3_100 };
  const at = inEarnest(deaf, blocked);
  assert.deepEqual(at, {
    frames: null,
    place: null,
    note: "its stack cannot be had: it is in a native call that has not returned; it waits in the kernel (do_wait); its requests are those it had noted 3.2 s ago, and the one that was read last",
    requests: [request, { id: "", method: "POST", target: "/b?c=1", ageMs: 3_100 }],
  });
  assert.deepEqual(inPassing(deaf, blocked), at);
  assert.equal(
    inEarnest(
      { sighting: { is: "unavailable", why: "no inspector" }, requests: null },
      { ...blocked, native: () => null },
    ).note,
    "its stack cannot be had: no inspector; its requests are those it had noted 3.2 s ago, and the one that was read last",
  );
  assert.deepEqual(inEarnest(deaf, { ...blocked, known: () => null }).requests, null);
});

test("what was read last counts only where it is a request that was not noted", () => {
  for (const read of [
    "GET /a HTTP/1.1\r\nHost: x\r\n\r\n",
    "\0\0\0\0",
    "",
    "half of a body GET /x HTTP/1.1\r\n",
    "GET /x HTTP/2.0\r\n",
    "GET /x HTTP/1.1",
    "GET /\x1b[31m HTTP/1.1\r\n",
  ]) {
    const at = requestsOnly(deaf, { ...BESIDE, lastRead: () => read });
    assert.deepEqual(at.requests, [request], JSON.stringify(read));
    assert.equal(at.note, "its requests are those it had noted 3.2 s ago");
  }
});

test("requests that could be asked for need no note", () => {
  assert.deepEqual(requestsOnly(idle, BESIDE), { frames: null, place: null, note: null, requests: [] });
});
