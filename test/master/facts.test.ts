import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { type ControlSignal, SIGNALS } from "../../src/master/facts.ts";

test("every signal of the table becomes one fact, and none ends the process or opens a debugger", async (t) => {
  const program = fileURLToPath(new URL("../programs/master/signals.js", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", program], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  assert.equal((await lines.next()).value, "up");
  for (const signal of Object.keys(SIGNALS) as ControlSignal[]) {
    child.kill(signal);
    assert.deepEqual(JSON.parse((await lines.next()).value), { fact: { fact: "signal", signal }, debugger: null });
  }
});
