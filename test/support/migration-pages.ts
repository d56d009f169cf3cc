// What stands on the pages of docs/migration: their programs, commands and tables, and the programs of the others that are run to compare.

import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, watch, writeFileSync } from "node:fs";
import net from "node:net";
import { dirname, join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { ask, type RawResponse } from "./client.ts";
import { testedNode } from "./compiled.ts";
import { cleanEnv } from "./run-cli.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const FOLDER = "docs/migration";

/** Names of the pages: `gunicorn`. */
export const PAGES: readonly string[] = readdirSync(join(ROOT, FOLDER)).map((file) => file.replace(/\.md$/, ""));

export const textOf = (page: string): string => readFileSync(join(ROOT, FOLDER, `${page}.md`), "utf8");

export interface Block {
  readonly language: string;
  /** Empty where the page gives none. */
  readonly name: string;
  readonly text: string;
}

export const blocksOf = (page: string): readonly Block[] =>
  [...textOf(page).matchAll(/^```(\w+)(.*)\n([\s\S]*?)^```$/gm)].map(([, language = "", name = "", text = ""]) => ({
    language,
    name: name.trim(),
    text,
  }));

const ENDINGS: Readonly<Record<string, string>> = { ts: ".ts", python: ".py", js: "" };

/** The programs of a page by the names of their files. */
export const filesOf = (page: string): ReadonlyMap<string, string> =>
  new Map(
    blocksOf(page).flatMap(({ language, name, text }) => {
      const ending = ENDINGS[language];
      if (ending === undefined || name === "") return [];
      return [[name.endsWith(ending) ? name : name + ending, text]];
    }),
  );

/** Makes a project of a page's programs, in which `tsgi` and the frameworks are found. */
export function writePage(folder: string, page: string): void {
  for (const [path, text] of filesOf(page)) writeFileSync(join(folder, path), text);
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(ROOT, join(folder, "node_modules/tsgi"));
  symlinkSync(join(ROOT, "node_modules/express"), join(folder, "node_modules/express"));
}

/** Lines of the page's shell blocks, and what its units and images start. */
export const commandsOf = (page: string): readonly string[] =>
  blocksOf(page)
    .flatMap(({ language, text }) => {
      if (language === "sh") return text.trim().split("\n");
      if (language === "dockerfile") return [(JSON.parse(text.replace(/^CMD /, "")) as string[]).join(" ")];
      if (language === "ini") return [...text.matchAll(/^ExecStart=(.*)$/gm)].map(([, line = ""]) => line);
      return [];
    })
    .map((line) => line.replace(/^\S*node_modules\/\.bin\/(?=tsgi )/, ""));

/** A row of a table: its cells as they stand there. */
export interface Row {
  readonly cells: readonly string[];
  /** The head of its table. */
  readonly head: readonly string[];
}

export function rowsOf(page: string): readonly Row[] {
  const rows: Row[] = [];
  let head: readonly string[] | undefined;
  for (const line of textOf(page).split("\n")) {
    const cells = line.startsWith("|")
      ? line
          .slice(1, -1)
          .split("|")
          .map((cell) => cell.trim())
      : undefined;
    if (cells === undefined) head = undefined;
    else if (head === undefined) head = cells;
    else if (cells.some((cell) => cell !== "---")) rows.push({ cells, head });
  }
  return rows;
}

/** What stands between backticks. */
export const quoted = (text: string): readonly string[] =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, word = ""]) => word);

/** Words that begin with two dashes. */
export const flagsIn = (text: string): readonly string[] =>
  [...text.matchAll(/(?<![\w-])--[a-z][a-z\d_-]*/g)].map(([word]) => word);

/** A Python that has all these modules; undefined where none has. */
export function pythonWith(...modules: readonly string[]): string | undefined {
  const test = `import ${modules.join(", ")}`;
  return ["python3", "/usr/bin/python3"].find((python) => spawnSync(python, ["-c", test]).status === 0);
}

