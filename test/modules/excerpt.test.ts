import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { excerptOf } from "../../src/modules/excerpt.ts";
import { tempFolder } from "../support/temp-folder.ts";

test("the code around the program's innermost call is shown, and nothing where there is none or no file", (t) => {
  const file = join(tempFolder(t, { "app.ts": "one\ntwo\nthree\n" }), "app.ts");
  const stack = `Error: x\n    at node:net:1:1\n    at f (${file}:2:2)\n    at ${file}:3:1`;
  assert.equal(excerptOf(stack), "  1 | one\n> 2 | two\n    |  ^\n  3 | three");
  assert.equal(excerptOf("Error: x\n    at f (/no/such/file.ts:2:2)"), "");
  assert.equal(excerptOf("Error: x"), "");
});
