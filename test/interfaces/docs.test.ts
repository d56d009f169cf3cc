// docs/interfaces.md: its table is the code's, its programs are recognised and answer as the page says, and tsgi prints what its console shows.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { type TestContext, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { RULES } from "../../src/interfaces/detect.ts";
import { runCli } from "../support/run-cli.ts";
import { tempFolder } from "../support/temp-folder.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PAGE = readFileSync(join(ROOT, "docs/interfaces.md"), "utf8");

const PROGRAMS = new Map(
  [...PAGE.matchAll(/^```(js|ts) (\S+)\n([\s\S]*?)^```$/gm)].map(([, ending, name, text]) => [
    name!,
    { ending, text: text! },
  ]),
);

const ANSWERS: Readonly<Record<string, string>> = {
  express: "Hello World!",
  koa: "Hello World",
  handler: "Hello from a handler",
  hono: "Hello Hono!",
  h3: "Hello h3!",
  elysia: "Hello Elysia",
  bare: "Hello from a function",
  asgi: "Hello from ASGI",
  // Servers of their own come last: a process has one.
  fastify: '{"hello":"world"}',
  nest: "Hello World!",
  http: "Hello from node:http",
  listens: "Hello World!",
};

function written(t: TestContext): string {
  const files = [...PROGRAMS].map(([name, { ending, text }]) => [`${name}.${ending}`, text] as const);
  const folder = tempFolder(t, {
    "package.json": '{ "type": "module" }',
    "tsconfig.json": '{ "compilerOptions": { "experimentalDecorators": true } }',
    ...Object.fromEntries(files),
  });
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  return folder;
}

test("the table of the page is the rules of the code, in their order", () => {
  const rows = RULES.map(
    ({ what, why, interface: name }) => `| ${what} | ${why} | ${name === null ? "none: refused" : `\`${name}\``} |\n`,
  );
  assert.ok(PAGE.includes(`| --- | --- | --- |\n${rows.join("")}\n`), `the page has to say:\n${rows.join("")}`);
});

test("every program of the page answers as it says", async (t) => {
  assert.deepEqual([...PROGRAMS.keys()].sort(), Object.keys(ANSWERS).sort());
  const folder = written(t);
  const support = (path: string) => JSON.stringify(pathToFileURL(join(ROOT, path)).href);
  // One process, which is not ours: what it adopts would stay.
  const program = `
    import { loadApplication } from ${support("src/worker/loader.ts")};
    import { ListenGuard } from ${support("src/worker/listen-guard.ts")};
    import { serveGateway } from ${support("test/support/worker.ts")};
    const answers = {};
    for (const name of ${JSON.stringify(Object.keys(ANSWERS))}) {
      const guard = new ListenGuard({ adopt: name === "listens", bind: [], say() {} });
      const uninstall = guard.install();
      const loaded = await loadApplication(name, { cwd: ${JSON.stringify(folder)}, listening: { guard, limitMs: () => 5000 } });
      uninstall();
      const worker = { slot: 1, generation: 1, workers: 1 };
      await loaded.served.startup?.(worker);
      const server = serveGateway(loaded.served.gateway);
      answers[name] = await (await fetch("http://127.0.0.1:" + server.port)).text();
      await loaded.served.shutdown?.({ ...worker, reason: "a test", signal: new AbortController().signal });
    }
    process.stderr.write(JSON.stringify(answers), () => process.exit(0));`;
  const args = ["--import", import.meta.resolve("tsx"), "--input-type=module", "--eval", program];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: folder });
  assert.deepEqual(JSON.parse(stderr), ANSWERS);
  assert.match(stdout, /^closed$/m);
});

test("tsgi check prints what the page shows", async (t) => {
  const cwd = written(t);
  const [, text = ""] = /^```console\n([\s\S]*?)^```$/m.exec(PAGE) ?? [];
  const shown = [...text.matchAll(/^\$ tsgi check (\S+)\n(.*\n)/gm)];
  assert.equal(shown.length, 8);
  for (const [, name = "", line = ""] of shown) {
    const { stdout, stderr } = await runCli(["check", name], { cwd });
    assert.equal(stdout, line.replace("/srv", cwd), stderr);
  }
});
