import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import process from "node:process";
import { type TestContext, test } from "node:test";
import { isColoured, painted, plain } from "../../src/observe/colour.ts";

function environment(t: TestContext, variables: Readonly<Record<string, string>>): void {
  const before = { ...process.env };
  t.after(() => {
    process.env = before;
  });
  process.env = { ...variables };
}

for (const [variables, mayForce, expected] of [
  [{}, true, false],
  [{ FORCE_COLOR: "1" }, true, true],
  [{ FORCE_COLOR: "" }, true, true],
  [{ FORCE_COLOR: "0" }, true, false],
  [{ FORCE_COLOR: "1" }, false, false],
  [{ FORCE_COLOR: "1", NO_COLOR: "1" }, true, false],
  [{ FORCE_COLOR: "1", NO_COLOR: "" }, true, true],
] as const) {
  test(`with ${JSON.stringify(variables)} a file is ${expected ? "" : "not "}coloured${mayForce ? "" : ", where nothing can force it"}`, (t) => {
    environment(t, variables);
    const fd = openSync("/dev/null", "w");
    t.after(() => closeSync(fd));
    assert.equal(isColoured(fd, { mayForce }), expected);
  });
}

test("a colour ends where the text ends", () => {
  assert.equal(painted("red", "x"), "\x1b[31mx\x1b[0m");
  assert.equal(plain("red", "x"), "x");
});
