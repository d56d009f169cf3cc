import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { FolderEvents } from "../../src/watch/events.ts";
import { Placement } from "../../src/watch/placement.ts";
import { tempFolder } from "../support/temp-folder.ts";

function placed(t: TestContext): { readonly events: FolderEvents; readonly placement: Placement } {
  const events = new FolderEvents({ onEvent: () => {}, onLost: () => {}, onExhausted: () => {} });
  t.after(() => events.close());
  return { events, placement: new Placement(events) };
}

test("the files of a folder share one watch, which is gone with the last of them", (t) => {
  const folder = tempFolder(t);
  const { events, placement } = placed(t);
  const [a, b] = [join(folder, "a.ts"), join(folder, "b.ts")];
  placement.place(a);
  placement.place(b);
  placement.place(b);
  assert.equal(events.size, 1);
  assert.deepEqual(placement.at(folder, "a.ts"), [a]);
  assert.deepEqual(placement.at(folder, "c.ts"), []);
  assert.deepEqual(placement.at(folder, null), [a, b]);
  placement.remove(a);
  assert.equal(events.size, 1);
  placement.remove(b);
  assert.equal(events.size, 0);
});

test("a path whose folder is not there is heard of where its way ends, and moves down when that has come", (t) => {
  const folder = tempFolder(t);
  const { events, placement } = placed(t);
  const path = join(folder, "x/y/a.ts");
  placement.place(path);
  assert.deepEqual(placement.at(folder, "x"), [path]);
  mkdirSync(join(folder, "x/y"), { recursive: true });
  placement.place(path);
  assert.deepEqual([placement.at(folder, "x"), placement.at(join(folder, "x/y"), "a.ts")], [[], [path]]);
  assert.equal(events.size, 1);
});

test("a folder that is watched as a whole stays watched without any path in it", (t) => {
  const folder = tempFolder(t);
  const { events, placement } = placed(t);
  placement.placeWhole(folder);
  placement.placeWhole(join(folder, "none"));
  placement.place(join(folder, "a.ts"));
  placement.remove(join(folder, "a.ts"));
  assert.deepEqual([events.size, placement.isWhole(folder), placement.isWhole(join(folder, "none"))], [1, true, false]);
  assert.equal(placement.removeWhole(folder), true);
  assert.equal(placement.removeWhole(folder), false);
});
