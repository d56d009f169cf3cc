import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { FailureCode } from "../../src/errors.ts";
import { compiled, program, run } from "../support/compiled.ts";

const programs = fileURLToPath(new URL("../programs/modules", import.meta.url));

let source = "";
const folders: string[] = [];
before(async () => {
  source = await compiled(["worker/loader.ts"]);
  folders.push(dirname(source));
});
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** What a process that loaded and called an application has to tell, or why it could not. */
type Told =
  | {
      readonly loaded: { readonly file: string; readonly exportName: string; readonly kind: string };
      readonly status: string;
      readonly body: string;
    }
  | { readonly code: FailureCode; readonly exitCode: number; readonly message: string };

function load(target: string, cwd: string, from = cwd): Told {
  const { stdout, stderr } = run(
    `import { loadApplication } from ${JSON.stringify(pathToFileURL(join(source, "worker/loader.js")).href)};
    const tell = (told) => process.stdout.write(JSON.stringify(told), () => process.exit(0));
    try {
      const { application, file, exportName, kind, interface: name, why } = await loadApplication(${JSON.stringify(target)}, { cwd: ${JSON.stringify(cwd)} });
      const loaded = { kind, file, exportName };
      if (name !== "tsgi") throw new Error(why);
      let status;
      let body = "";
      for await (const chunk of await application({}, (line) => (status = line))) body += chunk;
      tell({ loaded, status, body });
    } catch (error) {
      if (error.name !== "TsgiError") throw error;
      tell({ code: error.code, exitCode: error.exitCode, message: error.message });
    }`,
    { cwd: from },
  );
  assert.notEqual(stdout, "", stderr);
  return JSON.parse(stdout) as Told;
}

function made(files: Readonly<Record<string, string>>): string {
  const folder = program(files);
  folders.push(folder);
  return folder;
}

function assertRefused(told: Told, code: FailureCode, ...messages: readonly RegExp[]): void {
  assert.ok("code" in told, JSON.stringify(told));
  assert.equal(told.code, code, told.message);
  for (const message of messages) assert.match(told.message, message);
}

const application = (name: string): string =>
  `(environ, startResponse) => { startResponse("200 OK", []); return ["hello from ${name}"]; }`;

// Target, below which folder, the file that it stands for, where the application was in it, its kind, its name.
const flavours: readonly (readonly [
  target: string,
  folder: string,
  file: string,
  exportName: string,
  kind: string,
  name: string,
])[] = [
  ["app.ts:application", "typeless", "app.ts", "application", "function", "app.ts"],
  ["app", "typeless", "app.ts", "application", "function", "app.ts"],
  ["required", "typeless", "required.ts", "default", "function", "required.ts"],
  ["await", "typeless", "await.ts", "app", "function", "await.ts"],
  ["app.mts", "typeless", "app.mts", "application", "async", "app.mts"],
  ["app.cts", "typeless", "app.cts", "application", "function", "app.cts"],
  ["app.cts:application", "typeless", "app.cts", "application", "function", "app.cts"],
  ["default", "typeless", "default.ts", "default", "generator", "default.ts"],
  ["default:default", "typeless", "default.ts", "default", "generator", "default.ts"],
  ["app.mjs", "typeless", "app.mjs", "application", "async-generator", "app.mjs"],
  ["app.cjs", "typeless", "app.cjs", "application", "function", "app.cjs"],
  ["app.cjs:application", "typeless", "app.cjs", "application", "function", "app.cjs"],
  ["app.js", "typeless", "app.js", "default", "function", "app.js"],
  ["app.js:default", "typeless", "app.js", "default", "function", "app.js"],
  ["app.js", "typed", "app.js", "application", "function", "app.js"],
  ["app", "typed", "app.ts", "default", "function", "app.ts"],
  ["./app.ts", "typed", "app.ts", "default", "function", "app.ts"],
  ["folder-js", "", "folder-js/index.js", "app", "function", "folder-js"],
  ["folder-ts/:app", "", "folder-ts/index.ts", "app", "function", "folder-ts"],
  ["site:site.app", "typed", "site.ts", "site.app", "function", "site.app"],
  ["site:nested.deep.app", "typed", "site.ts", "nested.deep.app", "function", "site.app"],
  ["site:create()", "typed", "site.ts", "create()", "function", "create()"],
  ["site:createLater()", "typed", "site.ts", "createLater()", "function", "createLater()"],
  ["site:site.make()", "typed", "site.ts", "site.make()", "function", "site.app"],
  ["site:promised", "typed", "site.ts", "promised", "function", "promised"],
  ["site:later.app", "typed", "site.ts", "later.app", "function", "later.app"],
  ["site:Body", "typed", "site.ts", "Body", "class", "Body"],
  ["src/app", "alias", "src/app.ts", "application", "function", "an alias"],
  ["src/app.cts", "alias", "src/app.cts", "application", "function", "an alias of CommonJS"],
];

