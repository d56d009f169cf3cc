// The rules of the house, read from the files themselves: who may import whom, what a file looks like, where its test is.
// Only text is read; nothing of src is loaded. A failure names the file, the line and the rule.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { codeOf, type ImportLine, importsOf, unreadableImports } from "./support/imports.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

interface Rule {
  /** Parts of src that may be imported as values and types. A part is a folder of src or a file beside them. */
  readonly values: readonly string[];
  /** Parts of which only types may be imported. */
  readonly types?: readonly string[];
  /** Modules of Node, without their prefix. */
  readonly node: readonly string[] | "any";
  /** Packages of npm. Each is known to one part, so that it can be replaced in one place. */
  readonly packages?: readonly string[];
}

// The reasons stand in docs/design.md. The ones that keep the server up: the master knows nothing about clients, a worker
// nothing about the master, and the wire nothing but bytes.
const PARTS: Readonly<Record<string, Rule>> = {
  protocol: { values: [], node: ["buffer"] },
  gateway: { values: ["protocol", "errors.ts"], types: ["config"], node: ["buffer"] },
  // The socket of an upgraded connection passes through the contract between the two, as a type.
  "gateway/exchange.ts": { values: ["protocol"], node: ["buffer", "net"] },
  // Who listens to an AbortSignal of Node is counted by Node.
  "gateway/draining.ts": { values: [], node: ["events"] },
  // A CGI program is its process: the streams and the environment are where its request is. Nothing else of the gateway knows one.
  "gateway/cgi-handler.ts": { values: ["protocol", "gateway"], node: ["process"] },
  // What else an application may look like. Node's own classes are the interface of Node's applications; ws speaks RFC 6455.
  interfaces: { values: ["protocol", "gateway", "modules", "errors.ts"], node: "any", packages: ["ws"] },
  modules: { values: ["errors.ts"], node: "any", packages: ["tsx"] },
  // Runs on any TSGI server, so it knows the contract and no server. How a file becomes a module, and what is shown when it fails, is
  // the same everywhere. (One package, one need: routes, multipart, cookies, types of files, what a client accepts, ranges.)
  application: {
    values: ["modules", "errors.ts"],
    types: ["gateway"],
    node: "any",
    packages: ["find-my-way", "@fastify/busboy", "cookie", "mime", "negotiator", "range-parser"],
  },
  // A template of the access log is checked where the option is read, by the one pure function that compiles it; so is a network.
  config: {
    values: ["modules", "errors.ts", "observe/access-format.ts", "protocol/address.ts"],
    types: ["ipc"],
    node: ["fs", "os", "path", "url", "util"],
    packages: ["yargs-parser"],
  },
  // What does not fit is named in the one form that every message has, also over the control socket.
  ipc: {
    values: ["config/quote.ts", "config/suggest.ts"],
    types: ["config", "modules", "observe", "errors.ts"],
    node: ["fs", "process", "stream"],
  },
  observe: {
    values: ["errors.ts"],
    types: ["config"],
    node: ["buffer", "fs", "module", "process", "tty"],
    packages: ["pino"],
  },
  worker: {
    values: [
      "protocol",
      "gateway",
      "interfaces",
      "development",
      "ipc",
      "observe",
      "modules",
      "errors.ts",
      "version.ts",
    ],
    types: ["config"],
    node: "any",
  },
  // What a worker shows while a program is being written: error pages, and scripts that reload them. Not loaded in production.
  development: {
    values: ["protocol", "gateway", "modules", "observe/pretty.ts", "errors.ts"],
    types: ["config", "ipc"],
    node: "any",
  },
  // Which files are watched and how a change is noticed. Knows files, and neither workers nor modules.
  watch: { values: ["errors.ts"], node: "any", packages: ["picomatch"] },
  // The modules are for the hooks of the configuration file, which run in the master.
  master: { values: ["config", "ipc", "modules", "observe", "watch", "errors.ts", "version.ts"], node: "any" },
  // One door to the master, and the words to start a worker's program as the master would (`tsgi check`). A CGI program has neither:
  // it serves its one request in the process of the command (`tsgi cgi`), which starts anew for each and can afford no second one.
  cli: {
    values: [
      "config",
      "ipc",
      "observe",
      "errors.ts",
      "version.ts",
      "master/main.ts",
      "master/ahead.ts",
      "master/program.ts",
      "worker/cgi.ts",
    ],
    node: "any",
    packages: ["commander"],
  },
  "index.ts": { values: ["config", "gateway", "errors.ts", "version.ts"], node: [] },
  "errors.ts": { values: [], node: [] },
  "version.ts": { values: [], node: ["fs"] },
};

