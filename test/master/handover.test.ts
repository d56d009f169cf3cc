import assert from "node:assert/strict";
import { test } from "node:test";
import { TsgiError } from "../../src/errors.ts";
import { HANDOVER_VARIABLE, type Handover, isHeirMessage, takeHandover } from "../../src/master/handover.ts";

const HANDOVER: Handover = {
  parent: 77,
  sockets: [
    { bind: "127.0.0.1:80", fd: 3, identity: null },
    { bind: "unix:/run/a", fd: 4, identity: "1:2" },
  ],
  passed: [{ fd: 3, name: "web" }],
  pidfile: "/run/a.pid",
};

test("an heir finds what its parent hands over, and takes it out of the environment", () => {
  const env = { A: "b", [HANDOVER_VARIABLE]: JSON.stringify(HANDOVER) };
  assert.deepEqual(takeHandover(env, 77), HANDOVER);
  assert.deepEqual(env, { A: "b" });
  assert.equal(takeHandover(env, 77), null);
});

test("a variable that came from another process than the parent is nobody's, and goes too", () => {
  const env = { [HANDOVER_VARIABLE]: JSON.stringify(HANDOVER) };
  assert.equal(takeHandover(env, 78), null);
  assert.deepEqual(env, {});
});

test("what a newer tsgi adds is left alone", () => {
  const env = { [HANDOVER_VARIABLE]: JSON.stringify({ ...HANDOVER, mood: "good" }) };
  assert.equal(takeHandover(env, 77)?.parent, 77);
});

test("what cannot be understood is refused", () => {
  for (const text of [
    "",
    "{",
    "null",
    "[]",
    ...[
      { ...HANDOVER, parent: "77" },
      { ...HANDOVER, pidfile: 1 },
      { ...HANDOVER, sockets: [{ bind: "a", fd: "3", identity: null }] },
      { ...HANDOVER, sockets: [null] },
      { ...HANDOVER, sockets: {} },
      { ...HANDOVER, passed: [{ fd: 3 }] },
    ].map((one) => JSON.stringify(one)),
  ]) {
    const env = { [HANDOVER_VARIABLE]: text };
    assert.throws(
      () => takeHandover(env, 77),
      (error) => error instanceof TsgiError && error.code === "internal" && error.message.includes(HANDOVER_VARIABLE),
      text,
    );
    assert.deepEqual(env, {});
  }
});

test("news of an heir are told from other messages", () => {
  assert.ok(isHeirMessage({ tsgi: "heir", news: "serving" }));
  for (const other of [null, "heir", {}, { tsgi: "heir" }, { tsgi: "hello", news: "serving" }]) {
    assert.equal(isHeirMessage(other), false);
  }
});
