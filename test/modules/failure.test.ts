import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { TsgiError } from "../../src/errors.ts";
import { importFailure, missingFile } from "../../src/modules/failure.ts";
import { compiled, program, run } from "../support/compiled.ts";

let source = "";
const folders: string[] = [];
before(async () => {
  source = await compiled(["modules/import.ts"]);
  folders.push(dirname(source));
});
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

function made(files: Readonly<Record<string, string>>): string {
  const folder = program(files);
  folders.push(folder);
  return folder;
}

/** The code and the message with which a real import of each file fails in one process. */
function failures(cwd: string, names: readonly string[]): ReadonlyMap<string, string> {
  const { stdout, stderr } = run(
    `import { importUserModule } from ${JSON.stringify(pathToFileURL(join(source, "modules/import.js")).href)};
    const told = [];
    for (const name of ${JSON.stringify(names)}) {
      const words = await importUserModule("${cwd}/" + name).then(() => "loaded", (error) => error.code + " " + error.message);
      told.push([name, words]);
    }
    process.stdout.write(JSON.stringify(told), () => process.exit(0));`,
  );
  assert.notEqual(stdout, "", stderr);
  return new Map(JSON.parse(stdout) as [string, string][]);
}

const frame = "  1 | // a line\n> 2 | const value = {;\n    |                ^";

test("a syntax error has file, line, column and frame in every flavour, in the module and below it", () => {
  const wrong = "// a line\nconst value = {;\n";
  const endings = ["mjs", "cjs", "js", "ts", "mts", "cts", "tsx"];
  const typed = ["js", "ts"];
  const cwd = made({
    ...Object.fromEntries(endings.map((ending) => [`wrong.${ending}`, wrong])),
    ...Object.fromEntries(typed.map((ending) => [`typed/wrong.${ending}`, wrong])),
    "typed/package.json": '{ "type": "module" }',
    "below.mjs": 'import "./wrong.mjs";',
    "below.cjs": 'require("./wrong.cjs");',
    "only/wrong.mts": wrong,
    "alone/wrong.cts": wrong,
    "below.ts": 'import "./only/wrong.mts";',
    "below.cts": 'require("./alone/wrong.cts");',
    "mixed.mjs": 'import "./required.cjs";',
    "required.cjs": wrong,
    "other/wrong.mjs": wrong,
    "typed/plain.js": wrong,
    "typed/above.ts": 'import "../other/wrong.mjs";',
    "above.mts": 'import "./typed/plain.js";',
  });
  const below = {
    "below.mjs": "wrong.mjs",
    "below.cjs": "wrong.cjs",
    "below.ts": "only/wrong.mts",
    "below.cts": "alone/wrong.cts",
    "mixed.mjs": "required.cjs",
    "typed/above.ts": "other/wrong.mjs",
    "above.mts": "typed/plain.js",
  };
  const direct = [...endings.map((ending) => `wrong.${ending}`), ...typed.map((ending) => `typed/wrong.${ending}`)];
  const where = new Map([...direct.map((name) => [name, name] as const), ...Object.entries(below)]);
  for (const [name, message] of failures(cwd, [...where.keys()])) {
    assert.ok(
      message.startsWith(`syntax-error cannot load ${cwd}/${name}: it has a syntax error\n\n`),
      `${name}: ${message}`,
    );
    assert.ok(message.endsWith(`\n\n${cwd}/${where.get(name)}:2:16\n\n${frame}`), `${name}: ${message}`);
  }
});

test("a name that a module does not export is a syntax error at the import", () => {
  const cwd = made({ "app.mjs": 'import { a } from "./b.mjs";\n', "b.mjs": "" });
  assert.match(
    failures(cwd, ["app.mjs"]).get("app.mjs") ?? "",
    /^syntax-error .*\n\nSyntaxError: .*does not provide an export named 'a'\n\n.*app\.mjs:1:10\n/,
  );
});

test("a SyntaxError that the program throws itself is no syntax error of the program", () => {
  const cwd = made({
    "json.mjs": '\nJSON.parse("{");',
    "regexp.cjs": 'new RegExp("(");',
    "eval.ts": 'eval("{");\nexport {};',
  });
  const told = failures(cwd, ["json.mjs", "regexp.cjs", "eval.ts"]);
  assert.match(told.get("json.mjs") ?? "", /^import-throws .*\n\nSyntaxError: [\s\S]*json\.mjs:2:6\n/);
  assert.match(told.get("regexp.cjs") ?? "", /^import-throws .*\n\nSyntaxError: [\s\S]*regexp\.cjs:1:1\n/);
  assert.match(told.get("eval.ts") ?? "", /^import-throws .*\n\nSyntaxError: [\s\S]*eval\.ts:1:1\n/);
});

