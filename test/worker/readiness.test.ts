import assert from "node:assert/strict";
import { test } from "node:test";
import { TsgiError } from "../../src/errors.ts";
import type { Trouble } from "../../src/gateway/host.ts";
import type { Logger } from "../../src/observe/log.ts";
import { BootClock } from "../../src/worker/boot-clock.ts";
import type { OwnAnswer, OwnRequest } from "../../src/worker/own-request.ts";
import { isFor, untilReady } from "../../src/worker/readiness.ts";

const whole = (status: number): OwnAnswer => ({ status, end: "whole" });

interface Asked {
  readonly requests: OwnRequest[];
  readonly lines: (readonly [level: string, message: string])[];
  readonly troubles: Trouble[];
  readonly over: Promise<void>;
}

/** Asks for readiness with these answers in turn, the last one for ever. */
function asked(
  answers: readonly OwnAnswer[],
  options: { readonly error?: Error; readonly clock?: BootClock } = {},
): Asked {
  const [requests, lines, troubles]: [OwnRequest[], (readonly [string, string])[], Trouble[]] = [[], [], []];
  const note = (level: string) => (message: string) => void lines.push([level, message]);
  const over = untilReady({
    path: "/healthz?full=1",
    agent: "tsgi/test",
    ask: async (request, report) => {
      requests.push(request);
      const { error } = options;
      if (error !== undefined)
        report({ ...{ requestId: "id-1", method: "GET", target: "/healthz" }, error, answer: 500 });
      return answers[Math.min(requests.length, answers.length) - 1]!;
    },
    clock: options.clock ?? new BootClock(0),
    logger: { info: note("info"), warn: note("warn") } as unknown as Logger,
    onTrouble: (trouble) => troubles.push(trouble),
  });
  return { requests, lines, troubles, over };
}

test("an application that answers 2xx is ready at once, and nothing is said about it", async () => {
  const { requests, lines, over } = asked([whole(204)]);
  await over;
  assert.deepEqual(requests, [{ target: "/healthz?full=1", agent: "tsgi/test", limitMs: 10_000 }]);
  assert.deepEqual(lines, []);
});

test("it is asked again until it answers 2xx whole; the first failure and the success are in the log", async () => {
  const { requests, lines, over } = asked([whole(503), whole(302), { status: 200, end: "cut" }, whole(200)]);
  await over;
  assert.equal(requests.length, 4);
  assert.match(
    lines.map((line) => line.join(" ")).join("\n"),
    /^info --ready-path \/healthz\?full=1 answered 503, attempt 1 in \S+ s: the worker is not ready\ninfo --ready-path \/healthz\?full=1 answered 200: ready after 4 attempts in \S+ s$/,
  );
});

test("when the clock has run out, the failure names the limit, the last answer, and what the application threw", async () => {
  const error = new Error("no database");
  let leftMs = 10_000;
  const clock = {
    limit: "5 s (--boot-timeout)",
    partingMs: 0,
    get leftMs() {
      leftMs -= 4_000;
      return leftMs;
    },
  } as unknown as BootClock;
  const { troubles, over } = asked([whole(503), whole(500)], { error, clock });
  await assert.rejects(over, (failure) => {
    assert.ok(failure instanceof TsgiError);
    assert.deepEqual([failure.code, failure.cause], ["not-ready", error]);
    assert.match(
      failure.message,
      /^the application is not ready within 5 s \(--boot-timeout\): --ready-path \/healthz\?full=1 answered 500, attempt 2 in /,
    );
    assert.match(failure.message, /^Error: no database$/m);
    assert.match(failure.message, /readiness\.test\.ts:\d+:\d+/);
    return true;
  });
  // Not four times a second, but as often as the answers.
  assert.deepEqual(
    troubles.map(({ target }) => target),
    ["/healthz?full=1 (--ready-path)"],
  );
});

for (const [answer, words] of [
  [{ status: null, end: "late" }, "did not answer within 0 s"],
  [{ status: 200, end: "late" }, "answered 200 and did not end within 0 s"],
  [{ status: 200, end: "cut" }, "answered 200 and broke off"],
  [whole(404), "answered 404"],
] as const) {
  test(`an application that ${words} is not ready`, async () => {
    const clock = new BootClock(0.000_001);
    const { over, requests } = asked([answer], { clock });
    await assert.rejects(over, {
      code: "not-ready",
      message: new RegExp(`--ready-path /healthz\\?full=1 ${words}, attempt 1`),
    });
    assert.equal(requests.length, 1);
  });
}

test("a request is for the ready path whatever its query and form, and only then", () => {
  for (const target of ["/healthz", "/healthz?x=/y", "http://example.com/healthz", "http://example.com:80/healthz?x"]) {
    assert.equal(isFor(target, "/healthz"), true, target);
    assert.equal(isFor(target, "/healthz?full=1"), true, target);
  }
  for (const target of [
    "/healthz/",
    "/",
    "/healthzz",
    "/x?/healthz",
    "*",
    "http://example.com",
    "http://healthz/x",
    "example.com:80",
  ]) {
    assert.equal(isFor(target, "/healthz"), false, target);
  }
  assert.equal(isFor("/healthz", null), false);
});
