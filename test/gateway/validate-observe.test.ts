import assert from "node:assert/strict";
import { test } from "node:test";
import { observed, realOf, remember } from "../../src/gateway/validate-observe.ts";

class Counter {
  #count = 0;
  label = "a";
  add(): number {
    this.#count += 1;
    return this.#count;
  }
  get count(): number {
    return this.#count;
  }
}

test("a stand-in answers for its object: class, private fields, accessors, what is set and what is deleted", () => {
  const real = new Counter();
  const stand = observed(real, {});
  assert.ok(stand instanceof Counter);
  assert.equal(stand.constructor, Counter);
  assert.deepEqual([stand.add(), stand.add(), stand.count], [1, 2, 2]);
  stand.label = "b";
  assert.deepEqual([real.label, "label" in stand, Object.keys(stand)], ["b", true, ["label"]]);
  assert.equal(Reflect.deleteProperty(stand, "label"), true);
  assert.equal("label" in real, false);
});

test("members of its own stand in for those of the object, and are seen where the object has none", () => {
  const stand = observed({ a: 1, close: () => "real" }, { close: () => "own", extra: 2 }) as Record<string, unknown>;
  assert.equal((stand["close"] as () => string)(), "own");
  assert.deepEqual([stand["a"], stand["extra"], "extra" in stand, "other" in stand], [1, 2, true, false]);
});

test("a frozen object can be stood in for, and an array stays one", () => {
  const frozen = observed(Object.freeze({ close: () => "real" }), { close: () => "own" });
  assert.equal(frozen.close(), "own");
  const list = observed(Object.assign(["a", "b"], { close: () => "real" }), { close: () => "own" });
  assert.ok(Array.isArray(list));
  assert.deepEqual(
    [list.length, [...list], list.close(), Object.keys(list)],
    [2, ["a", "b"], "own", ["0", "1", "close"]],
  );
});

test("what is remembered to be stood for is found behind any number of stand-ins, and nothing else is", () => {
  const real = {};
  const inner = remember(observed(real, {}), real);
  assert.equal(realOf(remember(observed(inner, {}), inner)), real);
  const plain = observed(real, {});
  for (const value of [plain, real, null, undefined, "text"]) assert.equal(realOf(value), value);
});
