import assert from "node:assert/strict";
import { test } from "node:test";
import { TooManyFields } from "../../src/application/exceptions.ts";
import { queryOf } from "../../src/application/query.ts";

test("fields in their order; a question mark at the start belongs to the name", () => {
  const none = { dataUploadMaxNumberFields: null };
  assert.deepEqual(
    [...queryOf("a=1&b=&c&a=2", none)],
    [
      ["a", "1"],
      ["b", ""],
      ["c", ""],
      ["a", "2"],
    ],
  );
  assert.deepEqual([...queryOf("?a=1", none)], [["?a", "1"]]);
  assert.deepEqual([...queryOf("", none)], []);
});

test("more fields than the settings say are refused before they are read", () => {
  const settings = { dataUploadMaxNumberFields: 3 };
  assert.equal(queryOf("a&b&c", settings).size, 3);
  assert.throws(
    () => queryOf("a&b&c&d", settings),
    (e) => e instanceof TooManyFields && /4 .* 3/.test(e.message),
  );
  assert.throws(() => queryOf("&".repeat(1_000_000), settings), TooManyFields);
});