// The decisions of the master are pure: facts in, actions out. Time, processes and randomness are arguments. That holds for
// these files and for every file that they import as a value.
const PURE_ROOTS = ["master/plan.ts", "master/state.ts"] as const;
const PURE_RULE: Rule = { values: ["master", "errors.ts"], types: ["config", "ipc", "modules"], node: [] };

const MAX_LINES = 350;
const MAY_BE_LONGER: Readonly<Record<string, string>> = {
  "src/config/options.ts": "one table, one row for each option",
};

/** Files without a test of their own name, with what holds them instead. Files of types and barrels need no row. */
const NO_MIRROR: Readonly<Record<string, string>> = {
  "worker/main.ts": "the start of a process; the process tests run it",
  "worker/watchdog-thread.ts":
    "a thread beside a main thread that is blocked; the process tests stuck, hangs, watchdog and inspect run it",
  "worker/inspect.ts": "needs another thread to look at; the same process tests hold it",
  "master/reader.ts": "the start of a process; test/master/configuration.test.ts runs it",
  "worker/connection-host.ts": "an interface and constants; test/worker/connection.test.ts holds them",
  "errors.ts": "a table; the messages and exit codes are held by the process tests",
  "version.ts": "one constant from package.json; the process tests compare it",
};

const partOf = (file: string): string => file.split("/")[0]!;

/** What is wrong with one import of `file` (a path within src), or undefined. */
function objection(file: string, found: ImportLine, pure: ReadonlySet<string>): string | undefined {
  const own = partOf(file);
  const rule = pure.has(file) ? PURE_RULE : (PARTS[file] ?? PARTS[own]);
  if (rule === undefined) return `"${own}" has no row in the table of parts`;
  if (found.from.startsWith("node:")) {
    const name = found.from.slice("node:".length);
    return rule.node === "any" || rule.node.includes(name) ? undefined : `${file} may not use Node's "${name}"`;
  }
  if (!found.from.startsWith(".")) {
    const name = found.from
      .split("/")
      .slice(0, found.from.startsWith("@") ? 2 : 1)
      .join("/");
    return rule.packages?.includes(name) === true ? undefined : `${own} may not use the package "${name}"`;
  }
  if (!found.from.endsWith(".ts")) return "an import carries its .ts ending";
  const target = posix.join(posix.dirname(file), found.from);
  const fits = (part: string): boolean => part === target || part === partOf(target);
  if (rule.values.some(fits)) return undefined;
  if (partOf(target) === own) return undefined;
  if (rule.types?.some(fits) === true) return found.typeOnly ? undefined : `${own} may import only types of ${target}`;
  return `${file} may not import ${target}`;
}

/** The first circle of imports, as the files along it. `edges` are imports of values: those of types are gone when it runs. */
function circle(edges: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const next of edges.get(file) ?? []) {
      const found = visit(next, [...path, file]);
      if (found !== undefined) return found;
    }
    done.add(file);
    return undefined;
  };
  for (const file of edges.keys()) {
    const found = visit(file, []);
    if (found !== undefined) return found;
  }
  return undefined;
}

const MACHINE_PATH = /(?<![\w.~-])\/(?:work|root|home\/\w+|Users\/\w+)\//;

const filesIn = (folder: string, ending: RegExp): readonly string[] =>
  !existsSync(ROOT + folder)
    ? []
    : readdirSync(ROOT + folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && ending.test(entry.name))
        .map((entry) => posix.join(entry.parentPath.slice(ROOT.length), entry.name))
        .filter((path) => !path.includes("node_modules/"))
        .sort();

