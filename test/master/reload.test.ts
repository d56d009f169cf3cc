import assert from "node:assert/strict";
import { test } from "node:test";
import { OPTION_KEYS, rowOf } from "../../src/config/options.ts";
import { mergeSettings } from "../../src/master/reload.ts";
import { settingsWith } from "../support/plan-world.ts";

test("what only a restart can change keeps its value and is named; everything else is taken over", () => {
  const current = settingsWith({ workers: 2, umask: 0o22 });
  const fresh = settingsWith({
    workers: 3,
    timeout: 9,
    umask: 0o27,
    bind: [{ kind: "tcp", host: "127.0.0.1", port: 2 }],
  });
  const { settings, restart } = mergeSettings(current, fresh);
  assert.deepEqual(restart, ["umask"]);
  assert.deepEqual(settings, { ...fresh, umask: current.umask });
});

test("equal values are no change, whoever made the objects", () => {
  const fresh = settingsWith();
  assert.deepEqual(mergeSettings(structuredClone(fresh), fresh), { settings: fresh, restart: [] });
});

test("the options table decides what needs a restart, for every key", () => {
  const current = settingsWith();
  const fresh = Object.fromEntries(OPTION_KEYS.map((key) => [key, "changed"])) as unknown as typeof current;
  const wanted = OPTION_KEYS.filter((key) => rowOf(key).reload === "restart");
  assert.ok(wanted.includes("umask") && wanted.includes("pid") && !wanted.includes("bind"));
  assert.deepEqual(mergeSettings(current, fresh).restart, wanted);
});