for (const [target, folder, file, exportName, kind, name] of flavours) {
  test(`${folder === "" ? "" : `in ${folder}: `}${target} is loaded and answers`, () => {
    const cwd = join(programs, folder);
    assert.deepEqual(load(target, cwd), {
      loaded: { kind, file: join(cwd, file), exportName },
      status: "200 OK",
      body: `hello from ${name}`,
    });
  });
}

test("a path alias comes from the tsconfig.json above the application, not from the folder the server runs in", () => {
  const elsewhere = made({ "tsconfig.json": '{ "compilerOptions": { "paths": { "@lib/*": ["./nowhere/*"] } } }' });
  const told = load("src/app", join(programs, "alias"), elsewhere);
  assert.ok("body" in told && told.body === "hello from an alias", JSON.stringify(told));
});

test("a file: URL names a file, with and without a callable", () => {
  const url = pathToFileURL(join(programs, "typed/app.js")).href;
  for (const target of [url, `${url}:application`]) {
    const told = load(target, "/");
    assert.ok("body" in told && told.body === "hello from app.js", JSON.stringify(told));
  }
  assertRefused(
    load("file://elsewhere/app.js", "/"),
    "usage",
    /"file:\/\/elsewhere\/app.js" is no URL of a local file/,
  );
});

test("a package of a node_modules folder above is found by its exports, its main file or a name in it", () => {
  const cwd = made({
    "node_modules/plain/package.json": '{ "main": "lib/main" }',
    "node_modules/plain/lib/main.js": `module.exports = ${application("plain")};`,
    "node_modules/plain/sub.js": `exports.app = ${application("plain/sub")};`,
    "node_modules/@scope/name.dotted/package.json": JSON.stringify({
      type: "module",
      exports: { ".": { types: "./none.d.ts", import: "./esm.js", require: "./none.cjs" }, "./parts/*": "./src/*.js" },
    }),
    "node_modules/@scope/name.dotted/esm.js": `export default ${application("exports")};`,
    "node_modules/@scope/name.dotted/src/one.js": `export const make = async () => ${application("a pattern")};`,
    "site/package.json": "{}",
  });
  const bodies = ["plain", "plain/sub:app", "@scope/name.dotted", "@scope/name.dotted/parts/one:make()"].map(
    (target) => {
      const told = load(target, join(cwd, "site"));
      return "body" in told ? told.body : told.message;
    },
  );
  assert.deepEqual(bodies, ["hello from plain", "hello from plain/sub", "hello from exports", "hello from a pattern"]);
  assertRefused(
    load("@scope/name.dotted/src/one", cwd),
    "no-module",
    /"\.\/src\/one" in the exports of .*package\.json/,
  );
});

test("a class is called with new, and one whose instances cannot be iterated is refused", () => {
  const cwd = made({ "app.mjs": "export class application { fetch() {} }" });
  assertRefused(
    load("app", cwd),
    "not-callable",
    /application of .*app\.mjs is a class whose instances cannot be iterated\nIts instances have fetch\(\): export one of them\.$/,
  );
});

