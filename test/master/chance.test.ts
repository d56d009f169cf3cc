import assert from "node:assert/strict";
import { test } from "node:test";
import { draw } from "../../src/master/chance.ts";

test("the same seed draws the same numbers, from 0 to 1, spread evenly", () => {
  let seed = 7;
  const values = Array.from({ length: 10_000 }, () => {
    const one = draw(seed);
    seed = one.seed;
    return one.value;
  });
  assert.deepEqual(draw(7), draw(7));
  assert.ok(values.every((value) => value >= 0 && value < 1));
  for (let tenth = 0; tenth < 10; tenth += 1) {
    const inside = values.filter((value) => Math.floor(value * 10) === tenth).length;
    assert.ok(inside > 850 && inside < 1150, `${inside} of 10,000 in tenth ${tenth}`);
  }
});
