// The files that a tsconfig.json consists of, and the aliases that hold under it.
// Knows JSON with comments and `extends`. Does not check anything: tsx says what is wrong with it.

import { createRequire } from "node:module";
import { dirname, isAbsolute, resolve } from "node:path";
import { type Alias, candidatesOf } from "./candidates.ts";
import { read, readText } from "./stack.ts";

export interface Tsconfig {
  /** It and all that it extends, as far as they are there. */
  readonly files: readonly string[];
  /** What would have been extended, had it been there. */
  readonly missing: readonly string[];
  readonly aliases: readonly Alias[];
}

/** Never throws: what cannot be read has no part in it. */
export function readTsconfig(file: string): Tsconfig {
  const seen: Seen = { files: new Set(), missing: [] };
  const compiler = optionsOf(file, seen);
  return { files: [...seen.files], missing: seen.missing, aliases: aliasesOf(compiler) };
}

interface Compiler {
  /** Absolute. */
  readonly baseUrl?: string;
  readonly paths?: unknown;
  /** The folder of the file in which the paths stand. */
  readonly pathsFolder?: string;
}

interface Seen {
  readonly files: Set<string>;
  readonly missing: string[];
}

function optionsOf(file: string, seen: Seen): Compiler {
  if (seen.files.has(file)) return {};
  const text = readText(file);
  if (text === null) {
    seen.missing.push(file);
    return {};
  }
  seen.files.add(file);
  const config = parse(text);
  const extended = read(config, "extends");
  let compiler: Compiler = {};
  // The later of several goes before the earlier, and the file itself before all.
  for (const name of Array.isArray(extended) ? extended : [extended]) {
    if (typeof name !== "string") continue;
    const path = pathOf(name, file);
    if (path !== null) compiler = { ...compiler, ...optionsOf(path, seen) };
    else seen.missing.push(...candidatesOf({ specifier: name, importer: file, lookedAt: null, aliases: [] }));
  }
  const own = read(config, "compilerOptions");
  const baseUrl = read(own, "baseUrl");
  const paths = read(own, "paths");
  return {
    ...compiler,
    ...(typeof baseUrl === "string" ? { baseUrl: resolve(dirname(file), baseUrl) } : {}),
    ...(paths === undefined ? {} : { paths, pathsFolder: dirname(file) }),
  };
}

function pathOf(name: string, from: string): string | null {
  if (name.startsWith(".") || isAbsolute(name)) {
    const path = resolve(dirname(from), name);
    return path.endsWith(".json") ? path : `${path}.json`;
  }
  for (const tried of [name, `${name}.json`, `${name}/tsconfig.json`]) {
    try {
      return createRequire(from).resolve(tried);
    } catch {
      // Not by this name.
    }
  }
  return null;
}

function aliasesOf({ baseUrl, paths, pathsFolder = "" }: Compiler): readonly Alias[] {
  const aliases = Object.entries(typeof paths === "object" && paths !== null ? paths : {}).map(
    ([pattern, targets]) => ({
      pattern,
      targets: (Array.isArray(targets) ? targets : [])
        .filter((target) => typeof target === "string")
        .map((target) => resolve(baseUrl ?? pathsFolder, target)),
    }),
  );
  return baseUrl === undefined ? aliases : [...aliases, { pattern: "*", targets: [resolve(baseUrl, "*")] }];
}

function parse(text: string): unknown {
  // Strings are matched so that what looks like a comment in one stays.
  const bare = text.replace(/^\uFEFF/, "").replace(/("(?:\\.|[^"\\])*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, "$1");
  try {
    return JSON.parse(bare.replace(/("(?:\\.|[^"\\])*")|,(?=\s*[}\]])/g, "$1"));
  } catch {
    return null;
  }
}
