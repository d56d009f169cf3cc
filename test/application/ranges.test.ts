import assert from "node:assert/strict";
import { test } from "node:test";
import { rangesOf } from "../../src/application/ranges.ts";

const show = (field: string, size = 100): string => {
  const found = rangesOf(field, size);
  return typeof found === "string" ? found : found.map(({ start, end }) => `${start}-${end}`).join(" ");
};

test("ranges by RFC 9110 section 14: what lies inside, what is ignored, what cannot be", () => {
  const rows = [
    ["bytes=0-0", "0-0"],
    ["bytes=0-", "0-99"],
    ["bytes=10-19", "10-19"],
    ["bytes=90-1000", "90-99"],
    ["bytes=-10", "90-99"],
    ["bytes=-1000", "0-99"],
    ["bytes=-100", "0-99"],
    ["Bytes = 5-6", "5-6"],
    ["bytes=0-0, 2-3 ,-1", "0-0 2-3 99-99"],
    ["bytes=,0-0,,5-6,", "0-0 5-6"],
    // In the order they were asked for.
    ["bytes=50-59,0-9", "50-59 0-9"],
    // Put together where they touch.
    ["bytes=0-9,10-19", "0-19"],
    ["bytes=0-50,40-60,90-,5-6", "0-60 90-99"],
    ["bytes=0-0,200-300", "0-0"],
    ["bytes=100-", "unsatisfiable"],
    ["bytes=100-200,300-", "unsatisfiable"],
    ["bytes=-0", "unsatisfiable"],
    ["bytes=", "whole"],
    ["bytes=,", "whole"],
    ["bytes", "whole"],
    ["", "whole"],
    ["items=0-5", "whole"],
    ["bytes=5-3", "whole"],
    ["bytes=0-1,5-3", "whole"],
    ["bytes=a-b", "whole"],
    ["bytes=--5", "whole"],
    ["bytes=1-2-3", "whole"],
    ["bytes=0x1-2", "whole"],
    ["bytes=1.5-2", "whole"],
    ["bytes=-", "whole"],
    ["bytes=0-1;5-6", "whole"],
    ["bytes=99999999999999999999-", "whole"],
  ] as const;
  for (const [field, expected] of rows) assert.equal(show(field), expected, field);
});

test("a list that only costs work is answered with the whole (RFC 9110 section 17.15)", () => {
  const many = (count: number) => `bytes=${Array.from({ length: count }, (_, i) => `${i * 2}-${i * 2}`).join(",")}`;
  assert.equal(show(many(16)).split(" ").length, 16);
  assert.equal(show(many(17)), "whole");
  assert.equal(show(many(100_000)), "whole");
  assert.equal(show(`bytes=${"0-,".repeat(16)}`), "0-99");
});

test("an empty file has no part", () => {
  assert.equal(show("bytes=0-", 0), "unsatisfiable");
  assert.equal(show("bytes=-5", 0), "unsatisfiable");
});
