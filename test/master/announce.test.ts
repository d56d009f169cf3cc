// What is said when the server serves, to whom, and that it is said once.

import assert from "node:assert/strict";
import { test } from "node:test";
import { announce } from "../../src/master/announce.ts";
import type { State } from "../../src/master/state.ts";
import { type Changes, inWords, World } from "../support/plan-world.ts";

function said(changes: Changes, more: Partial<State> = {}): readonly string[] {
  const state = { ...World.serving(changes).state, ...more };
  const address = { kind: "tcp", host: "127.0.0.1", port: 8000 } as const;
  const listeners = [{ index: 1, url: "http://127.0.0.1:8000", address }];
  const step = announce({ ...state, listeners, announced: false });
  assert.deepEqual(announce(step.state).actions, []);
  return step.actions.map(inWords);
}

test("a server says who serves what, where, and how fast it was there", () => {
  const [who, where, when, ...rest] = said({ workers: 2 });
  assert.match(who!, /^info: tsgi \S+ \(pid \d+\) serving app:application with 2 workers$/);
  assert.match(where!, /^info: listening on \S+$/);
  assert.match(when!, /^info: ready in \d+ ms$/);
  assert.ok(!rest.some((word) => word.startsWith("greet")));
});

test("a development server says that it is one, and which env files it has read", () => {
  const [bare] = said({ development: { envFiles: [] } });
  assert.match(bare!, /^info: tsgi \S+ development server for app:application$/);
  const [files] = said({ development: { envFiles: ["/x/.env", "/x/.env.local"] } });
  assert.match(files!, / for app:application, environment: \.env, \.env\.local$/);
});

test("a server whose application does not load says that it shows why", () => {
  const failure = { code: "import-throws", message: "it throws" } as const;
  const development = { dirty: false, since: null, failure, misconfigured: false };
  for (const changes of [{ development: { envFiles: [] } }, {}]) {
    const [who] = said({ reload: "on", ...changes }, { development });
    assert.match(who!, /shows why app:application cannot be served, and serves it as soon as that is mended$/);
  }
});

test("whoever stands beside the server is told where it serves", () => {
  for (const changes of [{ development: { envFiles: [] } }, { open: "on" }, { check: "on" }] as const) {
    assert.match(said(changes).at(-1)!, /^greet http/);
  }
});

test("nothing is said before every place is filled", () => {
  const world = new World({ workers: 2 });
  world.start();
  assert.ok(!world.up(1).some((word) => /ready in/.test(word)));
  assert.ok(world.up(2).some((word) => /ready in/.test(word)));
});
