import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import vm from "node:vm";
import {
  describe,
  placeAboveStack,
  placeOf,
  showThrown,
  stackFrames,
  summary,
  toPath,
  userFrames,
} from "../../src/modules/stack.ts";
import { program } from "../support/compiled.ts";

const folder = program({ "app.js": "one\ntwo\nthree\n" });
after(() => rmSync(folder, { recursive: true }));

/** An error with the stack that it would have on another machine. */
function failed(...frames: readonly string[]): Error {
  const error = new Error("here");
  error.stack = ["Error: here", ...frames.map((frame) => `    at ${frame}`)].join("\n");
  return error;
}

test("every form of frame with a file is read, others are left out", () => {
  const error = failed(
    "file:///site/app.js:1:2",
    "async Site.make (file:///site/with%20space.js?tsgi-fresh=2:3:4)",
    "Object.<anonymous> (/site/app.cjs:5:6)",
    "new Site (C:\\site\\app.js:7:8)",
    "node:internal/main:9:10",
    "Array.map (<anonymous>)",
    "eval (eval at run (/site/app.js:1:1), <anonymous>:1:1)",
  );
  assert.deepEqual(stackFrames(error), [
    { callee: "", file: "/site/app.js", line: 1, column: 2 },
    { callee: "Site.make", file: "/site/with space.js", line: 3, column: 4 },
    { callee: "", file: "/site/app.cjs", line: 5, column: 6 },
    { callee: "new Site", file: "C:\\site\\app.js", line: 7, column: 8 },
    { callee: "", file: "node:internal/main", line: 9, column: 10 },
  ]);
});

test("the place is the innermost frame of the program: not of Node, tsx, tsgi, and of a package only for want of one", () => {
  const own = new URL("../../src/worker/loader.ts", import.meta.url).href;
  const noise = [
    "node:internal/x:1:1",
    "f (/site/node_modules/tsx/dist/a.mjs:1:1)",
    "g (/site/node_modules/esbuild/lib/main.js:1:1)",
    `h (${own}:1:1)`,
  ];
  const error = failed(...noise, "p (/site/node_modules/pg/index.js:2:3)", "/site/app.js:4:5", "/site/main.js:6:7");
  assert.deepEqual(
    userFrames(error).map(({ file }) => file),
    ["/site/node_modules/pg/index.js", "/site/app.js", "/site/main.js"],
  );
  assert.equal(placeOf(error)?.file, "/site/app.js");
  assert.equal(
    placeOf(failed(...noise, "p (/site/node_modules/pg/index.js:2:3)"))?.file,
    "/site/node_modules/pg/index.js",
  );
  assert.equal(placeOf(failed(...noise)), null);
});

test("what is shown is the message, the place with its lines, the frames when there are more, and the causes", () => {
  const file = join(folder, "app.js");
  const error = failed(`f (${file}:2:1)`, "node:internal/x:1:1", `${file}:3:2`);
  error.cause = failed(`${file}:1:1`);
  assert.equal(
    showThrown(error),
    [
      "Error: here",
      `${file}:2:1\n\n  1 | one\n> 2 | two\n    | ^\n  3 | three`,
      `    at f (${file}:2:1)\n    at ${file}:3:2`,
      `caused by Error: here\n    at ${file}:1:1`,
    ].join("\n\n"),
  );
  assert.equal(showThrown(failed("/gone/app.js:2:1")), "Error: here\n\n/gone/app.js:2:1");
});

test("an error that causes itself is shown four times and no more", () => {
  const error = failed();
  error.cause = error;
  assert.equal(showThrown(error).match(/caused by/g)?.length, 4);
});

test("whatever is thrown has words, and none of them throws", () => {
  const traps = new Proxy(
    {},
    { get: () => assert.fail("trap"), ownKeys: () => assert.fail("trap"), getPrototypeOf: () => assert.fail("trap") },
  );
  const said = [undefined, null, "text", 5n, Symbol("s"), () => {}, { status: 500 }].map(summary);
  assert.deepEqual(
    said,
    ["undefined", "null", 'the string "text"', "5n", "Symbol(s)", "[Function (anonymous)]", "{ status: 500 }"].map(
      (words) => `${words} was thrown, which is no Error`,
    ),
  );
  assert.match(showThrown(traps), /was thrown, which is no Error$/);
  assert.equal(summary(Object.assign(new Error(""), { name: "Odd" })), "Odd");
  assert.equal(summary(vm.runInNewContext("new TypeError('other realm')")), "TypeError: other realm");
  assert.equal(
    summary(new AggregateError([new Error("one"), "two"], "both")),
    'AggregateError: both\n  - Error: one\n  - the string "two" was thrown, which is no Error',
  );
});

test("a long string is cut where it is described", () => {
  assert.equal(describe("x".repeat(1_000)).length, 'the string ""'.length + 200);
});

test("the place that V8 writes above a stack is read with the column of the first caret", () => {
  assert.deepEqual(placeAboveStack("/site/a.cjs:2\nlet x = {;\n         ^^\n\nSyntaxError: no\n    at x"), {
    file: "/site/a.cjs",
    line: 2,
    column: 10,
  });
  assert.equal(placeAboveStack("file:///site/a%20b.mjs:1\nx\n^\n")?.file, "/site/a b.mjs");
  assert.equal(placeAboveStack("SyntaxError: no\n    at x (/a.js:1:1)\n    at y"), null);
  assert.deepEqual(placeAboveStack("/site/a.mjs:2\n\n\n\nSyntaxError: Unexpected end of input\n    at x"), {
    file: "/site/a.mjs",
    line: 2,
    column: 0,
  });
  assert.equal(placeAboveStack("Error: port:80\nis taken\n   ^"), null);
});

test("a query that a loader put behind a path is taken off, a question mark in a name is not", () => {
  assert.equal(toPath("/site/app.ts?tsgi-fresh=2"), "/site/app.ts");
  assert.equal(toPath("/site/app.ts?tsgi-esm="), "/site/app.ts");
  assert.equal(toPath("/site/what?/app.ts"), "/site/what?/app.ts");
  assert.equal(toPath("file:///site/a%3Fb.js?tsgi-fresh=1"), "/site/a?b.js");
});
