import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ask } from "../../src/ipc/lifeline.ts";
import { Inquiries } from "../../src/master/inquiries.ts";

const AT = { frames: null, place: "app.ts:1:1", note: null, requests: null };

function asked(limitMs?: number): { inquiries: Inquiries; asks: Ask[] } {
  const inquiries = new Inquiries(limitMs);
  const asks: Ask[] = [];
  inquiries.open(1, { ask: (what, ticket) => asks.push({ tsgi: what, ticket }) });
  return { inquiries, asks };
}

test("each question has its answer, whatever the order", async () => {
  const { inquiries, asks } = asked();
  const [first, second] = [inquiries.ask(1, "stack"), inquiries.ask(1, "requests")];
  assert.deepEqual(
    asks.map(({ tsgi }) => tsgi),
    ["stack", "requests"],
  );
  assert.ok(inquiries.heard({ tsgi: "whereabouts", ticket: asks[1]!.ticket, at: { ...AT, place: null } }));
  assert.ok(inquiries.heard({ tsgi: "whereabouts", ticket: asks[0]!.ticket, at: AT }));
  assert.deepEqual([(await first)?.place, (await second)?.place], ["app.ts:1:1", null]);
  assert.ok(
    inquiries.heard({ tsgi: "whereabouts", ticket: asks[0]!.ticket, at: AT }),
    "too late, and still nobody else's",
  );
});

test("null for a worker that is not there, goes, or does not answer in time", async () => {
  const { inquiries } = asked();
  assert.equal(await inquiries.ask(2, "stack"), null);
  const open = inquiries.ask(1, "stack");
  inquiries.close(1);
  assert.equal(await open, null);
  assert.equal(await asked(1).inquiries.ask(1, "stack"), null);
});

test("what the plan asks is answered by a report like any other", () => {
  const { inquiries, asks } = asked();
  inquiries.askForPlan(1);
  inquiries.askForPlan(2);
  assert.equal(asks.length, 1);
  assert.ok(!inquiries.heard({ tsgi: "whereabouts", ticket: asks[0]!.ticket, at: AT }));
  assert.ok(!inquiries.heard({ tsgi: "ready" }));
});
