import assert from "node:assert/strict";
import { test } from "node:test";
import { Signal } from "../../src/application/signals.ts";

test("receivers are called in the order of their connection, with what is sent", () => {
  const signal = new Signal<number>("news");
  const calls: string[] = [];
  assert.equal(signal.isHeard, false);
  signal.connect((payload) => calls.push(`first ${payload}`));
  signal.connect((payload) => calls.push(`second ${payload}`));
  assert.equal(signal.isHeard, true);
  assert.equal(signal.send(1), undefined);
  assert.deepEqual(calls, ["first 1", "second 1"]);
});

test("a receiver is connected once, by itself or by an id, and can be disconnected in both ways", () => {
  const signal = new Signal<void>("news");
  let calls = 0;
  const receiver = (): void => {
    calls += 1;
  };
  signal.connect(receiver);
  signal.connect(receiver);
  signal.connect(() => receiver(), { id: "other" });
  signal.connect(() => receiver(), { id: "other" });
  signal.send();
  assert.equal(calls, 2);
  assert.equal(signal.disconnect(receiver), true);
  assert.equal(signal.disconnect(receiver), false);
  assert.equal(signal.disconnect("other"), true);
  const end = signal.connect(receiver);
  end();
  signal.send();
  assert.equal(calls, 2);
  assert.throws(() => signal.connect("x" as never), /news.connect takes a function, not string/);
});

test("a receiver that disconnects itself takes no turn from another", () => {
  const signal = new Signal<void>("news");
  const calls: string[] = [];
  const end = signal.connect(() => {
    calls.push("once");
    end();
  });
  signal.connect(() => calls.push("always"));
  signal.send();
  signal.send();
  assert.deepEqual(calls, ["once", "always", "always"]);
});

test("send throws what a receiver throws, and is rejected with what one is rejected with", async () => {
  const signal = new Signal<void>("news");
  const slow = signal.connect(() => Promise.reject(new Error("late")));
  await assert.rejects(async () => signal.send(), /late/);
  signal.connect(() => Promise.reject(new Error("later")));
  await assert.rejects(async () => signal.send(), /2 receivers of news failed/);
  signal.connect(() => {
    throw new Error("at once");
  });
  // What was begun before it is rejected too; were that lost, it would end this process.
  assert.throws(() => signal.send(), /at once/);
  await new Promise((resolve) => setImmediate(resolve));
  slow();
});

test("sendRobust calls everybody and reports each failure, also a late one", async () => {
  const signal = new Signal<string>("news");
  const failures: string[] = [];
  let last = "";
  signal.connect(() => {
    throw new Error("at once");
  });
  signal.connect(async () => {
    throw new Error("late");
  });
  signal.connect((payload) => {
    last = payload;
  });
  signal.sendRobust("x", (error) => void failures.push((error as Error).message));
  assert.equal(last, "x");
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(failures, ["at once", "late"]);
});
