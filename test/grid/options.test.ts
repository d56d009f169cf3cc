import assert from "node:assert/strict";
import { test } from "node:test";
import { BEHAVIOURS } from "./behaviours/index.ts";
import { type Options, readOptions } from "./options.ts";
import { PROGRAMS } from "./programs.ts";

const read = (...args: string[]): Options => readOptions(args) as Options;

test("without options it is everything", () => {
  assert.deepEqual(read().programs, PROGRAMS);
  assert.deepEqual(read().behaviours, BEHAVIOURS);
  assert.equal(readOptions(["--help"]), "help");
});

test("applications and behaviours are chosen by name, and a name that there is not is refused", () => {
  assert.deepEqual(
    read("--only", "koa,TSGI").programs.map(({ title }) => title),
    ["Koa", "TSGI"],
  );
  assert.ok(read("--behaviours", "path-").behaviours.every(({ id }) => id.startsWith("path-")));
  assert.ok(read("--cheap").behaviours.every(({ dear }) => dear !== true));
  assert.throws(() => read("--only", "rails"), /--only rails: expected one of node:http, Express/);
  assert.throws(() => read("--behaviours", "nothing"), /no behaviour has an id that begins so/);
  assert.throws(() => read("--fast"), /--fast/);
});

test("what is done with the results is one thing, by default a comparison", () => {
  assert.equal(read().mode, "compare");
  for (const mode of ["save", "write", "check"] as const) assert.equal(read(`--${mode}`).mode, mode);
});

test("no two behaviours have the same id", () => {
  assert.equal(new Set(BEHAVIOURS.map(({ id }) => id)).size, BEHAVIOURS.length);
});
