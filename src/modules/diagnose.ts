// Where an ES module does not parse. V8 keeps that place hidden: it is in no property of the SyntaxError, only in what
// Node prints for an uncaught one. So a child process parses the same files, evaluating none, and its last words are read.

import { execFile } from "node:child_process";
import { type Place, placeAboveStack } from "./stack.ts";

/** Parsing a large application's files takes well under a second; a boot must not hang on a diagnosis. */
const DIAGNOSE_TIMEOUT_MS = 10_000;

/**
 * Walks what the entry imports, breadth first, through local files and packages. TypeScript is only looked through for
 * imports, and so is CommonJS: for both the error itself says where it is.
 */
const WALK = `
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import vm from "node:vm";
const isModule = (file, source) => {
  if (/\\.mjs$/.test(file)) return true;
  if (!/\\.js$/.test(file)) return false;
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    try {
      const type = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).type;
      if (type !== undefined) return type === "module";
      break;
    } catch {}
    if (dirname(folder) === folder) break;
  }
  try {
    vm.compileFunction(source, ["exports", "require", "module", "__filename", "__dirname"]);
    return false;
  } catch {
    return true;
  }
};
const locate = (specifier, file) => {
  try {
    if (!/^(?:\\.|\\/|file:)/.test(specifier)) return [createRequire(file).resolve(specifier)];
    const path = fileURLToPath(new URL(specifier, pathToFileURL(file)));
    const endings = ["", ".ts", ".js", "/index.ts", "/index.js"].map((ending) => path + ending);
    return [...endings, path.replace(/js$/, "ts")].filter((name) => existsSync(name)).slice(0, 1);
  } catch {
    return [];
  }
};
const queue = [process.argv[1]];
const seen = new Set(queue);
for (const file of queue) {
  let source;
  try {
    source = readFileSync(file, "utf8");
  } catch {
    continue;
  }
  const found = isModule(file, source) ? [...new vm.SourceTextModule(source, { identifier: file }).dependencySpecifiers] : [];
  for (const match of source.matchAll(/\\b(?:from|import|require)\\s*\\(?\\s*["']([^"'\\n]+)["']/g)) found.push(match[1]);
  for (const next of found.flatMap((specifier) => locate(specifier, file))) {
    if (seen.has(next)) continue;
    seen.add(next);
    queue.push(next);
  }
}
`;

/**
 * @param entry The absolute path of the file that was imported.
 * @param message The SyntaxError's message: another error found on the way is not the one that is asked about.
 * @returns null when the place cannot be found, for instance where child processes are not permitted.
 */
export async function findSyntaxError(entry: string, message: string): Promise<Place | null> {
  // NODE_OPTIONS may preload the application's own code, which must not run twice.
  const { NODE_OPTIONS: _, ...env } = process.env;
  const flags = ["--no-warnings", "--experimental-vm-modules", "--input-type=module", "--eval", WALK, "--", entry];
  const stderr = await new Promise<string>((resolve) => {
    try {
      execFile(process.execPath, flags, { env, timeout: DIAGNOSE_TIMEOUT_MS }, (_error, _out, err) => resolve(err));
    } catch {
      resolve("");
    }
  });
  return stderr.includes(`SyntaxError: ${message}`) ? placeAboveStack(stderr) : null;
}
