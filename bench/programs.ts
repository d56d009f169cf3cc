// The programs that peers run on: where they are found, which version they are, and what brings them where they are missing.
// None of them is a dependency of the package: the two frameworks are of its development, and the rest is looked for.

import { execFileSync } from "node:child_process";
import { accessSync, constants, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";

interface ProgramRow {
  /** The name on PATH. */
  readonly file: string;
  /** A variable that names the program, looked at before PATH. */
  readonly variable?: string;
  /** What makes it print its version. */
  readonly version: readonly string[];
  /** The command that brings it. */
  readonly install: string;
}

const PROGRAMS = {
  wrk: { file: "wrk", version: ["-v"], install: "apt-get install wrk" },
  bun: {
    file: "bun",
    variable: "BENCH_BUN",
    version: ["--version"],
    install: "npm install --prefix <folder> bun, then BENCH_BUN=<folder>/node_modules/.bin/bun",
  },
  uwsgi: { file: "uwsgi", version: ["--version"], install: "apt-get install uwsgi uwsgi-plugin-python3" },
  uvicorn: {
    file: "uvicorn",
    version: ["--version"],
    install: "apt-get install uvicorn python3-uvloop python3-httptools",
  },
  gunicorn: { file: "gunicorn", version: ["--version"], install: "apt-get install gunicorn" },
} as const satisfies Record<string, ProgramRow>;

export type ProgramName = keyof typeof PROGRAMS | "node";

/** Where it is, or undefined. */
export function findProgram(name: ProgramName, env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (name === "node") return process.execPath;
  const row: ProgramRow = PROGRAMS[name];
  const named = row.variable === undefined ? undefined : env[row.variable];
  const candidates =
    named !== undefined && named !== ""
      ? [named]
      : (env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, row.file));
  return candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** What to do about one that is missing. */
export const installHint = (name: ProgramName): string => (name === "node" ? "" : PROGRAMS[name].install);

/** The first thing in a text that looks like a version. */
export const versionIn = (text: string): string => /\d+\.\d+[\w.+-]*/.exec(text)?.[0] ?? "unknown";

/** The versions of all that was found, by name: what a figure cannot be compared without. */
export function versions(): Readonly<Record<string, string>> {
  const found: Record<string, string> = {
    node: process.versions.node,
    tsgi: packageVersion("../package.json"),
    fastify: packageVersion("../node_modules/fastify/package.json"),
    express: packageVersion("../node_modules/express/package.json"),
    hono: packageVersion("../node_modules/hono/package.json"),
    "@hono/node-server": packageVersion("../node_modules/@hono/node-server/package.json"),
    srvx: packageVersion("../node_modules/srvx/package.json"),
    ws: packageVersion("../node_modules/ws/package.json"),
  };
  for (const [name, row] of Object.entries(PROGRAMS)) {
    const path = findProgram(name as ProgramName);
    if (path !== undefined) found[name] = versionIn(printed(path, row.version));
  }
  return found;
}

const packageVersion = (path: string): string =>
  (JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")) as { version: string }).version;

/** `wrk -v` ends with 1 and still says its version. */
function printed(path: string, args: readonly string[]): string {
  try {
    return execFileSync(path, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch (error) {
    return String((error as { stdout?: unknown }).stdout ?? "");
  }
}
