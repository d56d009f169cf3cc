import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { locateFunction } from "../../src/modules/locate.ts";

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
