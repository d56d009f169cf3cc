import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../programs/master/heir.js", import.meta.url));

/** A process that has a parent to talk to, and what it prints. */
function heir(t: TestContext) {
  const child = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), PROGRAM], {
    stdio: ["pipe", "pipe", "inherit", "ipc"],
  });
  t.after(() => child.kill("SIGKILL"));
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  return { child, next: async () => (await lines.next()).value as string };
}

test("news reach the old master, and its end is a fact, once", async (t) => {
  const { child, next } = heir(t);
  await next();
  child.stdin!.write("serving\n");
  assert.deepEqual((await once(child, "message"))[0], { tsgi: "heir", news: "serving" });
  child.disconnect();
  assert.equal(await next(), '{"fact":"parent-gone"}');
  // To nobody: it must not end the process.
  child.stdin!.write("leaving\n");
  child.stdin!.write("exit\n");
  assert.deepEqual(await once(child, "exit"), [41, null]);
});