test("JSON that does not parse is a syntax error of that file, at its place when the message tells", () => {
  const long = `{\n  "first": "${"x".repeat(60)}",\n  "second": oops,\n  "third": "${"y".repeat(60)}"\n}\n`;
  const cwd = made({
    "long.cjs": 'require("./long.json");',
    "long.json": long,
    "short.cjs": 'require("./short.json");',
    "short.json": "{ oops }",
  });
  const told = failures(cwd, ["long.cjs", "short.cjs"]);
  assert.match(
    told.get("long.cjs") ?? "",
    /^syntax-error [\s\S]*long\.json:3:13\n\n[\s\S]*> 3 \| {3}"second": oops,\n/,
  );
  assert.match(told.get("short.cjs") ?? "", /^syntax-error [\s\S]*short\.json(?::1:3\n[\s\S]*)?$/);
});

test("top-level await where it cannot be comes with what to change", () => {
  const cwd = made({
    "app.cts": "await null;\nexport {};\n",
    "below.ts": 'import "./await";',
    "await.ts": "await null;\nexport {};\n",
  });
  const told = failures(cwd, ["app.cts", "below.ts"]);
  assert.match(told.get("app.cts") ?? "", /^syntax-error [\s\S]*app\.cts:1:1\n[\s\S]*name the file app\.mts\.$/);
  assert.match(
    told.get("below.ts") ?? "",
    /^syntax-error [\s\S]*await\.ts:1:1\n[\s\S]*name the file await\.mts, or put "type": "module"/,
  );
});

test("a throw comes with its message, its place and the frames of the program, without those of Node and tsx", () => {
  const text = 'function open(): never {\n  throw new RangeError("no port");\n}\nopen();\nexport {};\n';
  const cwd = made({
    "app.ts": text,
    "app.mts": text,
    "main.ts": 'import "./app";',
    "reads.mjs": 'import { readFileSync } from "node:fs";\n\nreadFileSync("/no/such/file");',
  });
  const told = failures(cwd, ["app.ts", "app.mts", "main.ts", "reads.mjs"]);
  for (const [name, message] of [...told].slice(0, 2)) {
    assert.ok(
      message.startsWith(
        `import-throws cannot load ${cwd}/${name}: it throws while it is imported\n\nRangeError: no port\n\n${cwd}/${name}:2:9\n\n`,
      ),
      message,
    );
    assert.match(message, new RegExp(`\n    at open \\(${cwd}/${name}:2:9\\)\n    at ${cwd}/${name}:4:1(\n|$)`));
    assert.doesNotMatch(message, /node:internal|node_modules|modules\/import/);
  }
  assert.match(told.get("main.ts") ?? "", /\n\n.*app\.ts:2:9\n/);
  assert.match(told.get("reads.mjs") ?? "", /^import-throws [\s\S]*Error: ENOENT: [\s\S]*reads\.mjs:3:1\n/);
});

test("what is thrown and is no Error is shown as what it is", () => {
  const cwd = made({
    "a.mjs": 'throw "text";',
    "b.mjs": "throw undefined;",
    "c.cjs": "throw null;",
    "d.ts": "throw { status: 500 };\nexport {};",
    "e.mjs": "await Promise.reject(0);",
  });
  const told = [...failures(cwd, ["a.mjs", "b.mjs", "c.cjs", "d.ts", "e.mjs"]).values()];
  assert.deepEqual(
    told.map((message) => message.split("\n\n")[1]),
    ['the string "text"', "undefined", "null", "{ status: 500 }", "0"].map(
      (words) => `${words} was thrown, which is no Error`,
    ),
  );
});

test("JavaScript that imports TypeScript which this Node cannot run says to rename the application's file", () => {
  const cwd = made({
    "app.mjs": 'import "./kind.ts";',
    "app.cjs": 'require("./kind.ts");',
    "app.js": 'require("./kind.ts");',
    "kind.ts": "enum Kind { One }\nexport const kind: Kind = Kind.One;\n",
  });
  for (const [name, message] of failures(cwd, ["app.mjs", "app.cjs", "app.js"])) {
    assert.match(message, /^syntax-error .*: it imports TypeScript that Node \d+\.\d+\.\d+ cannot run by itself\n/);
    assert.ok(message.includes(`Rename ${name} to ${name.replace("js", "ts")}\n`), message);
  }
});

test("the failure keeps what was thrown as its cause and says what was asked for", async () => {
  const thrown = new Error("here");
  const failure = await importFailure({ thrown, path: "/site/app.js", asked: "app:application" });
  assert.ok(failure instanceof TsgiError);
  assert.equal(failure.cause, thrown);
  assert.match(failure.message, /^cannot load app:application: it throws while it is imported\n\nError: here\n/);
  assert.equal(
    missingFile("/no/such/app.js", "app.js").message,
    "cannot load app.js: no such file\nlooked for /no/such/app.js",
  );
});

test("a decorator that fails where they are of the standard's kind comes with the setting for the older ones", async () => {
  const thrown = new TypeError("Cannot read properties of undefined (reading 'value')");
  const stack = thrown.stack!;
  const messageOf = async () => (await importFailure({ thrown, path: "/site/app.ts", asked: "app" })).message;
  assert.doesNotMatch(await messageOf(), /experimentalDecorators/);
  thrown.stack = stack.replace("\n", "\n    at __decorateElement (/site/app.ts:2:2161)\n");
  assert.match(await messageOf(), /"experimentalDecorators": true in the tsconfig\.json/);
});
