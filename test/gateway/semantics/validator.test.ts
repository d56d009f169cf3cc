// The cases of the suite in which nobody does wrong, on every engine, with the validator around the application: nothing changes, and no
// violation is found. Warnings are noted for what a case is free to do.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type ValidationError, validator } from "../../../src/gateway/validate.ts";
import { CASES } from "./cases.ts";
import { ENGINES } from "./engines.ts";
import { probe } from "./probe.ts";

/** Does wrong, and catches what it is told of it, which the validator says in other words. */
const CATCHES = "a write takes strings and bytes, and throws for anything else where it is called";
const RIGHT = CASES.filter(({ logs, title }) => logs === undefined && title !== CATCHES);

for (const [engine, run] of Object.entries(ENGINES)) {
  test(`${engine} with the validator sends what it sends without, in ${RIGHT.length} cases`, async (t) => {
    for (const { title, app, request = {} } of RIGHT) {
      await t.test(title, async () => {
        const violations: string[] = [];
        const plain = probe();
        const expected = await run(app(plain), request);
        const watched = probe();
        const report = ({ message }: ValidationError): void => void violations.push(message);
        const seen = await run(validator(app(watched), { warn: () => {}, report }), request);
        assert.deepEqual(seen, expected);
        assert.deepEqual([watched.closes, watched.notes], [plain.closes, plain.notes]);
        assert.deepEqual(violations, []);
      });
    }
  });
}
