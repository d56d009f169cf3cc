// Of a stack, what its reader can change.

import assert from "node:assert/strict";
import { test } from "node:test";
import { foldStack } from "../../src/observe/fold.ts";

const stack = (...frames: readonly string[]): string =>
  ["TypeError: x is not a function", "of two lines", ...frames.map((frame) => `    at ${frame}`)].join("\n");

test("the program's own calls are kept in their order, as paths, and the others counted", () => {
  const folded = foldStack(
    stack(
      "new Promise (<anonymous>)",
      "handler (file:///x/my%20app.ts?tsx-namespace=1:12:5)",
      "Array.map (<anonymous>)",
      "Layer.handle (/x/node_modules/express/lib/router/layer.js:95:5)",
      "async /x/app.ts:3:1",
      "process.processTicksAndRejections (node:internal/process/task_queues:95:5)",
      `run (${new URL("../../src/gateway/run.ts", import.meta.url).href}:1:1)`,
    ),
  );
  assert.deepEqual(folded, {
    head: "TypeError: x is not a function\nof two lines",
    frames: ["at handler (/x/my app.ts:12:5)", "at async /x/app.ts:3:1"],
    hidden: 5,
    hidesOnlyForeign: true,
  });
});

test("a deep recursion is cut, and says so without blaming others", () => {
  const folded = foldStack(stack(...Array.from({ length: 12 }, (_none, i) => `f (/x/app.ts:${i}:1)`), "node:x:1:1"));
  assert.equal(folded.frames.length, 8);
  assert.deepEqual([folded.hidden, folded.hidesOnlyForeign], [5, false]);
});

test("where the program has no call, three of packages are shown, else three of Node", () => {
  const packages = ["a (/x/node_modules/a/i.js:1:1)", "b (/x/node_modules/b/i.js:1:1)"];
  assert.deepEqual(
    foldStack(stack("node:net:1:1", ...packages)).frames,
    packages.map((frame) => `at ${frame}`),
  );
  const node = ["a (node:net:1:1)", "b (node:net:2:1)", "c (node:net:3:1)", "d (node:net:4:1)"];
  const folded = foldStack(stack(...node));
  assert.deepEqual([folded.frames.length, folded.hidden], [3, 1]);
});

test("what has no calls is only a head", () => {
  for (const text of ["Error: x", "", "a\nb"]) assert.deepEqual(foldStack(text).frames, []);
  assert.equal(foldStack("a\nb\n").head, "a\nb");
});

test("a URL that cannot be decoded is shown as it is", () => {
  assert.deepEqual(foldStack(stack("file:///x/%zz.ts:1:1")).frames, ["at file:///x/%zz.ts:1:1"]);
});
