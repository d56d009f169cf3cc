import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { after, test } from "node:test";
import { Steps } from "./steps.ts";

const steps = new Steps(/\/test\/support\/steps\.test\.ts/);
after(() => steps.close());

/** How many times the steps are those of half the size. */
const growth = (work: (size: number) => void): number => steps.of(() => work(2_000)) / steps.of(() => work(1_000));

test("work that is linear in its size has twice the steps for twice the size, and quadratic work four times", () => {
  let sum = 0;
  const once = (size: number) => {
    for (let i = 0; i < size; i += 1) sum += i;
  };
  const squared = (size: number) => {
    for (let i = 0; i < size; i += 1) for (let j = 0; j < i; j += 1) sum += j;
  };
  assert.ok(Math.abs(growth(once) - 2) < 0.1, String(growth(once)));
  assert.ok(Math.abs(growth(squared) - 4) < 0.1, String(growth(squared)));
  assert.ok(sum > 0);
});

test("what builtins look at counts, though no block of it is executed", () => {
  const text = "x".repeat(5_000);
  const bytes = Buffer.from(text);
  const target = Buffer.alloc(5_000);
  const sticky = /x*/y;
  for (const [name, work] of Object.entries({
    "String.indexOf": () => text.indexOf("y"),
    "Buffer.indexOf": () => bytes.indexOf("y"),
    "Buffer.lastIndexOf": () => bytes.lastIndexOf("y"),
    "Buffer.toString": () => bytes.toString("latin1"),
    "Buffer.copy": () => bytes.copy(target),
    "Buffer.set": () => target.set(bytes),
    "Buffer.allocUnsafe": () => Buffer.allocUnsafe(5_000),
    "RegExp.test that finds nothing": () => /y/.test(text),
    "RegExp.test that matches": () => /^x+$/.test(text),
    "String.search": () => text.search(/y/),
    split: () => text.split(","),
  })) {
    const found = steps.of(work);
    assert.ok(found >= 5_000 && found < 5_500, `${name}: ${found}`);
  }
  sticky.lastIndex = 4_000;
  const rest = steps.of(() => sticky.test(text));
  assert.ok(rest >= 1_000 && rest < 1_500, String(rest));
});

test("nothing stays patched, also when the work throws", () => {
  const before = [Buffer.prototype.indexOf, Buffer.prototype.set, Buffer.allocUnsafe, RegExp.prototype.exec];
  assert.throws(() =>
    steps.of(() => {
      throw new RangeError("on purpose");
    }),
  );
  assert.deepEqual([Buffer.prototype.indexOf, Buffer.prototype.set, Buffer.allocUnsafe, RegExp.prototype.exec], before);
  assert.equal(Object.hasOwn(Buffer.prototype, "set"), false);
});
