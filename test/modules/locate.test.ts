import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { blame, locateFunction } from "../../src/modules/locate.ts";

const here = fileURLToPath(import.meta.url);

interface Typed {
  readonly pushes: "the function down the TypeScript lines";
}

export function subject(_typed?: Typed): number {
  return 1;
}

test("a function is found at its TypeScript line", () => {
  assert.match(locateFunction(subject) ?? "", new RegExp(`^${here}:12:`));
});

test("an async arrow function is found too", () => {
  const arrow = async () => 1;
  assert.match(locateFunction(arrow) ?? "", new RegExp(`^${here}:21:`));
});

test("a bound or native function has no place, and asking leaves nothing behind", () => {
  assert.equal(locateFunction(Array.prototype.map), undefined);
  assert.equal(locateFunction(subject.bind(null)), undefined);
  assert.equal(Symbol.for("tsgi.locate") in globalThis, false);
});

test("a function to blame is on top of the stack; one without a place leaves it as it is", () => {
  const error = new RangeError("one\ntwo");
  const frames = error.stack!.split("\n");
  assert.equal(blame(error, subject), error);
  assert.match(error.stack!, new RegExp(`^RangeError: one\ntwo\n    at subject \\(${here}:12:\\d+\\)\n`));
  assert.deepEqual(error.stack!.split("\n").slice(3), frames.slice(2));
  const bare = Object.assign(new Error("bare"), { stack: "Error: bare" });
  assert.match(blame(bare, () => 1).stack!, /^Error: bare\n {4}at <anonymous> \(.*\)$/);
  for (const nobody of [undefined, Array.prototype.map])
    assert.equal(blame(new Error("x"), nobody).stack!.includes(`${here}:12`), false);
});
