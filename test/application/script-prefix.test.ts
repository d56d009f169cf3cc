import assert from "node:assert/strict";
import { test } from "node:test";
import { getScriptPrefix, withScriptPrefix } from "../../src/application/script-prefix.ts";

test("a prefix lasts as long as what was begun under it, and is nobody else's", async () => {
  assert.equal(getScriptPrefix(), "");
  const later = async (): Promise<string> => {
    await new Promise((resolve) => setImmediate(resolve));
    return getScriptPrefix();
  };
  const both = await Promise.all([withScriptPrefix("/a", later), withScriptPrefix("/b", later), later()]);
  assert.deepEqual(both, ["/a", "/b", ""]);
  assert.equal(
    withScriptPrefix("/a", () => withScriptPrefix("", getScriptPrefix)),
    "",
  );
  assert.equal(getScriptPrefix(), "");
});
