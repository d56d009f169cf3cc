// Every way to write the module of an application, served by the command line. TSGI_TEST_NODE runs them on another Node.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { ask, get } from "../support/client.ts";
import { Server } from "../support/server.ts";

const MODULES = fileURLToPath(new URL("../programs/modules", import.meta.url));

/** Target, what it answers, and the folder below test/programs/modules where the server is started. */
const flavours: readonly (readonly [string, string, string])[] = [
  ["app.ts", "hello from app.ts", "typeless"],
  ["app.mts", "hello from app.mts", "typeless"],
  ["app.cts", "hello from app.cts", "typeless"],
  ["app.mjs", "hello from app.mjs", "typeless"],
  ["app.cjs", "hello from app.cjs", "typeless"],
  ["app.js", "hello from app.js", "typeless"],
  ["required.ts", "hello from required.ts", "typeless"],
  ["await.ts:app", "hello from await.ts", "typeless"],
  ["app.js", "hello from app.js", "typed"],
  ["app.ts", "hello from app.ts", "typed"],
  ["./folder-js", "hello from folder-js", "."],
  ["folder-ts:app", "hello from folder-ts", "."],
  ["site:site.app", "hello from site.app", "typed"],
  ["site:create()", "hello from create()", "typed"],
  ["site:createLater()", "hello from createLater()", "typed"],
  ["site:Body", "hello from Body", "typed"],
  ["src/app:application", "hello from an alias", "alias"],
];

for (const [target, answer, folder] of flavours) {
  test(`${target} in the folder ${folder} serves`, async (t) => {
    const server = await Server.start(t, [target], { cwd: join(MODULES, folder) });
    const { status, body } = await ask(server.port, get("/"));
    assert.deepEqual([status, body.replace("typeless/", "")], [200, answer]);
    assert.deepEqual((await server.stop()).code, 0);
  });
}
