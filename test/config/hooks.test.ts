import assert from "node:assert/strict";
import { test } from "node:test";
import { HOOKS, type HookName, hookNames, hooksFileFor, type MasterHookName } from "../../src/config/hooks.ts";
import { TsgiError } from "../../src/errors.ts";

// What runs in the master, by the types.
const MASTER: MasterHookName = "childExit";
// @ts-expect-error: this one runs in workers
MASTER satisfies "postFork";

const FILE = "/srv/tsgi.config.ts";
const refused = (given: unknown, file = FILE): string => {
  try {
    hookNames(file, given);
  } catch (error) {
    assert.ok(error instanceof TsgiError && error.code === "config-file", String(error));
    return error.message;
  }
  assert.fail("it was accepted");
};

test("the hooks that are there are named in the order of the table, whoever holds them", () => {
  class Held {
    onExit(): void {}
    preFork(): void {}
  }
  assert.deepEqual(hookNames(FILE, { childExit() {}, onStarting: () => {}, preFork: undefined }), [
    "onStarting",
    "childExit",
  ]);
  assert.deepEqual(hookNames(FILE, new Held()), ["preFork", "onExit"]);
  assert.deepEqual(hookNames(FILE, {}), []);
  assert.deepEqual(hookNames(FILE, undefined), []);
});

test("a name that is none is refused with the one that was meant, also in gunicorn's spelling", () => {
  assert.equal(refused({ preFrok() {} }), `${FILE}: unknown hook preFrok (did you mean preFork?)`);
  assert.equal(refused({ child_exit() {} }), `${FILE}: unknown hook child_exit (did you mean childExit?)`);
  assert.equal(refused({ sslContext() {} }), `${FILE}: unknown hook sslContext`);
});

test("what is no function, and what is no object of functions, is refused with what it is", () => {
  assert.equal(refused({ preFork: 3 }), `${FILE}: hooks.preFork is 3: expected a function`);
  assert.equal(refused({ preFork: null }), `${FILE}: hooks.preFork is null: expected a function`);
  for (const [given, shown] of [
    [null, "null"],
    [() => {}, "a function"],
    [["preFork"], '["preFork"]'],
  ] as const) {
    assert.equal(refused(given), `${FILE}: hooks is ${shown}: expected an object of functions`);
  }
});

test("JSON cannot hold a hook, and is told which file can", () => {
  assert.match(
    refused({}, "/srv/tsgi.config.json"),
    /^\/srv\/tsgi\.config\.json: hooks are functions, which JSON cannot hold: use tsgi\.config\.ts/,
  );
});

test("a file is imported only where it has hooks that run there", () => {
  const source = (...names: HookName[]) => ({ file: FILE, names });
  assert.equal(hooksFileFor("worker", source("onExit", "postRequest")), FILE);
  assert.equal(hooksFileFor("worker", source("onExit")), null);
  assert.equal(hooksFileFor("master", source("onExit")), FILE);
  assert.equal(hooksFileFor("master", source("workerAbort")), null);
  assert.equal(hooksFileFor("master", null), null);
  assert.equal(Object.keys(HOOKS).length, 16);
});
