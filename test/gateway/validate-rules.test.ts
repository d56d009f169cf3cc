import assert from "node:assert/strict";
import { test } from "node:test";
import { isWarning, RULES, type RuleCode, ValidationError } from "../../src/gateway/validate-rules.ts";
import { VIOLATIONS } from "../support/violations.ts";

test("every rule has a program that breaks it", () => {
  const broken = new Set(VIOLATIONS.map(({ rule }) => rule));
  assert.deepEqual(
    Object.keys(RULES).filter((rule) => !broken.has(rule as RuleCode)),
    [],
  );
});

test("every assertion of wsgiref.validate, 1 to 53, has a program that breaks its counterpart", () => {
  const numbers = new Set(VIOLATIONS.map(({ wsgiref }) => wsgiref));
  assert.deepEqual(
    Array.from({ length: 53 }, (_, i) => i + 1).filter((number) => !numbers.has(number)),
    [],
  );
});

test("an error says who broke the contract, what was found, and where both texts say so", () => {
  const error = new ValidationError("headers.value", "header X is 5: expected a string");
  assert.equal(
    error.message,
    "the application, or a middleware between it and the validator, broke the contract: header X is 5: expected a string (PEP 3333, The start_response() Callable; TSGI, section 2)",
  );
  const { name, code, culprit, section } = error;
  assert.deepEqual(
    { name, code, culprit, section },
    {
      name: "ValidationError",
      code: "headers.value",
      culprit: "application",
      section: "The start_response() Callable",
    },
  );
});

test("what wsgiref only warns of, and what the contract allows, is a warning and says so", () => {
  assert.deepEqual(
    Object.keys(RULES).filter((rule) => isWarning(rule as RuleCode)),
    [
      "environ.absent",
      "environ.method",
      "environ.script-slash",
      "content-type.missing",
      "content-type.unwanted",
      "body.unwanted",
    ],
  );
  assert.match(new ValidationError("environ.method", "x").message, /does what it should not: x/);
});
