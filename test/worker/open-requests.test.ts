import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { test } from "node:test";
import type { RequestHead } from "../../src/protocol/events.ts";
import { monotonicMs } from "../../src/worker/board.ts";
import { openRequests } from "../../src/worker/open-requests.ts";

const inHand = (target: string, since: number) => ({
  inHand: { head: { method: "GET", target } as RequestHead, requestId: `id-${target}`, since },
});

test("requests in hand are listed with what they ask for, and since when on the clock that threads share", () => {
  const since = performance.now() - 1_000;
  const [one, ...more] = openRequests([{ inHand: undefined }, inHand("/a", since)], 5);
  assert.deepEqual([one?.id, one?.method, one?.target, more], ["id-/a", "GET", "/a", []]);
  const age = monotonicMs() - one!.startedAt;
  assert.ok(age >= 999 && age < 60_000, String(age));
});

test("no more are listed than are wanted, and none costs no look at the connections", () => {
  const all = ["/a", "/b", "/c"].map((target) => inHand(target, 0));
  assert.deepEqual(
    openRequests(all, 2).map(({ target }) => target),
    ["/a", "/b"],
  );
  assert.deepEqual(openRequests([inHand("/a", 0)], 0), []);
});
