import assert from "node:assert/strict";
import { test } from "node:test";
import type { Settings } from "../../src/config/options.ts";
import type { Serve } from "../../src/gateway/exchange.ts";
import { gatewayFor } from "../../src/gateway/run.ts";
import type { Logger } from "../../src/observe/log.ts";
import { FAULTS, fault } from "../../src/protocol/faults.ts";
import { Admission } from "../../src/worker/admission.ts";
import { Reception } from "../../src/worker/reception.ts";
import { RefusalLog } from "../../src/worker/refusals.ts";
import { NO_BODY } from "../../src/worker/request-body.ts";
import { headOf, INFO } from "../support/exchange.ts";
import { SETTINGS } from "../support/settings.ts";
import { nothing } from "../support/worker.ts";

function receptionOf(changes: Partial<Settings>, websockets = 0) {
  const lines: string[] = [];
  const note = (message: string) => void lines.push(message);
  const logger = { info: note, warn: note, error: note } as unknown as Logger;
  const settings = { ...SETTINGS, ...changes };
  const { limitInFlight: inFlight, overload } = settings;
  const admission = new Admission({ connections: 10, inFlight, overload, pause: nothing, resume: nothing });
  const reception = new Reception({
    ...{ settings, software: "tsgi/test", logger, admission, refusals: new RefusalLog(logger) },
    gateway: (host) =>
      gatewayFor((environ, startResponse) => {
        startResponse("200 OK", []);
        return [environ.PATH_INFO];
      }, host),
    nextRequestId: () => "id-1",
    onTrouble: ({ error }) => assert.fail(String(error)),
    websockets: () => websockets,
  });
  return { reception, admission, lines };
}

const request = () => ({ info: INFO, admit: nothing });

/** The status that a request gets, or undefined where it has to wait. */
function statusOf(serve: Serve | undefined, target = "/"): number | undefined {
  const event = serve?.({ head: headOf({ target }), info: INFO, body: NO_BODY, wake: nothing }).next();
  return event?.type === "response" ? event.status : undefined;
}

test("a request is the application's while there is room, waits, or is sent away with a word in the log", () => {
  const waits = receptionOf({ limitInFlight: 1 });
  assert.equal(statusOf(waits.reception.enter(request(), headOf({}))), 200);
  assert.equal(waits.reception.enter(request(), headOf({})), undefined);
  const full = receptionOf({ limitInFlight: 1, overload: "503" });
  full.reception.enter(request(), headOf({}));
  assert.equal(statusOf(full.reception.enter(request(), headOf({}))), 503);
  assert.match(full.lines.join(), /--limit-in-flight/);
});

test("one more websocket than --limit-websockets is sent away with a word in the log, and nobody else is", () => {
  const asking = (upgrade: string) => headOf({ fields: ["connection", "upgrade", "upgrade", upgrade] });
  const full = receptionOf({ limitWebsockets: 2 }, 2);
  assert.equal(statusOf(full.reception.enter(request(), asking("websocket"))), 503);
  assert.match(full.lines.join(), /--limit-websockets/);
  assert.equal(statusOf(full.reception.enter(request(), headOf({}))), 200);
  assert.equal(statusOf(full.reception.enter(request(), asking("h2c"))), 200, "which Java's client always asks for");
  assert.equal(full.admission.inFlight, 3);
  for (const [limitWebsockets, open] of [
    [2, 1],
    [0, 9],
  ] as const) {
    const { reception } = receptionOf({ limitWebsockets }, open);
    assert.equal(statusOf(reception.enter(request(), asking("websocket"))), 200);
  }
});

test("the ready path is the application's until the server will stop, then 503 at once, and nothing else is", () => {
  const { reception, admission, lines } = receptionOf({ limitInFlight: 1, readyPath: "/healthz" });
  const probe = headOf({ target: "/healthz?x" });
  assert.equal(statusOf(reception.enter(request(), probe)), 200);
  reception.unready();
  assert.equal(statusOf(reception.enter(request(), probe)), 503);
  assert.deepEqual([admission.inFlight, lines], [2, []]);
  assert.equal(reception.enter(request(), headOf({ target: "/other" })), undefined);
});

test("a request that waited in vain is sent away with 504, and counts until that is over", () => {
  const { reception, admission } = receptionOf({ limitInFlight: 1 });
  const [, second] = [reception.enter(request(), headOf({})), request()];
  assert.equal(reception.enter(second, headOf({})), undefined);
  assert.equal(statusOf(reception.giveUp(second)), 504);
  assert.deepEqual([admission.waiting, admission.inFlight], [0, 2]);
});

test("why a request ends is in the log and in the application's hands, in the same words", () => {
  const { reception, lines } = receptionOf({ requestTimeout: 1.5 });
  const late = reception.overdue(headOf({ target: "/slow" }), INFO, "id-1", false);
  assert.deepEqual([late.status, late.message], [504, "the request was not over within 1.5 s (--request-timeout)"]);
  const slow = reception.blame(fault("edge.body-too-slow", 3), INFO);
  assert.deepEqual([slow.status, slow.message], [408, FAULTS["edge.body-too-slow"].why]);
  assert.equal(lines.length, 2);
});

test("a request of the server's own is answered by the same application", () => {
  const { reception, admission } = receptionOf({});
  assert.equal(statusOf(reception.serveOwn(() => assert.fail("no trouble"))), 200);
  assert.equal(admission.inFlight, 0);
});