const read = (path: string): string => readFileSync(ROOT + path, "utf8");
const SOURCES = filesIn("src", /\.ts$/).map((path) => {
  const source = read(path);
  return { path, file: path.slice("src/".length), source, code: codeOf(source) };
});

/** Who needs whom when it runs; imports of types are gone by then. */
const NEEDS: ReadonlyMap<string, readonly string[]> = new Map(
  SOURCES.map(({ file, code }) => [
    file,
    importsOf(code)
      .filter((found) => !found.typeOnly && found.from.startsWith("."))
      .map((found) => posix.join(posix.dirname(file), found.from)),
  ]),
);

/** The files and all that they need of the master, at any depth. */
function closure(files: readonly string[], needs: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const found = new Set(files);
  for (const file of found) {
    for (const next of needs.get(file) ?? []) if (partOf(next) === "master") found.add(next);
  }
  return found;
}

const PURE = closure(PURE_ROOTS, NEEDS);

const none = (wrong: readonly string[]): void => assert.equal(wrong.length, 0, `\n${wrong.join("\n")}`);

test("the table refuses what the house forbids and lets through what it needs", () => {
  const ask = (file: string, text: string): string | undefined =>
    objection(file, importsOf(text)[0]!, closure(PURE_ROOTS, new Map()));
  for (const [file, text] of [
    ["protocol/http1/codec.ts", 'import { readFile } from "node:fs";'],
    ["protocol/http1/codec.ts", 'import { x } from "../../errors.ts";'],
    ["gateway/run.ts", 'import { OPTIONS } from "../config/options.ts";'],
    ["master/main.ts", 'import { x } from "../worker/main.ts";'],
    ["master/main.ts", 'import type { X } from "../protocol/events.ts";'],
    ["worker/main.ts", 'import type { X } from "../master/state.ts";'],
    ["worker/main.ts", 'import { x } from "../cli/serve.ts";'],
    ["worker/main.ts", 'import { pino } from "pino";'],
    ["master/plan.ts", 'import process from "node:process";'],
    ["master/plan.ts", 'import { OPTIONS } from "../config/options.ts";'],
    ["cli/serve.ts", 'import { x } from "../master/arbiter.ts";'],
    ["cli/cgi.ts", 'import { x } from "../worker/loader.ts";'],
    ["config/parsers.ts", 'import { createLogger } from "../observe/log.ts";'],
    ["observe/log.ts", 'import type { X } from "../protocol/events.ts";'],
    ["gateway/run.ts", 'import { x } from "./body.js";'],
    ["gateway/run.ts", 'import process from "node:process";'],
    ["application/request.ts", 'import { x } from "../gateway/types.ts";'],
    ["application/request.ts", 'import type { X } from "../worker/worker.ts";'],
    ["elsewhere/x.ts", 'import { x } from "./y.ts";'],
  ] as const) {
    assert.notEqual(ask(file, text), undefined, `${file}: ${text}`);
  }
  for (const [file, text] of [
    ["protocol/http1/codec.ts", 'import { x } from "../bytes.ts";'],
    ["gateway/run.ts", 'import type { Settings } from "../config/options.ts";'],
    ["master/plan.ts", 'import type { Report } from "../ipc/messages.ts";'],
    ["master/plan.ts", 'import { x } from "./state.ts";'],
    ["cli/serve.ts", 'import { main } from "../master/main.ts";'],
    ["cli/cgi.ts", 'import { CgiProgram } from "../worker/cgi.ts";'],
    ["modules/tsx.ts", 'import { x } from "tsx/esm/api";'],
    ["application/request.ts", 'import type { X } from "../gateway/types.ts";'],
  ] as const) {
    assert.equal(ask(file, text), undefined, `${file}: ${text}`);
  }
});

