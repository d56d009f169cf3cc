import assert from "node:assert/strict";
import { test } from "node:test";
import { withLoneFlags } from "../../src/config/alone.ts";
import { OPTION_KEYS, OPTIONS, type Row } from "../../src/config/options.ts";

const said = (line: string): string => withLoneFlags(line.split(" ")).join(" ");

test("a flag that may stand alone is given its value, unless one of its words follows", () => {
  for (const [line, means] of [
    ["serve --lint app:application", "serve --lint=on app:application"],
    ["serve app:application --lint", "serve app:application --lint=on"],
    ["serve --lint --workers 2 app:application", "serve --lint=on --workers 2 app:application"],
    ["serve --lint off app:application", "serve --lint off app:application"],
    ["serve --lint ON app:application", "serve --lint ON app:application"],
    ["serve --lint=auto app:application", "serve --lint=auto app:application"],
    ["serve --linting app:application", "serve --linting app:application"],
    ["serve --workers app:application", "serve --workers app:application"],
    ["serve -- --lint", "serve -- --lint"],
  ] as const) {
    assert.equal(said(line), means);
  }
});

test("what a flag means alone is a value of its option, and its help says that it may be left out", () => {
  const rows = OPTION_KEYS.map((key): Row<unknown, unknown> => OPTIONS[key] as never).filter((row) => row.alone);
  assert.ok(rows.length > 0);
  for (const { alone, arg, parse } of rows) {
    assert.equal(parse.read(alone!, { absolute: (path: string) => path } as never).ok, true);
    assert.match(arg, /^\[.*\]$/);
  }
});
