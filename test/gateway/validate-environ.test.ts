import { test } from "node:test";
import { holds, VIOLATIONS } from "../support/violations.ts";

for (const violation of VIOLATIONS.filter(({ rule }) => /^environ\./.test(rule))) {
  test(`${violation.rule}: ${violation.says.source}`, () => holds(violation));
}
