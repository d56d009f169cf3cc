import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { residentBytes } from "../../src/master/proc.ts";

test("the resident memory of a process is what it says of itself, and nothing of one that is not there", {
  skip: process.platform !== "linux" && "there is no /proc",
}, () => {
  const own = residentBytes(process.pid)!;
  const said = process.memoryUsage.rss();
  assert.ok(own > said / 2 && own < said * 2, `${own} and ${said}`);
  assert.equal(residentBytes(2 ** 30), null);
});
