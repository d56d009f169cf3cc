import assert from "node:assert/strict";
import { test } from "node:test";
import { connectionsByDescriptors, descriptorLimit, parseLimits } from "../../src/worker/descriptors.ts";

test("three quarters of the descriptors are for connections, and at least one is", () => {
  assert.deepEqual([256, 1_024, 1].map(connectionsByDescriptors), [192, 768, 1]);
  assert.equal(connectionsByDescriptors(Number.POSITIVE_INFINITY), Number.POSITIVE_INFINITY);
});

test("the soft limit is read from what the kernel says of a process", () => {
  const line = (soft: string) =>
    `Limit                     Soft Limit\nMax open files            ${soft}                 4096                 files     \n`;
  assert.deepEqual([parseLimits(line("256")), parseLimits(line("unlimited"))], [256, Number.POSITIVE_INFINITY]);
});

test("this process has a limit, which is a number of at least 3", () => {
  assert.ok(descriptorLimit() >= 3);
});
