// The programs of docs/websockets.md: compiled as a reader's would be, and talked to.

import assert from "node:assert/strict";
import { once } from "node:events";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { WebSocket } from "ws";
import type { Application } from "../../src/gateway/types.ts";
import { adopt } from "../../src/interfaces/adopt.ts";
import { ask, get } from "../support/client.ts";
import { compilePrograms, programsOf, writePrograms } from "../support/doc-programs.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { serveGateway, serveInProcess } from "../support/worker.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

test("the programs of docs/websockets.md for other interfaces compile, are recognised, and talk", async (t) => {
  const folder = tempFolder(t);
  const programs = new Map([...programsOf("docs/websockets.md")].filter(([name]) => name !== "websocket"));
  assert.deepEqual([...programs.keys()], ["hono", "fetch", "node"]);
  writePrograms(folder, programs, {});
  for (const name of ["hono", "ws", "@types"]) {
    symlinkSync(join(ROOT, "node_modules", name), join(folder, "node_modules", name));
  }
  assert.equal(await compilePrograms(folder), "");
  for (const [name] of programs) {
    const { app } = (await import(pathToFileURL(join(folder, `${name}.ts`)).href)) as { app: unknown };
    const adopted = await adopt(app);
    assert.ok("served" in adopted && adopted.served !== null, name);
    const server = serveGateway(adopted.served.gateway);
    t.after(() => server.close());
    const client = new WebSocket(`ws://127.0.0.1:${server.port}/`);
    t.after(() => client.terminate());
    await once(client, "open");
    client.send("hello");
    assert.equal(String((await once(client, "message"))[0]), "you said hello", name);
  }
});

for (const [page, name, said] of [
  ["docs/websockets.md", "websocket", "hello"],
  ["docs/gateway.md", "upgrade", "you said hello"],
] as const) {
  test(`the program "${name}" of ${page} compiles, talks, and refuses who does not ask for a websocket`, async (t) => {
    const folder = tempFolder(t);
    const program = programsOf(page).get(name) ?? assert.fail("it is not there");
    writePrograms(folder, new Map([[name, program]]), {});
    assert.equal(await compilePrograms(folder), "");
    const { application } = (await import(pathToFileURL(join(folder, `${name}.ts`)).href)) as {
      application: Application;
    };
    const server = serveInProcess(application);
    t.after(() => server.close());
    assert.equal((await ask(server.port, get("/"))).status, 426);
    const client = new WebSocket(`ws://127.0.0.1:${server.port}/`);
    t.after(() => client.terminate());
    await once(client, "open");
    client.send("hello");
    assert.equal(String((await once(client, "message"))[0]), said);
  });
}
