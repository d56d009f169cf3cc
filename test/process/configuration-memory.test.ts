// What a reload leaves behind in the master: nothing, whatever the configuration file imports.

import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { APPS, Server, statusOf } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

test("the master does not evaluate the file at a reload, and nothing of what it keeps stays", async (t) => {
  const text = `export default { app: "echo:application", chdir: ${JSON.stringify(APPS)} };`;
  const folder = tempFolder(t, { "tsgi.config.ts": text });
  const server = await Server.start(t, [], { cwd: folder });
  // A file that would be seen: 24 MB that stay for as long as its module does. It is refused in the end, which spares the boots.
  const heavy = (turn: number): string =>
    `import { writeSync } from "node:fs";
const ballast: Uint8Array = new Uint8Array(25_165_824).fill(${turn});
setInterval(() => ballast, 1_000);
writeSync(2, "evaluated by " + process.pid + "\\n");
export default { workers: 0 };`;
  const reload = async (turn: number): Promise<void> => {
    const from = server.records.length;
    writeFileSync(join(folder, "tsgi.config.ts"), heavy(turn));
    server.signal("SIGHUP");
    await server.says(/^reload failed, nothing has changed: .*workers is 0/, from);
  };
  const figures = () => ({
    kilobytes: Number(statusOf(server.pid, "VmRSS")[0]),
    descriptors: readdirSync(`/proc/${server.pid}/fd`).length,
    children: readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, "latin1").trim().split(" ").length,
  });
  for (let turn = 1; turn <= 3; turn += 1) await reload(turn);
  const early = figures();
  for (let turn = 4; turn <= 9; turn += 1) await reload(turn);
  const late = figures();
  // Six modules would be 144 MB.
  assert.ok(late.kilobytes - early.kilobytes < 40_000, `${early.kilobytes} KB became ${late.kilobytes} KB`);
  // The last reader may not be reaped yet.
  assert.ok(late.descriptors <= early.descriptors + 3, `${early.descriptors} became ${late.descriptors}`);
  assert.ok(late.children <= early.children + 1, `${early.children} became ${late.children}`);
  const pids = server.lines.filter((line) => line.startsWith("evaluated by ")).map((line) => line.slice(13));
  assert.equal(new Set(pids).size, 9);
  assert.ok(!pids.includes(String(server.pid)));
  t.diagnostic(`${early.kilobytes} KB after 3 reloads, ${late.kilobytes} KB after 9`);
});
