// The command line of the bench.

import assert from "node:assert/strict";
import { test } from "node:test";
import { BASELINE, HELP, type Options, readOptions } from "../../bench/options.ts";
import { ROWS } from "../../bench/rows.ts";

const read = (...args: string[]): Options => readOptions(args) as Options;

test("without options all rows are measured five times, and nothing is stored", () => {
  assert.deepEqual(read(), { rounds: 5, seconds: 4, rows: ROWS, json: undefined, baseline: BASELINE, save: false });
});

test("rows are taken in the order given", () => {
  assert.deepEqual(
    read("--rows", "p99,hello").rows.map((row) => row.name),
    ["p99", "hello"],
  );
});

test("what does not fit is refused with what was given and what fits", () => {
  assert.throws(() => read("--rows", "hello,nope"), /no row "nope"; there are hello, /);
  for (const value of ["0", "x", "-1", "1.5", "10000"])
    assert.throws(() => read(`--rounds=${value}`), new RegExp(`--rounds is "${value}"; a whole number`));
  assert.throws(() => read("--seconds", "0"), /--seconds is "0"/);
  assert.throws(() => read("--nope"), /Unknown option '--nope'/);
});

test("the help names every option and every row", () => {
  assert.equal(readOptions(["-h"]), "help");
  for (const flag of ["--rounds", "--seconds", "--rows", "--json", "--baseline", "--save"])
    assert.ok(HELP.includes(`  ${flag} `), flag);
  for (const { name } of ROWS) assert.ok(HELP.includes(name), name);
});
