import assert from "node:assert/strict";
import { test } from "node:test";
import { requestIds } from "../../src/worker/request-id.ts";

test("ids are unique, begin with the worker's prefix, and hold nothing that needs quoting anywhere", () => {
  const next = requestIds("abc");
  const ids = Array.from({ length: 5_000 }, next);
  assert.equal(new Set(ids).size, ids.length);
  for (const id of ids) assert.match(id, /^abc-[0-9a-v]{3,}$/);
  assert.deepEqual([ids[0], ids[1_023], ids[1_024]], ["abc-000", "abc-0vv", "abc-100"]);
});

test("two workers do not share a prefix", () => {
  assert.notEqual(requestIds()(), requestIds()());
});
