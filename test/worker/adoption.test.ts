// From a module to an application of another interface, or to a server that it tells to listen: what the loader decides between what is
// exported, what is declared, and what listens.

import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { TsgiError } from "../../src/errors.ts";
import { ListenGuard } from "../../src/worker/listen-guard.ts";
import { describeLoaded, type LoadOptions, loadApplication } from "../../src/worker/loader.ts";
import { tempFolder } from "../support/temp-folder.ts";

const MODULES = fileURLToPath(new URL("../../node_modules", import.meta.url));

interface Loading extends Pick<LoadOptions, "interface"> {
  readonly adopt?: boolean;
  readonly target?: string;
  readonly limitMs?: number;
}

async function load(
  t: TestContext,
  source: string,
  { adopt = false, target = "app", limitMs = 60_000, ...asked }: Loading = {},
) {
  const cwd = tempFolder(t, { "app.mjs": source });
  symlinkSync(MODULES, join(cwd, "node_modules"));
  const said: string[] = [];
  const guard = new ListenGuard({ adopt, dry: true, bind: [], say: (_level, message) => void said.push(message) });
  const uninstall = guard.install();
  t.after(uninstall);
  const loaded = await loadApplication(target, { cwd, ...asked, listening: { guard, limitMs: () => limitMs } });
  t.after(() =>
    loaded.served?.shutdown?.({ slot: 1, generation: 1, workers: 1, reason: "", signal: new AbortController().signal }),
  );
  const text = describeLoaded(target, loaded).replaceAll(cwd, "");
  return { loaded, said, text };
}

/** Why it cannot be loaded. */
async function refused(t: TestContext, source: string, loading: Loading = {}): Promise<TsgiError> {
  return load(t, source, loading).then(
    ({ text }) => assert.fail(text),
    (error: TsgiError) => error,
  );
}

const LISTENS = `import http from "node:http";\nhttp.createServer((q, s) => s.end()).listen(3000);\n`;
const FUNCTION = "(one, two) => []";

// biome-ignore format: a table
const decided: readonly (readonly [name: string, source: string, text: RegExp, loading?: Loading])[] = [
  ["a Fastify application is no promise of one", `import Fastify from "fastify"; export default Fastify();`, /^app is default of \/app\.mjs, a Fastify application, served by the node/],
  ["a promise of a Fastify application", `import Fastify from "fastify"; export const app = Promise.resolve(Fastify());`, /a Fastify application/],
  ["a factory of one", `import Fastify from "fastify"; export const create = async () => Fastify();`, /^app:create\(\) is create\(\) of .* a Fastify application/, { target: "app:create()" }],
  ["a method of an object, with its interface asked for", `export const site = { answer(one, two) { return this; } };`, /^app:site\.answer is site\.answer of .*, an? .*, served by the asgi interface \(--interface asgi\)$/, { target: "app:site.answer", interface: "asgi" }],
  ["an interface that the module exports under a reserved name", `const kind = "node"; export { kind as interface }; export const app = ${FUNCTION};`, /served by the node interface \(the module exports interface = "node"\)$/],
  ["an export beside a server that listens", `${LISTENS}export const app = { fetch() {} };`, /^app is app of .* served by the fetch interface/, { adopt: true }],
  ["a server that listens where nothing is exported", LISTENS, /^app is the server that listens of \/app\.mjs, an http\.Server, served by the node interface \(an http\.Server with listeners, told to listen at \/app\.mjs:2:\d+\)$/, { adopt: true }],
  ["a server that listens, beside exports that are no application", `${LISTENS}export default { port: 3000 };`, /the server that listens/, { adopt: true }],
  ["a server that listens later", `import http from "node:http"; setTimeout(() => http.createServer(() => {}).listen(3000), 20);`, /the server that listens/, { adopt: true }],
];

for (const [name, source, text, loading] of decided) {
  test(`taken: ${name}`, async (t) => assert.match((await load(t, source, loading)).text, text));
}

// biome-ignore format: a table
const refusals: readonly (readonly [name: string, source: string, code: string, says: RegExp, loading?: Loading])[] = [
  ["a plugin that fails", `import Fastify from "fastify"; export const app = Fastify();\napp.register(async () => { throw new Error("no database"); });`, "startup-fails", /^cannot load app: ready\(\) of app of .*app\.mjs failed\n\nError: no database\n\n.*app\.mjs:2:\d+/],
  ["what the asked interface does not serve", "export const app = { fetch() {} };", "not-callable", /^cannot load app: app of .*app\.mjs cannot be served\nit is an application with fetch\(\), which --interface fetch serves/, { interface: "node" }],
  ["a module that only listens", LISTENS, "no-export", /it exports nothing\nit calls listen\(\) \(.*app\.mjs:2:\d+\): export the application instead, or start with --adopt-listen/],
  ["a module that will listen", `import http from "node:http"; setTimeout(() => http.createServer().listen(3000), 1e3).unref();`, "no-export", /it calls listen\(\): export the application instead/],
  ["a module that never listens", "export const other = 1;", "no-export", /it exports other\nand no http\.Server was told to listen\(\) while there was time/, { adopt: true, limitMs: 20 }],
  ["a module that neither exports nor listens", "export const other = 1;", "no-export", /it exports other$/],
  ["a default export that is none, where nothing listens", "export default { port: 3000 };", "not-callable", /is not a function but an object\nit is no application of any kind/, { adopt: true, limitMs: 20 }],
];

for (const [name, source, code, says, loading] of refusals) {
  test(`refused: ${name}`, async (t) => {
    const error = await refused(t, source, loading);
    assert.equal(error.code, code, error.stack);
    assert.match(error.message, says);
  });
}

test("the log says that an export outweighs what listens", async (t) => {
  const { said } = await load(t, `${LISTENS}export const app = { fetch() {} };`, { adopt: true });
  assert.match(said.join("\n"), /and the module exports app as well: that is what is served/);
});

test("what an adopted server is served with ends with it", async (t) => {
  const { loaded } = await load(t, LISTENS, { adopt: true });
  assert.equal(loaded.served?.startup, undefined);
  assert.equal((loaded.subject as { listening: boolean }).listening, true);
  await loaded.served?.shutdown?.({
    slot: 1,
    generation: 1,
    workers: 1,
    reason: "",
    signal: new AbortController().signal,
  });
  assert.equal((loaded.subject as { listening: boolean }).listening, false);
});
