import assert from "node:assert/strict";
import { test } from "node:test";
import { FAIR_SHARE, Turns } from "../../src/worker/turns.ts";

/** Somebody with so many events to come. */
function takerOf(count: number) {
  const said: string[] = [];
  const world = { left: count, within: () => {} };
  const turns: Turns = new Turns(
    {
      advance() {
        if (world.left === 0) return false;
        world.left -= 1;
        world.within();
        return true;
      },
    },
    { flush: () => void said.push(`flush at ${world.left}`) },
  );
  return { turns, world, said };
}

test("a turn goes on until something has to happen first, and is flushed once", () => {
  const { turns, world, said } = takerOf(5);
  turns.go();
  assert.deepEqual([world.left, said], [0, ["flush at 0"]]);
});

test("after a fair share others have their turn, and it goes on by itself", async () => {
  const { turns, said } = takerOf(FAIR_SHARE * 2 + 3);
  turns.go();
  assert.deepEqual(said, [`flush at ${FAIR_SHARE + 3}`]);
  while (said.length < 3) await new Promise(setImmediate);
  assert.deepEqual(said.slice(1), ["flush at 3", "flush at 0"]);
});

test("who is woken from within goes on in the turn under way", () => {
  const { turns, world, said } = takerOf(3);
  world.within = () => turns.go();
  turns.go();
  assert.deepEqual(said, ["flush at 0"]);
});

test("what is woken while something else is done goes on after it", () => {
  const { turns, world, said } = takerOf(2);
  turns.after(() => {
    turns.go();
    assert.equal(world.left, 2);
  });
  assert.deepEqual([world.left, said], [0, ["flush at 0"]]);
});
