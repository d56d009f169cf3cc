// The hook workerAbort: called in the watchdog's thread while the main thread is blocked, before the worker is killed.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { get, RawClient } from "../support/client.ts";
import { APPS, Server } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

/** Serves `stuck.ts` with this hook, blocks a worker, and waits for the line of its death. */
async function abortedBy(t: Parameters<typeof tempFolder>[0], hook: string) {
  const folder = tempFolder(t, {
    "tsgi.config.ts": `import { appendFileSync } from "node:fs";
export default { app: ${JSON.stringify(join(APPS, "stuck.ts"))}, hooks: { workerAbort(event: { readonly place: string | null }) { ${hook} } } };`,
  });
  const server = await Server.start(t, ["--timeout", "1"], { cwd: folder, env: { MARK: join(folder, "marks") } });
  const client = await RawClient.connect(server.port);
  client.send(get("/spin"));
  const died = await server.says(/was killed: its event loop was blocked/);
  await client.rest();
  return { folder, died };
}

test("workerAbort is given where the loop is blocked and what was in flight, with the variables of the worker", async (t) => {
  const { folder, died } = await abortedBy(t, "appendFileSync(process.env.MARK!, JSON.stringify(event));");
  const { slot, generation, pid, blockedMs, place, frames, requests } = JSON.parse(
    readFileSync(join(folder, "marks"), "utf8"),
  );
  assert.deepEqual([slot, generation], [1, 1]);
  assert.match(died.msg, new RegExp(`\\(pid ${pid}\\)`));
  assert.ok(blockedMs >= 1_000);
  assert.match(place, /stuck\.ts:\d+:\d+$/);
  assert.equal(frames[0].function, "spinForEver");
  assert.equal(requests[0].target, "/spin");
});

test("a workerAbort that throws costs nothing: the line says where the loop was, and what the hook did", async (t) => {
  const { died } = await abortedBy(t, 'throw new Error("not now");');
  assert.match(
    died.msg,
    /in spinForEver \(.*stuck\.ts:\d+:\d+\).*hook workerAbort failed: Error: not now \(.*tsgi\.config\.ts:2:\d+\)/,
  );
});