test("a function with functions on it, as CommonJS likes it, gives both itself and them", () => {
  const cwd = made({
    "app.cjs": `module.exports = ${application("itself")}; const own = { other: ${application("the other")} }; Object.assign(module.exports, own);`,
  });
  const bodies = ["app", "app:other"]
    .map((target) => load(target, cwd))
    .map((told) => ("body" in told ? told.body : told.message));
  assert.deepEqual(bodies, ["hello from itself", "hello from the other"]);
  assertRefused(load("app:length", cwd), "no-export");
});

test("a module that is not there is refused with every place that was looked at and a near name", () => {
  const cwd = made({ "application.ts": "", "site/other.js": "" });
  assertRefused(
    load("aplication:app", cwd),
    "no-module",
    /^no module "aplication" \(from "aplication:app"\); looked for$/m,
    new RegExp(`^  ${cwd}/aplication followed by \\.ts \\.mts \\.cts \\.tsx \\.js \\.mjs \\.cjs \\.jsx$`, "m"),
    new RegExp(`^  a package aplication in node_modules of ${cwd} and the folders above it$`, "m"),
    new RegExp(`^did you mean "${cwd}/application\\.ts"\\?$`, "m"),
  );
  assertRefused(load("./application.js", cwd), "no-module", /application\.js$/m, /did you mean ".*application\.ts"/);
  assertRefused(load("site", cwd), "no-module", /site\/index followed by/);
});

test("an import inside of the application that is not there names the specifier, the file and the line", () => {
  const cwd = made({
    "app.mjs": 'import "node:fs";\nimport { serve } from "not-installed-here/sub";\nexport const app = serve;\n',
  });
  assertRefused(
    load("app", cwd),
    "no-module",
    new RegExp(`^cannot load app: "not-installed-here/sub", imported from ${cwd}/app\\.mjs, was not found$`, "m"),
    /app\.mjs:2:23$/m,
    /^> 2 \| import \{ serve \} from "not-installed-here\/sub";$/m,
    /^Try: npm install not-installed-here$/m,
  );
});

test("what does not parse and what throws keep their own codes, with the words that were asked for", () => {
  const cwd = made({ "wrong.mjs": "export const app = {;\n", "throws.mjs": 'throw new TypeError("no database");\n' });
  assertRefused(
    load("wrong:app", cwd),
    "syntax-error",
    /^cannot load wrong:app: it has a syntax error$/m,
    /wrong\.mjs:1:21$/m,
  );
  assertRefused(load("throws:app", cwd), "import-throws", /^TypeError: no database$/m, /throws\.mjs:1:7$/m);
});

test("an export that is not there is refused with those that are and a near name", () => {
  const cwd = made({
    "esm.mjs": "export const aplication = () => []; export const port = 1; export default 2;",
    "cjs.cjs": "module.exports = { handler() {} };",
    "default.mjs": "export default () => [];",
    "nothing.mjs": "",
    "nothing.cjs": "",
    "whole.mjs": "class App { fetch() {} } export default new App();",
    "named.mjs": "class App { fetch() {} } export const port = 1; export const server = new App();",
    "held.cjs": "class App { fetch() {} } module.exports = { server: new App() };",
    "promised.mjs": "export const app = (async () => {})();",
    "deep.mjs": "export const site = { handler() {} }; export const none = null;",
  });
  const names = /^it exports aplication, default, port$/m;
  assertRefused(
    load("esm:application", cwd),
    "no-export",
    /esm\.mjs has no export "application"/,
    names,
    /did you mean "aplication"\?/,
  );
  assertRefused(
    load("default:application", cwd),
    "no-export",
    /^its default export is named :default, or not at all$/m,
  );
  assertRefused(load("whole:app", cwd), "no-export", /^its default export is named :default, or not at all$/m);
  assertRefused(
    load("named", cwd),
    "no-export",
    /^server is an application with fetch\(\): name it, as in named:server$/m,
  );
  assertRefused(
    load("held", cwd),
    "not-callable",
    /^server is an application with fetch\(\): name it, as in held:server$/m,
  );
  assertRefused(load("promised", cwd), "not-callable", /^Does the function behind the promise return what it made\?$/m);
  assertRefused(load("cjs:Handler", cwd), "no-export", /^it exports .*\bhandler$/m, /did you mean "handler"\?/);
  assertRefused(
    load("nothing.mjs", cwd),
    "no-export",
    /exports neither application nor app, and has no default export/,
    /^it exports nothing$/m,
  );
  assertRefused(load("nothing.cjs", cwd), "no-export", /^it exports nothing$/m);
  assertRefused(
    load("deep:site.handlr", cwd),
    "no-export",
    /site of .*deep\.mjs has no member "handlr"/,
    /^it has handler$/m,
    /did you mean "handler"/,
  );
  assertRefused(load("deep:none.app", cwd), "no-export", /none of .*deep\.mjs is null, which has no members/);
});

