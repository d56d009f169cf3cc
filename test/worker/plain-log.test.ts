import assert from "node:assert/strict";
import { test } from "node:test";
import { plainLog } from "../../src/worker/plain-log.ts";

test("each message is a line of its own, an error has its stack, and what is below the level is not said", () => {
  const written: string[] = [];
  const log = plainLog("info", (text) => void written.push(text));
  log.debug("quiet");
  log.info("one");
  log.error("two", { err: new Error("oh") });
  assert.equal(written.length, 2);
  assert.equal(written[0], "tsgi: one\n");
  assert.match(written[1]!, /^tsgi: two\nError: oh\n {4}at /);
  const silent = plainLog("silent", (text) => void written.push(text));
  silent.fatal("never");
  assert.equal(written.length, 2);
});
