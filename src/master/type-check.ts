// `--check`: the project's own TypeScript, watching beside the server, and what it says in the server's log. Type errors stop nothing.
// Knows the words of `tsc --watch`. Does not know which files the server loads.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve, sep } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { nearestAbove } from "../modules/resolve.ts";
import { moduleOf } from "../modules/target.ts";
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
  #project: TypeScriptProject | undefined;
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
    if (typeof project === "string") {
      say("warn", project);
      return;
    }
    this.#project = project;
    this.#run(project);
  }

  /** A file of the program has changed. tsc knows that by itself, unless it is deaf: then it is started anew. */
  changed(): void {
    if (this.#isOver || this.#project?.isDeaf !== true) return;
    this.#child?.stdin?.end();
    this.#run(this.#project);
  }

  /** Ends tsc, with all that it started. */
  close(): void {
    this.#isOver = true;
    this.#child?.stdin?.end();
  }

  #run(project: TypeScriptProject): void {
    this.#reader.rest();
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
        if (said !== null && this.#isWanted(child)) say(said.level, said.message);
      });
    }
    child.on("error", (error) => say("warn", `--check: ${error.message}`));
    child.on("close", (code) => {
      if (!this.#isWanted(child)) return;
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

  #isWanted(child: ChildProcess): boolean {
    return !this.#isOver && child === this.#child;
  }
}

export interface TypeScriptProject {
  /** The script of tsc. */
  readonly tsc: string;
  readonly config: string;
  readonly folder: string;
  /** It will not notice changes here. */
  readonly isDeaf: boolean;
}

/**
 * TypeScript 7 takes folders near the root of the file system for too large to be watched, and says nothing: ~/app is one, and
 * /app in a container (7.0.2, measured). Older ones watch everywhere.
 */
const WATCHED_DEPTH = 4;

interface TypeScriptPackage {
  readonly version?: string;
  readonly bin?: { readonly tsc?: string };
}

/** The TypeScript and the tsconfig.json that are nearest to the application, or what to do about it that there is none. */
export function findProject(app: string, chdir: string): TypeScriptProject | string {
  const start = folderOf(app, chdir);
  const config = nearestAbove("tsconfig.json", start);
  if (config === null) {
    return `--check wants a tsconfig.json in ${start} or above it: npx tsc --init writes one`;
  }
  let about: string;
  try {
    about = createRequire(join(start, "x.js")).resolve("typescript/package.json");
  } catch {
    return `--check wants the project's own TypeScript: npm install --save-dev typescript @types/node`;
  }
  const { version = "", bin } = JSON.parse(readFileSync(about, "utf8")) as TypeScriptPackage;
  const tsc = join(dirname(about), bin?.tsc ?? "bin/tsc");
  const folder = dirname(config);
  const depth = folder.split(sep).filter((part) => part !== "").length;
  return { tsc, config, folder, isDeaf: Number.parseInt(version, 10) >= 7 && depth < WATCHED_DEPTH };
}

/** Where the module of the application is, when it is a file; else where the server runs. */
function folderOf(app: string, chdir: string): string {
  const folder = dirname(resolve(chdir, moduleOf(app) ?? "."));
  const isBelow = !relative(chdir, folder).startsWith("..");
  return isBelow && existsSync(folder) ? folder : chdir;
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
