// What the companions of a server without a terminal do; test/process/keys.test.ts has one with a terminal.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Companions } from "../../src/master/companions.ts";
import type { ControlSignal } from "../../src/master/facts.ts";
import { SETTINGS } from "../support/settings.ts";
import { tempFolder } from "../support/temp-folder.ts";

test("without keys every signal is an order, and nothing is opened or checked that nobody asked for", () => {
  const say = (): never => assert.fail("it spoke");
  const companions = new Companions({ settings: SETTINGS, enqueue: say, say });
  companions.greet(["http://127.0.0.1:8000"]);
  for (const signal of ["SIGTTIN", "SIGTTOU", "SIGHUP"] satisfies ControlSignal[]) {
    assert.equal(companions.ignores({ fact: "signal", signal }), false);
  }
  companions.close();
});

test("--open and --check say what keeps them from it, when the server serves and not before", (t) => {
  const said: string[] = [];
  const companions = new Companions({
    settings: { ...SETTINGS, chdir: tempFolder(t), open: "on", check: "on" },
    enqueue: () => assert.fail("it gave an order"),
    say: (level, message) => said.push(`${level}: ${message}`),
  });
  assert.deepEqual(said, []);
  companions.greet(["unix:/run/app.sock"]);
  companions.close();
  assert.equal(said.length, 2);
  assert.match(said[0]!, /^warn: no browser opens unix:\/run\/app\.sock/);
  assert.match(said[1]!, /^warn: --check wants a tsconfig\.json/);
});
