// The files that a tsconfig.json consists of, and the aliases that hold under it.
// Knows JSON with comments and `extends`. Does not check anything: tsx says what is wrong with it.

import { createRequire } from "node:module";
import { dirname, isAbsolute, resolve } from "node:path";
import type { Alias } from "./candidates.ts";
import { read, readText } from "./stack.ts";

export interface Tsconfig {
  /** It and all that it extends, also those that are not there. */
  readonly files: readonly string[];
  readonly aliases: readonly Alias[];
}

/** Never throws: what cannot be read has no part in it. */
export function readTsconfig(file: string): Tsconfig {
  const files = new Set<string>();
  const compiler = optionsOf(file, files);
  return { files: [...files], aliases: aliasesOf(compiler) };
}

interface Compiler {
  /** Absolute. */
  readonly baseUrl?: string;
  readonly paths?: unknown;
  /** The folder of the file in which the paths stand. */
  readonly pathsFolder?: string;
}

function optionsOf(file: string, files: Set<string>): Compiler {
  if (files.has(file)) return {};
  files.add(file);
  const config = parse(readText(file) ?? "");
  const extended = read(config, "extends");
  let compiler: Compiler = {};
  // The later of several goes before the earlier, and the file itself before all.
  for (const name of Array.isArray(extended) ? extended : [extended]) {
    if (typeof name === "string") compiler = { ...compiler, ...optionsOf(pathOf(name, file), files) };
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

function pathOf(name: string, from: string): string {
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
  return resolve(dirname(from), "node_modules", name);
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
