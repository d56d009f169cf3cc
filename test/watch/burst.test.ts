import assert from "node:assert/strict";
import { test } from "node:test";
import { Burst, LONGEST_MS, QUIET_MS } from "../../src/watch/burst.ts";

test("many signs are one change, begun once, never from within, and sorted", async () => {
  const told: string[] = [];
  await new Promise<void>((done) => {
    const burst: Burst = new Burst({
      onBegin: () => told.push("begin"),
      lookAgain: () => {},
      onEnd: (files) => {
        told.push(`end ${files.join(" ")} ${burst.isOpen}`);
        done();
      },
    });
    for (const file of ["/b", "/a", "/b"]) burst.add(file);
    assert.deepEqual(told, []);
    assert.equal(burst.isOpen, true);
  });
  assert.deepEqual(told, ["begin", "end /a /b false"]);
});

test("what the last look finds prolongs it, and so does a sign of more; without end it is over after a while", async () => {
  const started = performance.now();
  let looks = 0;
  const files = await new Promise<readonly string[]>((done) => {
    const burst: Burst = new Burst({
      onBegin: () => {},
      lookAgain: () => {
        looks += 1;
        if (looks === 1) burst.add("/late");
        else burst.prolong();
      },
      onEnd: done,
    });
    burst.add("/first");
  });
  const took = performance.now() - started;
  assert.deepEqual(files, ["/first", "/late"]);
  assert.ok(looks > 5, `${looks} looks`);
  assert.ok(took >= LONGEST_MS - 2, `${took} ms`);
});

test("one that is closed says nothing more", async () => {
  const burst = new Burst({
    onBegin: () => assert.fail("begun"),
    lookAgain: () => assert.fail("looked"),
    onEnd: () => assert.fail("ended"),
  });
  burst.add("/a");
  burst.close();
  // Another of the same age is the sentinel.
  await new Promise((done) => {
    new Burst({ onBegin: () => {}, lookAgain: () => {}, onEnd: done }).add("/b");
  });
  assert.ok(QUIET_MS < LONGEST_MS);
});