test("what the pure files need is pure itself, at any depth", () => {
  const needs = new Map([
    ["master/plan.ts", ["master/moves.ts", "errors.ts"]],
    ["master/moves.ts", ["master/deep.ts"]],
  ]);
  assert.deepEqual([...closure(["master/plan.ts"], needs)], ["master/plan.ts", "master/moves.ts", "master/deep.ts"]);
  const [found] = importsOf('import process from "node:process";');
  assert.notEqual(objection("master/deep.ts", found!, closure(["master/plan.ts"], needs)), undefined);
  assert.equal(objection("master/other.ts", found!, closure(["master/plan.ts"], needs)), undefined);
});

test("every import of src is allowed by the table of parts", () => {
  assert.ok(SOURCES.length > 0);
  none(
    SOURCES.flatMap(({ path, file, code }) => [
      ...unreadableImports(code).map((line) => `${path}:${line}: this import cannot be read`),
      ...importsOf(code).flatMap((found) => {
        const why = objection(file, found, PURE);
        return why === undefined ? [] : [`${path}:${found.line}: ${found.text} -- ${why}`];
      }),
    ]),
  );
});

test("no file of src imports itself through others; imports of types do not count, for they are gone at run time", () => {
  assert.deepEqual(
    circle(
      new Map([
        ["a", ["b"]],
        ["b", ["c"]],
        ["c", ["b"]],
      ]),
    ),
    ["b", "c", "b"],
  );
  assert.equal(circle(NEEDS)?.join(" -> "), undefined);
});

test("names are exported, never a default", () => {
  none(
    SOURCES.flatMap(({ path, code }) =>
      code
        .split("\n")
        .flatMap((text, i) =>
          /^export default\b|^export \{[^}]*\bas default\b/.test(text) ? [`${path}:${i + 1}: ${text}`] : [],
        ),
    ),
  );
});

test(`no file is longer than ${MAX_LINES} lines, but for the table of options`, () => {
  const all = ["src", "bench", "scripts", "bin"].flatMap((folder) => filesIn(folder, /\.[mc]?[jt]s$/));
  none(
    all.flatMap((path) => {
      const lines = read(path).trimEnd().split("\n").length;
      return lines > MAX_LINES && !(path in MAY_BE_LONGER) ? [`${path}: ${lines} lines`] : [];
    }),
  );
});

test("each file opens with a comment on what it decides", () => {
  none(
    SOURCES.flatMap(({ path, source }) =>
      /^(?:\/\/ \S|\/\*)/.test(source) ? [] : [`${path}:1: ${source.split("\n")[0]}`],
    ),
  );
});

test("each file of src that does something has the test of its name", () => {
  const runs = /^(?:export )?(?:async |abstract )?(?:const|let|var|function|class)\b|^await\b|^\w+(?:\.\w+)*\(/m;
  none(
    SOURCES.flatMap(({ path, file, code }) => {
      const mirror = `test/${file.replace(/\.ts$/, ".test.ts")}`;
      if (existsSync(ROOT + mirror))
        return file in NO_MIRROR ? [`${path}: has ${mirror}; take it off the exceptions`] : [];
      return runs.test(code) && !(file in NO_MIRROR) ? [`${path}: no ${mirror}`] : [];
    }).concat(
      Object.keys(NO_MIRROR)
        .filter((file) => !existsSync(`${ROOT}src/${file}`))
        .map((file) => `src/${file}: is gone; take it off the exceptions`),
    ),
  );
});

test("nothing that is published names a path of somebody's machine", () => {
  assert.match("see /home/ada/app", MACHINE_PATH);
  assert.doesNotMatch("https://example.org/home/ada/x and ./home/x and /run/app.sock", MACHINE_PATH);
  const texts = ["src", "docs", "examples", "templates", "bench", "scripts", "bin"].flatMap((folder) =>
    filesIn(folder, /\.(?:[mc]?[jt]s|md|json|conf|service|svg|html|sh)$/),
  );
  none(
    [
      ...texts,
      ...["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "package.json"].filter((path) => existsSync(ROOT + path)),
    ].flatMap((path) =>
      read(path)
        .split("\n")
        .flatMap((text, i) => (MACHINE_PATH.test(text) ? [`${path}:${i + 1}: ${text.trim()}`] : [])),
    ),
  );
});
