import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { SourceMaps } from "../../src/modules/source-map.ts";
import { lastWords } from "../../src/worker/last-words.ts";
import { tempFolder } from "../support/temp-folder.ts";

const say = (thrown: unknown) => lastWords(thrown, "uncaughtException", []);

test("an error is said with its place in the program, its stack and its causes", () => {
  const cause = new TypeError("the cause");
  cause.stack = "TypeError: the cause\n    at deep (/site/db.js:9:1)";
  const error = new Error("first line\nsecond line", { cause });
  error.stack = "Error: first line\nsecond line\n    at node:fs:1:1\n    at run (/site/app.js:3:7)";
  const request = { id: "a", method: "GET", target: "/", ageMs: 1 };
  assert.deepEqual(lastWords(error, "unhandledRejection", [request]), {
    tsgi: "crashed",
    origin: "unhandledRejection",
    message: "Error: first line",
    stack: `${error.stack}\ncaused by: ${cause.stack}`,
    place: "/site/app.js:3:7",
    requests: [request],
  });
});

test("an AggregateError is said with what it gathers", () => {
  const inner = new Error("one of them");
  inner.stack = "Error: one of them\n    at /site/a.js:1:1";
  const error = new AggregateError([inner, "a string"], "several");
  error.stack = "AggregateError: several\n    at /site/b.js:2:2";
  const { stack } = say(error);
  assert.equal(
    stack,
    `${error.stack}\namong them: ${inner.stack}\namong them: the string "a string" was thrown, which is no Error`,
  );
});

test("whatever can be thrown is said, and nothing is thrown meanwhile", () => {
  const circle = new Error("round");
  circle.cause = circle;
  const trap = new Proxy(
    {},
    {
      get() {
        throw new Error("no");
      },
      getPrototypeOf() {
        throw new Error("no");
      },
    },
  );
  for (const thrown of [undefined, null, 7, "text", Symbol("s"), {}, () => {}, circle, trap]) {
    const words = say(thrown);
    assert.equal(words.tsgi, "crashed");
    assert.notEqual(words.message, "");
    assert.notEqual(words.stack, "");
  }
  assert.deepEqual([say("text").message, say("text").place], ['the string "text" was thrown, which is no Error', null]);
});

test("a compiled file with a map beside it is said in the lines it was written in", (t) => {
  // Line 1, column 11 of app.js is line 3, column 9 of src/app.ts.
  const map = { version: 3, sources: ["src/app.ts"], names: [], mappings: "UAEQ" };
  const folder = tempFolder(t, {
    "app.js": "function f(){throw 1}\n//# sourceMappingURL=app.js.map\n",
    "app.js.map": JSON.stringify(map),
    "plain.js": "x\n",
  });
  const error = new Error("x");
  error.stack = `Error: x\n    at f (${join(folder, "app.js")}:1:11)\n    at ${join(folder, "plain.js")}:1:1`;
  const words = lastWords(error, "uncaughtException", [], new SourceMaps(false));
  assert.equal(words.place, `${join(folder, "src/app.ts")}:3:9`);
  assert.equal(
    words.stack,
    `Error: x\n    at f (${join(folder, "src/app.ts")}:3:9)\n    at ${join(folder, "plain.js")}:1:1`,
  );
});
