// A configuration that is read again by a running server: whatever the file does, the master stays and listens.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { ask, get } from "../support/client.ts";
import { APPS, Server, titleOf } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

const GOOD = `export default { app: "echo:application", chdir: ${JSON.stringify(APPS)}, settle: 0, workers: 2 };\n`;

/** A server with a configuration of code, which can be replaced. `@` in the text that replaces it stands for the good one. */
async function configured(t: TestContext, name = "tsgi.config.mjs") {
  const folder = tempFolder(t, { [name]: GOOD });
  const server = await Server.start(t, [], { cwd: folder });
  return {
    server,
    file: join(folder, name),
    replace: (text: string) => writeFileSync(join(folder, name), text.replace("@", GOOD)),
    /** The processes that read a configuration. */
    readers: () => server.processes().filter((pid) => titleOf(pid).startsWith("tsgi: configuration")),
  };
}

/** That the file has begun is told by the file itself. */
const SAYS = `import { writeSync as say } from "node:fs";\nsay(2, "the file is read\\n");\n`;
const begun = (server: Server, times = 1): Promise<void> =>
  server.until(
    () => server.lines.filter((line) => line === "the file is read").length >= times,
    "the file was never read",
  );

test("a configuration that ends its process, throws or says what does not fit changes nothing, and names the file", async (t) => {
  const { server, replace, readers } = await configured(t);
  const before = server.workers();
  for (const [text, says] of [
    ["process.exit(0);", /tsgi\.config\.mjs: it ended the process that was reading it, with code 0$/],
    ['throw new Error("no database");', /no database[\s\S]*tsgi\.config\.mjs:1:\d+/],
    ["export default { wokers: 3 };", /unknown key wokers \(did you mean workers\?\)$/],
  ] as const) {
    const from = server.records.length;
    replace(text);
    server.signal("SIGHUP");
    const { msg, level } = await server.says(/^reload failed, nothing has changed: /, from);
    assert.match(msg, says);
    assert.equal(level, "error");
  }
  assert.deepEqual(server.workers(), before);
  assert.equal((await ask(server.port, get("/"))).status, 200);
  replace("@");
  server.signal("SIGHUP");
  await server.says(/^generation 2 serves with 2 workers/);
  assert.deepEqual(readers(), []);
});

test("a second HUP while the file is read is not forgotten: what is on disk in the end is what serves", async (t) => {
  const { server, file, replace } = await configured(t);
  const before = server.serving();
  const go = JSON.stringify(`${file}.go`);
  replace(`${SAYS}import { existsSync } from "node:fs";
while (!existsSync(${go})) await new Promise((tick) => setTimeout(tick, 10));
export default { workers: 0 };`);
  server.signal("SIGHUP");
  await begun(server);
  server.signal("SIGHUP");
  // Answered by the master, so that it has seen both.
  server.signal("SIGTTIN");
  await server.untilServing(3);
  writeFileSync(file, GOOD.replace("workers: 2", "workers: 1"));
  writeFileSync(`${file}.go`, "");
  await server.says(/^generation 2 serves with 1 worker/);
  await server.untilServing(1, before);
  assert.ok(!server.records.some(({ msg }) => msg.startsWith("reload failed")));
});

test("what the file prints goes to standard error, at the start and at a reload; tsgi config stays readable", async (t) => {
  const folder = tempFolder(t, { "tsgi.config.mjs": `console.log("printed");\n${GOOD}` });
  const config = await Server.run(t, ["config", "--json"], { cwd: folder }).ended;
  assert.equal(JSON.parse(config.stdout).settings.workers.value.max, 2);
  assert.equal(config.stderr, "printed\n");
  const server = await Server.start(t, [], { cwd: folder });
  server.signal("SIGHUP");
  await server.says(/^generation 2 serves/);
  const { stdout, stderr } = await server.stop();
  assert.deepEqual([stdout, stderr.split("\n").filter((line) => line === "printed").length], ["", 2]);
});
