// Flash messages: said now, read later, kept until then.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Level, Messages, restored, saved } from "../../src/application/messages.ts";

const texts = (messages: Messages): string[] => [...messages].map(({ text }) => text);

test("messages are read in the order they were said, those that were kept first", () => {
  const messages = new Messages(() => [{ level: "info", text: "kept", extraTags: "" }]);
  messages.success("saved");
  messages.add("error", "failed", "loud");
  assert.equal(messages.size, 3);
  assert.deepEqual([...messages].at(-1), { level: "error", text: "failed", extraTags: "loud" });
  assert.deepEqual(texts(messages), ["kept", "saved", "failed"]);
});

test("what was not read is kept with what came before; what was read is not; what is said after the reading is", () => {
  const kept = { level: "info", text: "kept", extraTags: "" } as const;
  const untouched = new Messages(() => [kept]);
  assert.equal(untouched.size, 1);
  assert.equal(untouched.toSave, undefined);
  const said = new Messages(() => [kept]);
  said.warning("more");
  assert.deepEqual(
    said.toSave?.map(({ text }) => text),
    ["kept", "more"],
  );
  const read = new Messages(() => [kept]);
  assert.deepEqual(texts(read), ["kept"]);
  assert.deepEqual(read.toSave, []);
  read.debug("late");
  assert.deepEqual(
    read.toSave?.map(({ text }) => text),
    ["late"],
  );
  const nothing = new Messages();
  assert.deepEqual(texts(nothing), []);
  assert.equal(nothing.toSave, undefined);
});

test("where they are kept is asked once, and only when it matters", () => {
  let asked = 0;
  const messages = new Messages(() => {
    asked += 1;
    return [];
  });
  messages.info("a");
  assert.equal(asked, 0);
  texts(messages);
  assert.equal(messages.toSave, undefined);
  assert.equal(messages.size, 1);
  assert.equal(asked, 1);
});

test("a level that there is not, and what is no text, are refused", () => {
  const messages = new Messages();
  assert.throws(() => messages.add("fatal" as Level, "x"), /level "fatal": expected one of debug, info/);
  assert.throws(() => messages.add("toString" as Level, "x"), /expected one of/);
  assert.throws(() => messages.info(1 as unknown as string), /the text is number/);
});

test("what is kept comes back, and what is no message is left out", () => {
  const message = { level: "warning", text: "t", extraTags: "x" } as const;
  assert.deepEqual(saved(message), [30, "t", "x"]);
  assert.deepEqual(saved({ ...message, extraTags: "" }), [30, "t"]);
  assert.deepEqual(restored(JSON.parse(JSON.stringify([saved(message)]))), [message]);
  assert.deepEqual(restored([[31, "t"], [30, 1], "x", null, [20, "ok"], [20, "t", 1]]), [
    { level: "info", text: "ok", extraTags: "" },
  ]);
  assert.deepEqual(restored({}), []);
});
