import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { Gate, type Visitor } from "../../src/worker/gate.ts";
import { turns } from "../support/gated.ts";

/** A gate, what it asked, and what happened to those who came. */
function gateOf() {
  const events: string[] = [];
  const gate = new Gate((ticket) => void events.push(`ask ${ticket}`));
  const visitor = (name: string): Visitor => ({
    pass: (bytes) => void events.push(`${name} passes with ${String(bytes)}`),
    giveBack: () => void events.push(`${name} goes back`),
  });
  const come = (who: Visitor, text: string): void => {
    const memory = Buffer.from(text);
    gate.came(who, memory);
    memory.fill(0);
  };
  return { gate, visitor, come, take: () => events.splice(0) };
}

test("an answer counts for those who had come when it was asked for; those who came meanwhile belong to the next question", () => {
  const { gate, visitor, come, take } = gateOf();
  const [a, b, c] = [visitor("a"), visitor("b"), visitor("c")];
  come(a, "1");
  assert.deepEqual(take(), ["ask 1"]);
  come(b, "2");
  come(c, "3");
  assert.deepEqual(take(), [], "one question at a time");
  gate.fresh(1);
  assert.deepEqual(take(), ["ask 2", "a passes with 1"]);
  gate.fresh(2);
  assert.deepEqual(take(), ["b passes with 2", "c passes with 3"]);
  come(a, "4");
  assert.deepEqual(take(), ["ask 3"]);
});

test("an answer to another question lets nobody in, and none is asked twice", () => {
  const { gate, visitor, come, take } = gateOf();
  come(visitor("a"), "1");
  gate.fresh(0);
  gate.fresh(2);
  assert.deepEqual(take(), ["ask 1"]);
  gate.fresh(1);
  gate.fresh(1);
  assert.deepEqual(take(), ["a passes with 1"]);
});

test("what still comes of somebody who waits makes it younger: all of it belongs to the next question", () => {
  const { gate, visitor, come, take } = gateOf();
  const a = visitor("a");
  come(a, "1");
  come(a, "2");
  gate.fresh(1);
  assert.deepEqual(take(), ["ask 1", "ask 2"]);
  gate.fresh(2);
  assert.deepEqual(take(), ["a passes with 12"]);
});

test("whoever leaves is forgotten, and a question about nobody is still one question", () => {
  const { gate, visitor, come, take } = gateOf();
  const a = visitor("a");
  come(a, "1");
  assert.equal(String(gate.take(a)), "1");
  assert.equal(gate.take(a).length, 0);
  come(visitor("b"), "2");
  assert.deepEqual(take(), ["ask 1"]);
  gate.fresh(1);
  gate.fresh(2);
  assert.deepEqual(take(), ["ask 2", "b passes with 2"]);
});

test("an open gate lets in whoever waits and whoever comes, and asks nothing", () => {
  const { gate, visitor, come, take } = gateOf();
  come(visitor("a"), "1");
  come(visitor("b"), "2");
  take();
  gate.open();
  come(visitor("c"), "3");
  gate.between(visitor("d"));
  assert.deepEqual(take(), ["a passes with 1", "b passes with 2", "c passes with 3"]);
});

test("a shut gate lets in nobody, whatever is answered, and sends back whoever comes or has had an answer", async () => {
  const { gate, visitor, come, take } = gateOf();
  const [a, b] = [visitor("a"), visitor("b")];
  come(a, "1");
  gate.shut();
  gate.fresh(1);
  come(b, "2");
  gate.between(visitor("c"));
  assert.deepEqual(take(), ["ask 1"], "not from within the call");
  await turns();
  assert.deepEqual(take(), ["b goes back", "c goes back"]);
  assert.deepEqual([String(gate.take(a)), String(gate.take(b))], ["1", "2"]);
});

test("each goes in with a context of its own: what one enters is not there for the next", () => {
  const storage = new AsyncLocalStorage<string>();
  const gate = new Gate(() => {});
  const seen: unknown[] = [];
  const visitor = (name: string): Visitor => ({
    pass() {
      seen.push(storage.getStore());
      storage.enterWith(name);
    },
    giveBack() {},
  });
  for (const name of ["a", "b", "c"]) gate.came(visitor(name), Buffer.from("x"));
  storage.run("the answer", () => {
    gate.fresh(1);
    gate.fresh(2);
  });
  assert.deepEqual(seen, [undefined, undefined, undefined]);
});
