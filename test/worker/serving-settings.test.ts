import assert from "node:assert/strict";
import { test } from "node:test";
import { OPTIONS } from "../../src/config/options.ts";
import { SERVING_DEFAULTS } from "../../src/worker/serving-settings.ts";

test("the settings of a server without a table of options are the table's defaults", () => {
  const names = Object.keys(SERVING_DEFAULTS) as (keyof typeof SERVING_DEFAULTS)[];
  assert.ok(names.length > 20);
  for (const name of names) assert.deepEqual(SERVING_DEFAULTS[name], OPTIONS[name].default, name);
});
