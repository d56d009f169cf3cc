import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Http1Codec } from "../../src/protocol/index.ts";
import { play, wireCases } from "../support/wire.ts";
import { CENSUS } from "./census.ts";

const CASES = [...wireCases("http1/accept"), ...wireCases("http1/refuse")];
const ROWS = 107;
const textOf = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), "utf8");

/** Whether the text of a test file has a test of this title, which may be a template. */
const hasTest = (text: string, title: string): boolean =>
  ['"', "`"].some((quote) => text.includes(`test(${quote}${title}${quote}, `));

test(`the census has ${ROWS} rows, and no case shows one that is not in it`, () => {
  assert.deepEqual(
    Object.keys(CENSUS),
    Array.from({ length: ROWS }, (_zero, i) => String(i + 1)),
  );
  assert.deepEqual(
    CASES.flatMap(({ census }) => census ?? []).filter((row) => !(row in CENSUS)),
    [],
  );
});

test("a test is found by its whole title and by nothing less", () => {
  const text = 'test("a b", () => {});\n  test(`c ${d}`, async (t) => {});\n// test("e");\n';
  assert.ok(hasTest(text, "a b"));
  assert.ok(hasTest(text, "c ${d}"));
  for (const title of ["a", "b", "c", "e"]) assert.ok(!hasTest(text, title), title);
});

for (const [row, { who, what, tests = [] }] of Object.entries(CENSUS)) {
  test(`census ${row}: ${what} (${who})`, () => {
    const shown = CASES.filter(({ census }) => census?.includes(Number(row)));
    assert.ok(shown.length + tests.length > 0, "no case and no test shows this row");
    for (const { name, wire, limits, events } of shown) {
      assert.deepEqual(play(new Http1Codec({ limits, server: "" }), [wire]), events, name);
    }
    for (const [file, title] of tests) assert.ok(hasTest(textOf(file), title), `${file} has no test "${title}"`);
  });
}
