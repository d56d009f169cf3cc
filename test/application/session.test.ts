// A session as a view uses it: values by key, and whether it is to be saved.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Session } from "../../src/application/session.ts";

test("values are kept by key, with a default for what is not there", () => {
  const session = new Session({ data: { a: 1 } });
  assert.equal(session.get("a"), 1);
  assert.equal(session.get("b"), undefined);
  assert.equal(session.get("b", 2), 2);
  session.set("b", null);
  assert.equal(session.get("b", 2), null);
  assert.equal(session.has("b"), true);
  assert.deepEqual([...session.keys()], ["a", "b"]);
  assert.deepEqual(
    [...session.entries()],
    [
      ["a", 1],
      ["b", null],
    ],
  );
  assert.equal(session.size, 2);
  assert.equal(session.take("a"), 1);
  assert.equal(session.has("a"), false);
});

test("each change marks it as modified, and nothing else does", () => {
  const changes: readonly (readonly [change: (session: Session) => unknown, modified: boolean])[] = [
    [(session) => session.get("a"), false],
    [(session) => session.has("a"), false],
    [(session) => session.delete("missing"), false],
    [(session) => session.set("a", 1), true],
    [(session) => session.delete("a"), true],
    [(session) => session.take("a"), true],
    [(session) => session.clear(), true],
    [(session) => session.flush(), true],
    [(session) => session.cycleKey(), true],
    [(session) => session.setExpiry(60), true],
  ];
  for (const [change, modified] of changes) {
    const session = new Session({ data: { a: 1 } });
    change(session);
    assert.equal(session.modified, modified, String(change));
  }
  const empty = new Session();
  empty.clear();
  assert.equal(empty.modified, false);
});

test("flush ends it with its expiry, clear does not", () => {
  const session = new Session({ data: { a: 1 }, expiry: 60 });
  session.clear();
  assert.deepEqual([session.isEmpty, session.expiry, session.wasFlushed], [true, 60, false]);
  session.set("b", 1);
  session.flush();
  assert.deepEqual([session.isEmpty, session.expiry, session.wasFlushed], [true, undefined, true]);
});

test("what JSON cannot keep, and a time that is none, are refused by name", () => {
  const session = new Session();
  for (const value of [undefined, () => 1, Symbol("s"), 1n]) {
    assert.throws(() => session.set("key", value), /value of "key" is (undefined|function|symbol|bigint)/);
  }
  for (const seconds of [0, -1, 1.5, Number.NaN]) {
    assert.throws(() => session.setExpiry(seconds), /expected whole seconds above 0/);
  }
  assert.equal(session.modified, false);
});

test("__proto__ is a key like any other", () => {
  const session = new Session({ data: JSON.parse('{"__proto__": {"admin": true}}') });
  assert.equal(session.get("admin"), undefined);
  assert.deepEqual(session.get("__proto__"), { admin: true });
  assert.equal(JSON.stringify(session), '{"__proto__":{"admin":true}}');
});
