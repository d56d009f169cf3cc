import assert from "node:assert/strict";
import { test } from "node:test";
import { lineLogger } from "../../src/worker/line-logger.ts";

test("a record is a text as a person reads it, with its fields and its error; a child adds its own", () => {
  const texts: string[] = [];
  const logger = lineLogger((text) => void texts.push(text));
  logger.child({ requestId: "id-1" }).error("failed", { err: new Error("why"), answer: 500 });
  assert.match(texts[0]!, /^\[.*\] \[\d+\] \[ERROR\] failed requestId=id-1 answer=500\n {2}Error: why\n {4,}at /);
});

test("what is for developers of the server is dropped", () => {
  const texts: string[] = [];
  const logger = lineLogger((text) => void texts.push(text));
  logger.trace("1");
  logger.debug("2");
  logger.info("3");
  logger.warn("4");
  logger.fatal("5");
  logger.flush();
  logger.reopen();
  assert.deepEqual(
    texts.map((text) => text.at(-1)),
    ["3", "4", "5"],
  );
});
