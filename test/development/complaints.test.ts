import assert from "node:assert/strict";
import { test } from "node:test";
import { type Complaint, listening, listenToConsole } from "../../src/development/complaints.ts";
import { withCode } from "../../src/modules/error-text.ts";

test("what is said in a request is heard by that request, also later and behind a promise, and is still written", async (t) => {
  const written = t.mock.method(console, "error", () => {});
  listenToConsole();
  const [first, second]: [Complaint, Complaint] = [{}, {}];
  const error = new Error("mine");
  const later = listening(first, async () => {
    await new Promise(setImmediate);
    console.error("it says", error);
  });
  listening(second, () => console.error("only a text"));
  await later;
  assert.equal(first.error, error);
  assert.deepEqual(second, {});
  assert.deepEqual(
    written.mock.calls.map((call) => call.arguments),
    [["only a text"], ["%s", withCode(`it says ${error.stack}`)]],
  );
  const third: Complaint = {};
  listening(third, () => console.error("\n  TypeError: of Koa\n      at run (/site/app.js:3:5)\n"));
  assert.deepEqual(third.error, {
    name: "TypeError",
    message: "of Koa",
    stack: "TypeError: of Koa\n    at run (/site/app.js:3:5)",
  });
});
