// The applications that are saved: their files, and the one file that a save changes. The same modules for every server; only the entry
// differs, as it has to. Knows TypeScript as Node itself can strip it. Does not know who runs it.

import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export type ApplicationName = "one" | "hundred" | "express" | "hono";

export interface Application {
  readonly name: ApplicationName;
  readonly title: string;
  /** Which file a save changes, relative to the folder. Null for the entry itself. */
  readonly saved: string | null;
  /** What every server has, by path. The saved one is not among them. */
  readonly modules: Readonly<Record<string, string>>;
  /** The saved file, when it is a module. */
  readonly leaf: (version: number) => string;
  /** For tsgi: a module that exports `application`. */
  readonly exported: (version: number) => string;
  /** For the peers: a program that listens on PORT. */
  readonly listening: (version: number) => string;
}

/** Where the entries are. */
export const ENTRIES = { exported: "app.ts", listening: "server.ts" } as const;

const versionIs = (version: number): string => `const version: number = ${version};\n`;
const TSGI = `export const application = (environ: { readonly PATH_INFO: string }, startResponse: (status: string, headers: [string, string][]) => void) => {
  const body = text(environ.PATH_INFO);
  startResponse("200 OK", [["content-type", "text/plain"], ["content-length", String(body.length)]]);
  return [body];
};
`;
const LISTEN =
  "createServer((request, response) => {\n  const body = text(request.url ?? '');\n  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': body.length });\n  response.end(body);\n}).listen(Number(process.env['PORT']), '127.0.0.1');\n";
const TEXT = 'const text = (path: string): string => ["version", version, "of", path].join(" ");\n';

const ONE: Application = {
  ...{ name: "one", title: "one file", saved: null, modules: {} },
  leaf: () => "",
  exported: (version) => `${versionIs(version)}${TEXT}${TSGI}`,
  listening: (version) => `import { createServer } from "node:http";\n${versionIs(version)}${TEXT}${LISTEN}`,
};

/** The tree has this many modules beside the entry; each has two below it. */
const MODULES = 99;
/** One of the last: everything from it up to the entry is loaded again with it. */
const LEAF = 73;
const modulePath = (at: number): string => `modules/module-${at}.ts`;

/** About what a small module of a service has: an interface, a class, a table, some functions. */
function moduleText(at: number): string {
  const below = [2 * at, 2 * at + 1].filter((one) => one <= MODULES);
  const imports = below.map((one) => `import { value as value${one} } from "./module-${one}.ts";\n`).join("");
  const sum = [String(at), ...below.map((one) => `value${one}`)].join(" + ");
  const rows = Array.from(
    { length: 12 },
    (_, row) => `  { id: ${row}, name: "row ${row} of ${at}", weight: ${row * at} },`,
  );
  return `${imports}
export interface Row${at} {
  readonly id: number;
  readonly name: string;
  readonly weight: number;
}

type Found<T extends Row${at}> = { readonly row: T; readonly rank: number } | null;

const ROWS: readonly Row${at}[] = [
${rows.join("\n")}
];

export class Store${at} {
  readonly #rows = new Map<number, Row${at}>();

  constructor(rows: readonly Row${at}[] = ROWS) {
    for (const row of rows) this.#rows.set(row.id, row);
  }

  find(name: string): Found<Row${at}> {
    const sorted: Row${at}[] = [...this.#rows.values()].sort((a: Row${at}, b: Row${at}): number => b.weight - a.weight);
    const rank: number = sorted.findIndex((row) => row.name === name);
    const row = sorted[rank];
    return row === undefined ? null : { row, rank };
  }

  get total(): number {
    return [...this.#rows.values()].reduce((sum: number, { weight }) => sum + weight, 0);
  }
}

export const store: Store${at} = new Store${at}();
export const value: number = ${sum};
`;
}

const HUNDRED: Application = {
  ...{ name: "hundred", title: "100 files", saved: modulePath(LEAF) },
  modules: Object.fromEntries(
    Array.from({ length: MODULES }, (_, at) => at + 1)
      .filter((at) => at !== LEAF)
      .map((at) => [modulePath(at), moduleText(at)]),
  ),
  leaf: (version) => `${moduleText(LEAF)}export const version: number = ${version};\n`,
  exported: () => `${importsOf()}${TEXT}${TSGI}`,
  listening: () => `import { createServer } from "node:http";\n${importsOf()}${TEXT}${LISTEN}`,
};

function importsOf(): string {
  return `import { value } from "./${modulePath(1)}";\nimport { version } from "./${modulePath(LEAF)}";\nif (value !== ${(MODULES * (MODULES + 1)) / 2}) throw new Error("wrong sum");\n`;
}

const EXPRESS_APP = `import express from "express";\nconst app = express();\napp.get("/", (request, response) => {\n  response.type("text/plain").send(text(request.path));\n});\n`;
const EXPRESS: Application = {
  ...{ name: "express", title: "an Express application", saved: null, modules: {} },
  leaf: () => "",
  exported: (version) => `${versionIs(version)}${TEXT}${EXPRESS_APP}export const application = app;\n`,
  listening: (version) =>
    `${versionIs(version)}${TEXT}${EXPRESS_APP}app.listen(Number(process.env["PORT"]), "127.0.0.1");\n`,
};

const HONO_APP = `import { Hono } from "hono";\nconst app = new Hono();\napp.get("/", (context) => context.text(text(context.req.path)));\n`;
const HONO: Application = {
  ...{ name: "hono", title: "a Hono application", saved: null, modules: {} },
  leaf: () => "",
  exported: (version) => `${versionIs(version)}${TEXT}${HONO_APP}export const application = app;\n`,
  listening: (version) =>
    `import { serve } from "@hono/node-server";\n${versionIs(version)}${TEXT}${HONO_APP}serve({ fetch: app.fetch, port: Number(process.env["PORT"]), hostname: "127.0.0.1" });\n`,
};

export const APPLICATIONS: readonly Application[] = [ONE, HUNDRED, EXPRESS, HONO];

const PACKAGES = fileURLToPath(new URL("../../node_modules", import.meta.url));

/** A folder with the application, at version 0. */
export function writeApplication(application: Application, folder: string): void {
  const { modules, saved, leaf, exported, listening } = application;
  const files: Record<string, string> = {
    "package.json": '{ "type": "module", "private": true }\n',
    [ENTRIES.exported]: exported(0),
    [ENTRIES.listening]: listening(0),
    ...modules,
    ...(saved === null ? {} : { [saved]: leaf(0) }),
  };
  mkdirSync(join(folder, "modules"), { recursive: true });
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
  symlinkSync(PACKAGES, join(folder, "node_modules"));
}

/** What a save writes, and where, for a server with this entry. */
export function save(
  application: Application,
  entry: keyof typeof ENTRIES,
  version: number,
): { path: string; text: string } {
  const { saved, leaf } = application;
  return saved === null
    ? { path: ENTRIES[entry], text: application[entry](version) }
    : { path: saved, text: leaf(version) };
}
