// The program of docs/websockets.md: compiled as a reader's would be, and talked to.

import assert from "node:assert/strict";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { WebSocket } from "ws";
import type { Application } from "../../src/gateway/types.ts";
import { ask, get } from "../support/client.ts";
import { compilePrograms, programsOf, writePrograms } from "../support/doc-programs.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { serveInProcess } from "../support/worker.ts";

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
