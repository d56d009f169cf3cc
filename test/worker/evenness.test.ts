import assert from "node:assert/strict";
import { test } from "node:test";
import { Evenness } from "../../src/worker/evenness.ts";

/** A worker whose counts are plain numbers, and what it was told to do. */
function worker(options: { readonly bell?: boolean } = {}) {
  const world = { connections: 0, mean: 0, now: 0, calls: [] as string[] };
  let heard = (): void => {};
  const note = (word: string): void => {
    world.calls.push(word);
    heard();
  };
  const evenness = new Evenness({
    connections: () => world.connections,
    mean: () => world.mean,
    close: () => note("close"),
    open: () => note("open"),
    arm() {
      note("arm");
      return options.bell !== false;
    },
    now: () => world.now,
  });
  return {
    world,
    evenness,
    /** Somebody came, and there are so many now, a moment later. */
    accept(connections: number, mean: number): void {
      Object.assign(world, { connections, mean });
      world.now += 1;
      evenness.accepted();
    },
    /** Waits for the next word, and takes all there are. */
    async next(): Promise<string[]> {
      while (world.calls.length === 0) {
        await new Promise<void>((resolve) => {
          heard = resolve;
        });
      }
      return world.calls.splice(0);
    },
    /** Long enough for every look, and for a queue that is found empty. */
    async settled(): Promise<string[]> {
      await new Promise((resolve) => setTimeout(resolve, 100));
      return world.calls.splice(0);
    },
  };
}

test("a worker within its share accepts on, and so does one over it that has only a few", () => {
  const { accept, world } = worker();
  for (let n = 1; n <= 20; n += 1) accept(n, n);
  for (const few of [1, 2]) accept(few, 0);
  accept(10, 8);
  assert.deepEqual(world.calls, []);
});

test("over its share it closes and listens for the bell, and waits for nothing while nobody comes", async () => {
  const { accept, evenness, settled } = worker();
  accept(10, 4);
  assert.ok(evenness.aside);
  assert.deepEqual(await settled(), ["close", "arm"]);
});

test("when the bell rings and the others have caught up, it opens at once", () => {
  const { accept, evenness, world } = worker();
  accept(10, 4);
  world.mean = 9;
  evenness.ring();
  assert.deepEqual(world.calls, ["close", "arm", "open"]);
  assert.ok(!evenness.aside);
});

test("when they catch up while it waits, it opens then", async () => {
  const { accept, evenness, world, next } = worker();
  accept(10, 4);
  world.calls.length = 0;
  evenness.ring();
  assert.deepEqual(world.calls, []);
  world.mean = 9;
  assert.deepEqual(await next(), ["open"]);
  assert.ok(!evenness.aside);
});

test("what the others leave it takes: one, then two, then four, up to 64 at once", async () => {
  const { accept, evenness, world, next } = worker();
  accept(10, 4);
  let connections = 10;
  const shares: number[] = [];
  for (let round = 0; round < 9; round += 1) {
    world.calls.length = 0;
    evenness.ring();
    assert.deepEqual(await next(), ["open"]);
    let share = 0;
    while (!world.calls.includes("close")) {
      connections += 1;
      share += 1;
      accept(connections, 4);
    }
    assert.deepEqual(world.calls, ["close", "arm"]);
    shares.push(share);
  }
  assert.deepEqual(shares, [1, 2, 4, 8, 16, 32, 64, 64, 64]);
});

test("when nobody is left to take, it goes back to the bell, and begins with one again", async () => {
  const { accept, evenness, world, next, settled } = worker();
  accept(10, 4);
  for (const connections of [11, 12]) {
    world.calls.length = 0;
    evenness.ring();
    assert.deepEqual(await next(), ["open"]);
    accept(connections, 4);
  }
  // It may take two now, and one is there.
  assert.deepEqual(world.calls, []);
  assert.deepEqual(await settled(), ["close", "arm"]);
  evenness.ring();
  assert.deepEqual(await next(), ["open"]);
  accept(13, 4);
  assert.deepEqual(world.calls, ["close", "arm"]);
});

test("short connections are no growth: it opens for good when as many closed as came", async () => {
  const { accept, evenness, world, next } = worker();
  accept(10, 4);
  world.calls.length = 0;
  evenness.ring();
  assert.deepEqual(await next(), ["open"]);
  accept(10, 4);
  assert.deepEqual(world.calls, ["open"]);
  assert.ok(!evenness.aside);
});

test("a count that was as high a moment ago has not grown, and is not looked at", () => {
  const { accept, world } = worker();
  let looks = 0;
  Object.defineProperty(world, "mean", {
    get: () => {
      looks += 1;
      return 100;
    },
    set: () => {},
  });
  accept(20, 0);
  for (let n = 0; n < 40; n += 1) accept(15 + (n % 5), 0);
  assert.equal(looks, 1);
  // Two windows later it is forgotten.
  world.now += 200;
  accept(18, 0);
  assert.equal(looks, 2);
});

test("where the bell cannot be had it accepts like everybody else", () => {
  const { accept, evenness, world } = worker({ bell: false });
  accept(10, 4);
  assert.deepEqual(world.calls, ["close", "arm", "open"]);
  assert.ok(!evenness.aside);
});

test("forgotten while it waits, it opens nothing any more", async () => {
  const { accept, evenness, world, settled } = worker();
  accept(10, 4);
  evenness.ring();
  evenness.forget();
  world.calls.length = 0;
  assert.deepEqual(await settled(), []);
  evenness.ring();
  assert.deepEqual(await settled(), []);
});
