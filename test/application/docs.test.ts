// docs/application.md keeps its word: its programs compile and run, its console blocks show what they say, its commands are taken, its tables
// are those of the code.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as room from "../../src/application/index.ts";
import { Client, getApplication, setup } from "../../src/application/index.ts";
import type { Application } from "../../src/gateway/types.ts";
import { validator } from "../../src/gateway/validate.ts";
import { consolesOf, shown } from "../support/doc-consoles.ts";
import { compilePrograms, programsOf, writePrograms } from "../support/doc-programs.ts";
import { BIN } from "../support/server.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PAGE = "docs/application.md";
const page = readFileSync(join(ROOT, PAGE), "utf8");
const programs = programsOf(PAGE);
const consoles = consolesOf(PAGE);
const folder = realpathSync(mkdtempSync(join(tmpdir(), "tsgi-page-")));
after(() => rmSync(folder, { recursive: true, force: true }));
writePrograms(folder, programs, {});
// An installation has it beside tsgi, as a dependency of it.
symlinkSync(join(ROOT, "node_modules/tsx"), join(folder, "node_modules/tsx"));

// As the page starts app.ts.
process.env["TSGI_SETTINGS_MODULE"] = join(folder, "settings.ts");

async function applicationOf(name: string): Promise<Application> {
  const module = (await import(pathToFileURL(join(folder, `${name}.ts`)).href)) as { application?: Application };
  return validator(module.application!);
}

/** Lines of the page's shell blocks that match. */
function commands(pattern: RegExp): readonly RegExpMatchArray[] {
  return [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, text = ""]) => [...text.matchAll(pattern)]);
}

test("every program of the page compiles, with the options of the page", async () => {
  const [, text = "{}"] = /^```json tsconfig\.json\n([\s\S]*?)^```$/m.exec(page) ?? [];
  const { compilerOptions: said } = JSON.parse(text) as { compilerOptions: Readonly<Record<string, unknown>> };
  const used = JSON.parse(readFileSync(join(folder, "tsconfig.json"), "utf8")) as typeof said;
  for (const [name, value] of Object.entries(said)) {
    assert.deepEqual((used["compilerOptions"] as typeof said)[name], value, name);
  }
  assert.ok(programs.size >= 10);
  assert.equal(await compilePrograms(folder), "");
});

for (const one of consoles) {
  test(`${one.program}.ts answers what the page says, and keeps the contract`, async () => {
    const client = new Client(await applicationOf(one.program), { raiseExceptions: false });
    assert.equal(await shown(client, one), one.text);
  });
}

/** Programs without a console block, and what runs them here. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  settings: "app.ts takes it, by TSGI_SETTINGS_MODULE",
  guestbook: "guestbook.test.ts, which the page has itself",
  "guestbook.test": "below",
  sessions: "below",
};

test("every program of the page is run: by its console block, or by a test here", () => {
  const run = [...consoles.map(({ program }) => program), ...Object.keys(ELSEWHERE)];
  assert.deepEqual([...programs.keys()].sort(), run.sort());
});

test("each tsgi serve of the page is one that tsgi check takes: the options there are, and the module loads", () => {
  const found = commands(/^(?:(\w+)=(\S+) )?npx tsgi serve (.+)$/gm);
  assert.ok(found.length >= 3);
  for (const [line, name, value = "", words = ""] of found) {
    const env = { ...process.env, ...(name !== undefined && { [name]: value }) };
    const args = ["--", BIN, "check", ...words.split(" ")];
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8", env });
    assert.equal(status, 0, `${line}: ${stderr}`);
  }
});

test("guestbook.test.ts passes, run with the command of the page", () => {
  const [[, words = ""] = []] = commands(/^node (.*guestbook\.test\.ts)$/gm);
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined };
  const { status, stdout } = spawnSync(process.execPath, words.split(" "), { cwd: folder, encoding: "utf8", env });
  assert.equal(status, 0, stdout);
  assert.match(stdout, /^(?:# |ℹ )pass 3$/m);
});

test("sessions.ts counts for each visitor alone, and forgets after a logout", async () => {
  const application = await applicationOf("sessions");
  const [one, other] = [new Client(application), new Client(application)];
  await one.get("/");
  assert.equal((await one.get("/")).text(), "page 2");
  assert.equal((await other.get("/")).text(), "page 1");
  await one.post("/logout");
  assert.equal((await one.get("/")).text(), "page 1");
});

const GROUPS = ["session", "csrf", "security", "static", "compress"];

/** `debug`, `session.cookieAge` and their like. */
function flat(settings: object, prefix = ""): string[] {
  return Object.entries(settings).flatMap(([name, value]) =>
    GROUPS.includes(name) ? flat(value as object, `${name}.`) : [prefix + name],
  );
}

test("the table of settings has each setting, with its default", () => {
  const section = /^## All settings\n([\s\S]*)/m.exec(page)?.[1] ?? "";
  const rows = [...section.matchAll(/^\| `([\w.]+)` \| (.*?) \| /gm)].map(
    ([, name = "", said = ""]) => [name, said] as const,
  );
  const settings = setup({ urls: [] });
  assert.deepEqual(rows.map(([name]) => name).sort(), flat(settings).sort());
  for (const [name, said] of rows) {
    if (!said.startsWith("`")) continue;
    const value = name.split(".").reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], settings);
    assert.deepEqual(JSON.parse(said.slice(1, -1)), value, `${name}: the page says ${said}`);
  }
  // What no value can say: there is no default, and a folder that differs from system to system.
  const inWords = rows.filter(([, said]) => !said.startsWith("`")).map(([name]) => name);
  assert.deepEqual(inWords, ["urls", "fileUploadTempDir"]);
});

test("the table of middlewares has those that there are, in an order that is taken", () => {
  const named = [...page.matchAll(/^\| `(\w+Middleware)` \|/gm)].map(([, name = ""]) => name);
  const there = Object.keys(room).filter((name) => /^[A-Z]\w+Middleware$/.test(name));
  assert.deepEqual([...named].sort(), there.sort());
  const middleware = named.map((name) => (room as Readonly<Record<string, unknown>>)[name] as never);
  getApplication({ secretKey: "x", urls: [], middleware, static: { dirs: [folder] } });
});

test("every name that the page shows as code and begins like a class or an error is one that the room exports", () => {
  const words = [...page.replace(/^```[\s\S]*?^```$/gm, "").matchAll(/`([A-Z][a-z]\w+)(?:\([^`]*\))?`/g)];
  const names = new Set(words.map(([, name = ""]) => name));
  const others = ["Accept", "TypeError", "HttpRequest", "HttpResponse", "Http404"];
  assert.deepEqual(
    [...names].filter((name) => !(name in room) && !others.includes(name)),
    [],
  );
});
