import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { resolveSettings } from "../../src/config/resolve.ts";
import { tempFolder } from "../support/temp-folder.ts";

const ENTRY = fileURLToPath(new URL("../../src/worker/check.ts", import.meta.url));

async function start(t: TestContext, source: string) {
  const cwd = tempFolder(t, { "app.mjs": source });
  const { settings } = await resolveSettings({
    ...{ flags: {}, app: "app", configFile: undefined, cmdArgs: undefined },
    ...{ variables: {}, cwd, isTerminal: false },
  });
  const child = fork(ENTRY, {
    cwd,
    execArgv: ["--import", import.meta.resolve("tsx")],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  t.after(() => child.kill("SIGKILL"));
  return { child, cwd, settings };
}

test("the child reports what it found and leaves by itself, though the application has a timer", async (t) => {
  const { child, cwd, settings } = await start(
    t,
    "export class application { *[Symbol.iterator]() {} }\nsetInterval(() => {}, 1000);",
  );
  const exit = once(child, "exit");
  child.send({ tsgi: "other" });
  child.send({ tsgi: "check", settings, hooksFile: null });
  const [report] = await once(child, "message");
  assert.deepEqual(report, {
    tsgi: "checked",
    text: `app is application of ${join(cwd, "app.mjs")}, a class, served by the tsgi interface (any other function)`,
    interface: "tsgi",
    why: "any other function",
    warnings: [],
  });
  assert.deepEqual(await exit, [0, null]);
});

test("the child reports a failure with its code", async (t) => {
  const { child, settings } = await start(t, "export const other = 1;");
  child.send({ tsgi: "check", settings, hooksFile: null });
  const [report] = await once(child, "message");
  assert.deepEqual([report.tsgi, report.code], ["boot-failed", "no-export"]);
});

test("the child leaves when nobody waits for its report any more", async (t) => {
  const { child } = await start(t, "");
  const exit = once(child, "exit");
  await once(child, "spawn");
  child.disconnect();
  assert.notDeepEqual(await exit, [null, "SIGKILL"]);
});