test("what is no application is refused by what it is, with what each interface wants", () => {
  const cwd = made({
    "app.mjs": `
      export const text = "hello";
      export const nothing = null;
      export const list = [];
      export class Koa { callback() {} }
      export const koa = new Koa();
      export const create = () => {};
      export const promised = Promise.resolve(1);
      export const application = 5;
      export default () => [];`,
  });
  assertRefused(load("app:text", cwd), "not-callable", /text of .*app\.mjs is not a function but the string "hello"/);
  assertRefused(load("app:nothing", cwd), "not-callable", /not a function but null/);
  assertRefused(load("app:list", cwd), "not-callable", /not a function but an object of class Array/);
  assertRefused(
    load("app:koa", cwd),
    "not-callable",
    /an object of class Koa with callback\(\)$/m,
    /it is no application of any kind\. What each interface wants:\n {2}tsgi {3}a function \(environ, startResponse\)/,
    /^ {2}fetch {2}a function \(request\) that returns a Response/m,
  );
  assertRefused(
    load("app:create()", cwd),
    "not-callable",
    /create\(\) of .* not a function but undefined/,
    /return what it made/,
  );
  assertRefused(load("app:promised", cwd), "not-callable", /promised of .* not a function but 1$/m);
  assertRefused(load("app:text()", cwd), "not-callable", /text of .* not a function but the string/);
  // The first name that exists decides: silently going on to the default export would hide the mistake.
  assertRefused(load("app", cwd), "not-callable", /application of .* not a function but 5/);
});

test("a factory that throws or rejects, and an exported promise that rejects, are told with file and line", () => {
  const cwd = made({
    "app.ts": `interface Options {
  readonly port: number;
}

export function create(): never {
  throw new Error("no database");
}
export const createLater = async (options: Options = { port: 1 }) => {
  await null;
  throw new RangeError(\`port \${options.port}\`);
};
export const app = Promise.reject(new Error("never"));
export const bare = () => Promise.reject("a string");
`,
  });
  assertRefused(
    load("app:create()", cwd),
    "factory-fails",
    /^cannot load app:create\(\): create\(\) of .*app\.ts failed$/m,
    /^Error: no database$/m,
    /app\.ts:6:9$/m,
    /^> 6 \| {3}throw new Error\("no database"\);$/m,
  );
  assertRefused(load("app:createLater()", cwd), "factory-fails", /^RangeError: port 1$/m, /app\.ts:10:9$/m);
  assertRefused(load("app:app", cwd), "factory-fails", /the promise app of .*app\.ts was rejected/, /app\.ts:12:35$/m);
  assertRefused(load("app:bare()", cwd), "factory-fails", /the string "a string" was thrown, which is no Error/);
});

test("a folder that the worker may not enter is named as the reason", (context) => {
  if (process.getuid?.() !== 0) return context.skip("needs to be run as root");
  const cwd = made({ "private/app.mjs": "" });
  const { stdout, stderr } = run(
    `import { chmodSync } from "node:fs";
    import { loadApplication } from ${JSON.stringify(pathToFileURL(join(source, "worker/loader.js")).href)};
    chmodSync("${cwd}/private", 0o700);
    process.setgroups([]), process.setgid(65534), process.setuid(65534);
    await loadApplication("private/app", { cwd: "${cwd}" }).catch((error) => console.log(error.code, error.message));`,
  );
  assert.match(stdout, /^no-module /, stderr);
  assert.match(stdout, new RegExp(`^${cwd}/private/app\\.ts may not be looked into by the user with id 65534$`, "m"));
});