/** For `skip`: a reason, or false. Where CI is set nothing is skipped, for nobody would read it. */
export const without = (python: string | undefined, what: string): string | false =>
  python !== undefined || process.env["CI"] !== undefined ? false : `not installed for any python3: ${what}`;

/** Somebody else's server: started, and waited for until it says where it listens. */
export async function startOther(
  t: Pick<TestContext, "after">,
  command: readonly [string, ...string[]],
  { cwd, says }: { readonly cwd: string; readonly says: RegExp },
): Promise<number> {
  const [program, ...args] = command;
  const child = spawn(program, args, { cwd, env: cleanEnv(), stdio: ["ignore", "pipe", "pipe"] });
  t.after(() => ended(child));
  const lines: string[] = [];
  const port = new Promise<number>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        lines.push(line);
        const found = says.exec(line)?.[1];
        if (found !== undefined) resolve(Number(found));
      });
    }
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`${program} ended:\n${lines.join("\n")}`)));
  });
  return port;
}

/** A program of Node that listens on `PORT`: given a path there, it serves a Unix socket. Waited for until that is there. */
export async function startNode(
  t: Pick<TestContext, "after">,
  folder: string,
  file: string,
  env: Readonly<Record<string, string>>,
): Promise<OtherNode> {
  const name = `${file}.sock`;
  const socket = join(folder, name);
  const gate = new AbortController();
  const watcher = watch(folder, { signal: gate.signal });
  const appeared = new Promise<void>((resolve) => watcher.on("change", (_event, what) => what === name && resolve()));
  const child = spawn(testedNode(), [file], {
    cwd: folder,
    env: cleanEnv({ ...env, PORT: socket }),
    stdio: ["ignore", "inherit", "inherit"],
  });
  t.after(() => ended(child));
  const gone = once(child, "exit").then(() => assert.fail(`${file} ended before it listened`));
  await Promise.race([appeared, gone]);
  gate.abort();
  // The path is there a moment before the socket listens.
  await Promise.race([connectable(socket), gone]);
  gone.catch(() => {});
  return { socket, child };
}

async function connectable(path: string): Promise<void> {
  for (;;) {
    const socket = net.connect(path);
    const refused = await once(socket, "connect").then(
      () => false,
      () => true,
    );
    socket.destroy();
    if (!refused) return;
  }
}

export interface OtherNode {
  readonly socket: string;
  readonly child: ChildProcess;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), 5_000);
  await once(child, "exit");
  clearTimeout(late);
}

export interface Question {
  readonly method?: string;
  readonly target: string;
  readonly body?: string;
  readonly type?: string;
}

/** One request; the answer in what two servers of one program have in common. */
export async function put(where: number | string, question: Question, prefix = ""): Promise<Answer> {
  const { method = "GET", target, body = "", type = "text/plain" } = question;
  const length = method === "GET" ? "" : `Content-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
  const head = `${method} ${prefix}${target} HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n${length}\r\n`;
  // The client speaks latin-1: a character for each byte.
  return answerOf(await ask(where, head + Buffer.from(body).toString("latin1")));
}

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly location: string | undefined;
  readonly body: unknown;
}

function answerOf({ status, fields, body }: RawResponse): Answer {
  const [type = ""] = (fields["content-type"] ?? "").split(";");
  const path = fields["location"]?.replace(/^https?:\/\/[^/]*/, "");
  // How JSON is laid out, and what a redirect says to people, is the framework's affair.
  const shown = path !== undefined ? "" : type === "application/json" ? (JSON.parse(body) as unknown) : body;
  return { status, type: path === undefined ? type : "", location: path, body: shown };
}

/** Where a link of the page leads, from the root of the project. */
export const linksOf = (page: string): readonly { readonly path: string; readonly anchor: string | undefined }[] =>
  [...textOf(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)].map(([, path = "", anchor]) => ({
    path: path === "" ? join(FOLDER, `${page}.md`) : join(dirname(join(FOLDER, page)), path),
    anchor,
  }));
