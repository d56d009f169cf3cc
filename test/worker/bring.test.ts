import assert from "node:assert/strict";
import { test } from "node:test";
import { bring, flushFiles, partsOf } from "../../src/worker/bring.ts";
import { settingsWith } from "../support/plan-world.ts";

test("in the place of an application that cannot be served stands what says so, and nothing of it is loaded", async () => {
  const settings = settingsWith({ app: "no/such/module", reload: "on", errorPages: "on" });
  const loaded = await bring({
    ...{ settings, generation: 1, failure: { code: "no-module", message: "it is gone" } },
    ...{ say: assert.fail, limitMs: () => 0, onFiles: () => assert.fail() },
  });
  assert.equal(typeof loaded.served?.gateway, "function");
  assert.deepEqual([loaded.startup, loaded.shutdown], [null, null]);
  assert.match(
    `${loaded.exportName} ${loaded.what} (${loaded.why})`,
    /the reason why it cannot be served \(no-module\)/,
  );
});

test("where nobody watches, no file is noted and no failure taken apart", async () => {
  flushFiles();
  assert.equal(await partsOf(new Error("x")), null);
});
