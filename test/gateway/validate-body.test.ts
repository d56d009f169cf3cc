import { test } from "node:test";
import { holds, VIOLATIONS } from "../support/violations.ts";

for (const violation of VIOLATIONS.filter(({ rule }) => /^body\.(?!unwanted)/.test(rule))) {
  test(`${violation.rule}: ${violation.says.source}`, () => holds(violation));
}
