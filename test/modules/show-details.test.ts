import assert from "node:assert/strict";
import { test } from "node:test";
import type { FailureDetails, FailureFrame } from "../../src/modules/details.ts";
import { positionIn, shorten, showDetails, titleOf } from "../../src/modules/show-details.ts";

const frame = (owner: FailureFrame["owner"], file: string, callee = ""): FailureFrame => ({
  ...{ callee, file, line: 3, column: 5, owner },
});

const details = (changes: Partial<FailureDetails> = {}): FailureDetails => ({
  ...{ name: "TypeError", message: "no", place: null, excerpt: "", frames: [], causes: [] },
  ...changes,
});

test("message, place, lines, the program's calls, how many others there are, and causes", () => {
  const text = showDetails(
    details({
      place: { file: "/site/lib/a.ts", line: 3, column: 5 },
      excerpt: "> 3 | fails()",
      frames: [
        frame("node", "node:fs"),
        frame("application", "/site/lib/a.ts", "run"),
        frame("package", "/site/node_modules/h/x.js"),
        frame("application", "/elsewhere/b.ts"),
        frame("node", "node:net"),
      ],
      causes: [details({ name: "", message: "inner" })],
    }),
    "/site",
  );
  assert.equal(
    text,
    `TypeError: no

lib/a.ts:3:5

> 3 | fails()

    at run (lib/a.ts:3:5)
    at /elsewhere/b.ts:3:5
    ... and 1 of packages, 2 of Node

caused by inner`,
  );
});

test("where the program has no call, the nearest of a package are shown", () => {
  const frames = Array.from({ length: 5 }, () => frame("package", "/site/node_modules/h/x.js", "h"));
  const text = showDetails(details({ frames }), "/site");
  assert.equal(text.match(/at h \(node_modules\/h\/x\.js:3:5\)/g)?.length, 3);
  assert.match(text, /\.\.\. and 2 of packages$/);
});

test("a path is shown relative to the root it is in, and otherwise as it is", () => {
  for (const [file, root, shown] of [
    ["/site/app.ts", "/site", "app.ts"],
    ["/site/app.ts", "/site/", "app.ts"],
    ["/other/app.ts", "/site", "/other/app.ts"],
    ["/site-2/app.ts", "/site", "/site-2/app.ts"],
    ["/site/..odd.ts", "/site", "..odd.ts"],
    ["node:fs", "/site", "node:fs"],
    ["/site/app.ts", "", "/site/app.ts"],
  ] as const) {
    assert.equal(shorten(file, root), shown);
  }
  assert.equal(positionIn("", { file: "/a.ts", line: 4, column: 0 }), "/a.ts:4");
});

test("a title is never empty", () => {
  assert.equal(titleOf({ name: "E", message: "" }), "E");
  assert.notEqual(titleOf({ name: "", message: "" }), "");
});
