import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { lookAt } from "../../src/master/proc.ts";

test("the resident memory of a process is what it says of itself, and nothing of one that is not there", {
  skip: process.platform !== "linux" && "there is no /proc",
}, () => {
  const own = lookAt(process.pid)!.rss;
  const said = process.memoryUsage.rss();
  assert.ok(own > said / 2 && own < said * 2, `${own} and ${said}`);
  assert.equal(lookAt(2 ** 30), null);
});

test("a process that is stopped is seen to be", {
  skip: process.platform !== "linux" && "there is no /proc",
}, (t) => {
  const child = spawn("sleep", ["60"], { stdio: "ignore" });
  t.after(() => child.kill("SIGKILL"));
  assert.equal(lookAt(child.pid!)?.stopped, false);
  child.kill("SIGSTOP");
  // The kernel stops it when it runs next.
  while (lookAt(child.pid!)?.stopped === false);
  assert.equal(lookAt(child.pid!)?.stopped, true);
});
