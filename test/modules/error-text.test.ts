import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { detailsOf } from "../../src/modules/details.ts";
import { errorText, toldErrorText, withCode } from "../../src/modules/error-text.ts";
import { tempFolder } from "../support/temp-folder.ts";

test("an error is its message, the code, the program's own calls, how many others there are, and its causes", (t) => {
  const file = join(tempFolder(t, { "app.ts": "one\ntwo\nthree\n" }), "app.ts");
  const stack = `TypeError: x\n    at node:net:1:1\n    at f (${file}:2:2)\n    at ${file}:3:1`;
  const code = "  1 | one\n> 2 | two\n    |  ^\n  3 | three";
  const text = `TypeError: x\n\n${code}\n\n    at f (${file}:2:2)\n    at ${file}:3:1\n    ... and 1 of Node`;
  assert.equal(errorText({ message: "x", stack }), text);
  const cause = { name: "Error", message: "no database" };
  assert.equal(
    errorText({ message: "x", stack, cause: { ...cause, stack: "" } }),
    `${text}\n\ncaused by Error: no database`,
  );
  assert.equal(
    errorText({ message: "x", stack: "Error: x\n    at f (/no/such/file.ts:2:2)" }),
    "Error: x\n\n    at f (/no/such/file.ts:2:2)",
  );
  assert.equal(errorText("x"), 'the string "x" was thrown, which is no Error');
});

test("a message may look like a call: no file that it names is shown", (t) => {
  const folder = tempFolder(t, { "app.ts": "mine\n", "other.ts": "secret\n" });
  const message = `two\n    at fake (${join(folder, "other.ts")}:1:1)`;
  const text = errorText({ message, stack: `Error: ${message}\n    at f (${join(folder, "app.ts")}:1:1)` });
  assert.match(text, /> 1 \| mine/);
  assert.doesNotMatch(text, /secret/);
});

test("what another process has thrown is told by the parts that it has made of it", () => {
  const details = detailsOf(new Error("outer", { cause: new Error("inner") }));
  const told = { message: "Error: outer", stack: "Error: outer\ncaused by: Error: inner", details };
  assert.match(toldErrorText(told), /^Error: outer\n.*caused by Error: inner/s);
  assert.equal(toldErrorText({ message: "late", stack: "Blocked: late" }), "Blocked: late");
  assert.equal(toldErrorText({ message: "Error: outer", stack: "Error: outer" }), "Error: outer");
});

test("calls in a text are those of the program, with its code before them, and what is behind them stays", (t) => {
  const file = join(tempFolder(t, { "app.ts": "one\ntwo\n" }), "app.ts");
  const calls = `    at f (${file}:1:1)\n    at /x/node_modules/y/z.js:1:1\n    at node:net:1:1`;
  const text = `failed:\nTypeError: x\n${calls} {\n  code: 'E',\n  [cause]: Error: y\n      at g (${file}:2:1)\n}\nend`;
  const code = `\n> 1 | one\n    | ^\n  2 | two\n\n    at f (${file}:1:1)\n    ... and 1 of packages, 1 of Node`;
  const folded = `failed:\nTypeError: x\n${code} {\n  code: 'E',\n  [cause]: Error: y\n    at g (${file}:2:1)\n}\nend`;
  assert.equal(withCode(text), folded);
  // It has its code.
  assert.equal(withCode(folded), folded);
  for (const plain of ["", "x", "one\n    two", "meet\n    at noon\n"]) assert.equal(withCode(plain), plain);
});
