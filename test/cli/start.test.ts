// The process that `tsgi dev` starts before it knows anything: it serves, or is gone without a word.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { type TestContext, test } from "node:test";
import { ask, get } from "../support/client.ts";
import { childrenOf, Server } from "../support/server.ts";
import { tempFolder } from "../support/temp-folder.ts";

const APP = `export const application = (_environ, startResponse) => {
  startResponse("200 OK", [["Content-Type", "text/plain"]]);
  return [[process.pid, process.env.NODE_ENV, process.env.FROM_CONFIG, process.env.FROM_FILE].join(" ")];
};`;
/** Says which processes there are when it is evaluated. */
const CONFIG = `import { readFileSync } from "node:fs";
console.log("children: " + readFileSync("/proc/self/task/" + process.pid + "/children", "utf8"));`;

interface Run {
  readonly args?: readonly string[];
  readonly config?: string;
  readonly env?: Readonly<Record<string, string>>;
}

async function begin(t: TestContext, { args = [], config = "", env = {} }: Run): Promise<Server> {
  const files = {
    "app.mjs": APP,
    ".env": "FROM_FILE=file",
    "tsgi.config.mjs": `${CONFIG}\n${config}\nexport default {};`,
  };
  const usual = ["--bind", "127.0.0.1:0", "--log-format", "json", "--log-level", "debug"];
  const server = Server.run(t, ["dev", "app:application", ...usual, ...args], { cwd: tempFolder(t, files), env });
  await server.says(/^ready in \d+ ms$/);
  return server;
}

function ahead({ lines }: Server): number {
  const [, pid] = /^children: (\d*) ?$/.exec(lines.find((line) => line.startsWith("children: ")) ?? "") ?? [];
  return Number(pid ?? Number.NaN);
}

const answer = async ({ port }: Server): Promise<string> => (await ask(port, get("/"))).body;

test("the first worker is the process that was there before the configuration was read, with the environment that came later", async (t) => {
  const server = await begin(t, { args: ["--env", "FROM_CONFIG=flag"] });
  assert.ok(ahead(server) > 0, server.lines.join("\n"));
  assert.equal(await answer(server), `${ahead(server)} development flag file`);
  assert.equal((await server.stop()).code, 0);
});

for (const [what, run, says] of [
  [
    "the configuration file has changed the environment",
    { config: 'process.env.FROM_CONFIG = "loaded";' },
    "loaded file",
  ],
  ["Node reads a variable when it begins", { args: ["--env", "NODE_OPTIONS=--no-warnings"] }, " file"],
  ["there are several workers", { args: ["--workers", "2"] }, " file"],
] as const) {
  test(`it is gone, and another one serves, where ${what}`, async (t) => {
    const server = await begin(t, run);
    assert.ok(ahead(server) > 0);
    const [pid, ...rest] = (await answer(server)).split(" ");
    assert.equal(rest.join(" "), `development ${says}`);
    assert.notEqual(Number(pid), ahead(server));
    assert.ok(!childrenOf(server.pid).includes(ahead(server)) || !server.processes().includes(ahead(server)));
    assert.equal((await server.stop()).code, 0);
  });
}

test("a command that cannot be done says why in its own words only, and leaves no process", async (t) => {
  const taken = createServer().listen(0, "127.0.0.1");
  t.after(() => taken.close());
  await once(taken, "listening");
  const { port } = taken.address() as { readonly port: number };
  const cwd = tempFolder(t, { "app.mjs": APP });
  for (const [args, code, says] of [
    [["a:b", "c:d"], 2, /^tsgi: c:d: one application is enough, and a:b is named already; see tsgi dev --help\n$/],
    [["app:application", "--nope"], 2, /^tsgi: unknown flag --nope; [^\n]*\n$/],
    [["app:application", "--chdir", "nowhere"], 21, /^tsgi: cannot change to [^\n]*\n$/],
    [["app:application", "--bind", `127.0.0.1:${port}`], 30, /^tsgi: port \d+ is taken: [^\n]*\n$/],
    [["app:application", "--help"], 0, /^$/],
  ] as const) {
    const server = Server.run(t, ["dev", ...args], { cwd });
    const ended = await server.ended;
    assert.deepEqual([ended.code, server.processes()], [code, []], args.join(" "));
    assert.match(ended.stderr, says);
  }
});

test("tsgi serve begins no process before it knows what it serves", async (t) => {
  const cwd = tempFolder(t, { "app.mjs": APP, "tsgi.config.mjs": `${CONFIG}\nexport default { reload: "on" };` });
  const server = await Server.start(t, ["app:application"], { cwd });
  assert.ok(server.lines.includes("children: "), server.lines.join("\n"));
  assert.equal((await server.stop()).code, 0);
});
