// Every program of docs/gateway.md: compiled as a reader's would be, run by the gateway loop with the validator around it, and its answer
// compared with what the page promises.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { EventEmitter } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Application, Departure, WorkerInfo } from "../../src/gateway/types.ts";
import { validator } from "../../src/gateway/validate.ts";
import { compilePrograms, programsOf, writePrograms } from "../support/doc-programs.ts";
import { drive, type Outcome, type RequestLike } from "../support/exchange.ts";
import { tempFolder } from "../support/temp-folder.ts";

interface Module {
  readonly application: Application;
  readonly startup?: (worker: WorkerInfo) => unknown;
  readonly shutdown?: (departure: Departure) => unknown;
}

/** What the programs import and the page does not show. */
const BESIDE = {
  "bus.ts": 'import { EventEmitter } from "node:events";\nexport const bus = new EventEmitter();\n',
  "node_modules/pg/package.json":
    '{ "name": "pg", "type": "module", "exports": { "types": "./index.d.ts", "default": "./index.js" } }',
  "node_modules/pg/index.d.ts": `export class Pool {
  constructor(options: { max: number });
  query(text: string): Promise<{ rows: { now: string }[] }>;
  end(): Promise<void>;
}`,
  "node_modules/pg/index.js": `export class Pool {
  constructor({ max }) { this.max = max; }
  async query() { if (this.ended) throw new Error("ended"); return { rows: [{ now: "noon, of " + this.max }] }; }
  async end() { this.ended = true; }
}`,
};

type Ask = (request?: RequestLike) => Promise<Outcome>;

/** One for each program of the page: what a reader is promised. */
const PROMISES: Readonly<Record<string, (ask: Ask, module: Module, folder: string) => Promise<void>>> = {
  async hello(ask) {
    const { body, length } = await ask({ method: "POST", target: "/a%20b", body: ["12345"] });
    assert.deepEqual([body, length], ["you sent 5 bytes to /a b\n", 25]);
  },
  async trailers(ask) {
    const { body, events } = await ask({ fields: ["host", "x", "te", "trailers", "connection", "TE"] });
    assert.equal(body, "one\ntwo\n");
    const sum = createHash("sha256").update(body).digest("hex");
    assert.deepEqual(events.at(-1), { type: "end", trailers: ["X-Sha256", sum] });
  },
  async lifespan(ask, { startup, shutdown }) {
    const worker = { slot: 1, generation: 1, workers: 4 };
    await startup!(worker);
    assert.equal((await ask()).body, "noon, of 25");
    await shutdown!({ ...worker, reason: "test", signal: new AbortController().signal });
  },
  async "long-poll"(ask, _module, folder) {
    const { bus } = (await import(pathToFileURL(join(folder, "bus.ts")).href)) as { bus: EventEmitter };
    const answer = ask();
    bus.emit("news", "rain");
    assert.equal((await answer).body, "rain");
  },
  async middleware(ask) {
    const { body, fields } = await ask({ target: "/?name=ada" });
    assert.equal(body, "hello, ada\n");
    assert.match(fields[fields.indexOf("Server-Timing") + 1]!, /^app;dur=\d/);
  },
  async mount(ask) {
    assert.equal((await ask({ target: "/shop/cart" })).body, "/shop then /cart");
    assert.equal((await ask({ target: "/shop/admin" })).body, "/shop/admin then ");
    assert.equal((await ask({ target: "/shopping" })).status, 404);
  },
  async upgrade(ask) {
    // What it does with a websocket is held by docs-websockets.test.ts.
    assert.equal((await ask()).status, 426);
  },
  async validator(ask) {
    const { status, troubles } = await ask();
    assert.equal(status, 500);
    // The page shows the message, in two lines.
    const page = readFileSync(new URL("../../docs/gateway.md", import.meta.url), "utf8").replace(/\s+/g, " ");
    assert.ok(page.includes((troubles[0]!.error as Error).message));
  },
};

const programs = programsOf("docs/gateway.md");

test("every program of docs/gateway.md has its promise here, and compiles", async (t) => {
  assert.deepEqual([...programs.keys()].sort(), Object.keys(PROMISES).sort());
  const folder = tempFolder(t);
  writePrograms(folder, programs, BESIDE);
  assert.equal(await compilePrograms(folder), "");
});

for (const [name, keeps] of Object.entries(PROMISES)) {
  test(`the program "${name}" does what the page says, and the validator has nothing else to say`, async (t) => {
    const folder = tempFolder(t);
    writePrograms(folder, programs, BESIDE);
    const module = (await import(pathToFileURL(join(folder, `${name}.ts`)).href)) as Module;
    const said: string[] = [];
    const hear = ({ message }: Error): void => void said.push(message);
    const application = validator(module.application, { warn: hear, report: hear });
    await keeps((request) => drive(application, request), module, folder);
    assert.deepEqual(said, []);
  });
}
