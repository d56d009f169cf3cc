// `--check`: the project's own TypeScript, watching beside the server, and what it says in the server's log. Type errors stop nothing.
// Knows the words of `tsc --watch`. Does not know which files the server loads.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { parseTarget } from "../modules/target.ts";
import type { LogLevel } from "./moves.ts";

export interface TypeCheckParts {
  /** The application, whose folder decides which TypeScript and which tsconfig.json are meant. */
  readonly app: string;
  readonly chdir: string;
  readonly say: (level: LogLevel, message: string) => void;
}

/**
 * Stands between the server and tsc, which watches until somebody kills it, and is a native program behind a script from TypeScript 7 on. It
 * leads a process group of its own, and kills that when its standard input ends: also when the server was killed.
 */
const GUARD = `
const { spawn } = require("node:child_process");
const end = () => process.kill(-process.pid, "SIGKILL");
process.stdin.on("end", end).on("error", end).resume();
const tsc = spawn(process.execPath, process.argv.slice(1), { stdio: ["ignore", "inherit", "inherit"] });
tsc.on("error", (error) => { console.error(String(error)); process.exit(1); });
tsc.on("exit", (code) => process.exit(code ?? 1));
`;

export class TypeCheck {
  readonly #parts: TypeCheckParts;
  #child: ChildProcess | undefined;
  #deaths = 0;
  #isOver = false;
  readonly #reader = new TscReader();

  constructor(parts: TypeCheckParts) {
    this.#parts = parts;
  }

  start(): void {
    const { app, chdir, say } = this.#parts;
    const project = findProject(app, chdir);
    if (typeof project === "string") say("warn", project);
    else this.#run(project);
  }

  /** Ends tsc, with all that it started. */
  close(): void {
    this.#isOver = true;
    this.#child?.stdin?.end();
  }

  #run(project: TypeScriptProject): void {
    const { say } = this.#parts;
    const { NODE_OPTIONS: _meantForTheServer, ...env } = process.env;
    const watch = ["--noEmit", "--watch", "--preserveWatchOutput", "--pretty", "--locale", "en"];
    const child = spawn(process.execPath, ["-e", GUARD, "--", project.tsc, ...watch, "-p", project.config], {
      ...{ cwd: project.folder, env, detached: true, stdio: ["pipe", "pipe", "pipe"] },
    });
    this.#child = child;
    // It may be gone when it is told to go.
    child.stdin.on("error", () => {});
    child.unref();
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        const said = this.#reader.read(line);
        if (said !== null && !this.#isOver) say(said.level, said.message);
      });
    }
    child.on("error", (error) => say("warn", `--check: ${error.message}`));
    child.on("close", (code) => {
      if (this.#isOver) return;
      this.#deaths += 1;
      const last = this.#reader.rest();
      const how = `tsc ended with code ${code}${last === "" ? "" : `\n${last}`}`;
      if (this.#deaths > 1) say("warn", `${how}\nit is not started again: types are not checked until the server is`);
      else {
        say("warn", how);
        this.#run(project);
      }
    });
  }
}

export interface TypeScriptProject {
  /** The script of tsc. */
  readonly tsc: string;
  readonly config: string;
  readonly folder: string;
}

/** The TypeScript and the tsconfig.json that are nearest to the application, or what to do about it that there is none. */
export function findProject(app: string, chdir: string): TypeScriptProject | string {
  const start = folderOf(app, chdir);
  const config = nearest("tsconfig.json", start);
  if (config === null) {
    return `--check wants a tsconfig.json in ${start} or above it: npx tsc --init writes one`;
  }
  let about: string;
  try {
    about = createRequire(join(start, "x.js")).resolve("typescript/package.json");
  } catch {
    return `--check wants the project's own TypeScript: npm install --save-dev typescript @types/node`;
  }
  const { bin } = JSON.parse(readFileSync(about, "utf8")) as { readonly bin?: { readonly tsc?: string } };
  const tsc = join(dirname(about), bin?.tsc ?? "bin/tsc");
  return { tsc, config, folder: dirname(config) };
}

/** Where the module of the application is, when it is a file; else where the server runs. */
function folderOf(app: string, chdir: string): string {
  const folder = dirname(resolve(chdir, parseTarget(app).module));
  const isBelow = !relative(chdir, folder).startsWith("..");
  return isBelow && existsSync(folder) ? folder : chdir;
}

function nearest(name: string, folder: string): string | null {
  const file = join(folder, name);
  if (existsSync(file)) return file;
  const parent = dirname(folder);
  return parent === folder ? null : nearest(name, parent);
}

export interface TscSaying {
  readonly level: "info" | "warn";
  readonly message: string;
}

const COLOURS = /\x1b\[[0-9;]*m/g;
/** `[09:27:34 PM] ` */
const CLOCK = /^\[[^\]]*\d:\d\d[^\]]*\] /;
const BEGIN = /^(?:Starting (?:incremental )?compilation|File change detected)/;
const END = /^Found (\d+) errors?\. Watching for file changes/;
/** Says the same as the last line, in other words. */
const SUMMARY = /^Found \d+ errors? in /;

/** Makes one saying of one run of the checker. What is as it was is not said again. */
export class TscReader {
  #lines: string[] = [];
  #last: string | null = null;

  /** @returns What there is to say now; null mostly. */
  read(line: string): TscSaying | null {
    const bare = line.replace(COLOURS, "");
    const words = bare.replace(CLOCK, "");
    if (words !== bare && BEGIN.test(words)) {
      this.#lines = [];
      return null;
    }
    const end = words === bare ? null : END.exec(words);
    if (end === null) {
      if (!SUMMARY.test(bare)) this.#lines.push(bare);
      return null;
    }
    const details = this.rest();
    if (details === this.#last) return null;
    this.#last = details;
    const count = Number(end[1]);
    if (count === 0) return { level: "info", message: "no type errors" };
    return { level: "warn", message: `${count} type error${count === 1 ? "" : "s"}\n${details}` };
  }

  /** What was said since the last run began or ended. */
  rest(): string {
    const text = this.#lines
      .join("\n")
      .replace(/\n{3,}/g, "\n\n")
      .trim();
    this.#lines = [];
    return text;
  }
}
