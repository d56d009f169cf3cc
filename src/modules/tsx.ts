// Registers tsx for the folder of one module. Nothing here is loaded before the first TypeScript file is asked for.
// Knows tsx's two registrations. Does not know what is imported afterwards.

import { createRequire } from "node:module";
import { devNull } from "node:os";
import { dirname } from "node:path";
import { TsgiError } from "../errors.ts";
import { noteHooks, noteTsconfig } from "./noted.ts";
import { nearestAbove } from "./resolve.ts";
import { summary } from "./stack.ts";

/** tsx's own variable for the configuration file to use; a user who sets it knows better than a search. */
const TSCONFIG_VARIABLE = "TSX_TSCONFIG_PATH";

interface Registration {
  readonly tsconfig: string | null;
  readonly undo: () => Promise<void>;
}

let active: Registration | undefined;

/**
 * Both registrations are needed: with that for ES modules alone, Node 20 and 22 fail on `import` in a .ts file of a
 * package without `"type": "module"`. They stay for the life of the process, for imports that come later. A module under
 * another tsconfig.json takes them over.
 *
 * @param path The module that is about to be imported: its folder decides which tsconfig.json holds.
 * @returns Whether it was registered just now, so that its hooks run before all others.
 * @throws TsgiError `syntax-error` when that tsconfig.json, or one that it extends, cannot be read.
 */
export async function useTsx(path: string): Promise<boolean> {
  const tsconfig = process.env[TSCONFIG_VARIABLE] ?? nearestAbove("tsconfig.json", dirname(path));
  if (active !== undefined && active.tsconfig === tsconfig) return false;
  await active?.undo();
  active = undefined;
  // Before it is read: one that cannot be is looked at again when it has changed.
  noteTsconfig(tsconfig);
  const [cjs, esm] = await loadTsx();
  try {
    const undoCjs = withTsconfig(tsconfig, () => cjs.register());
    const undoEsm = esm.register({ tsconfig: tsconfig ?? false });
    active = {
      tsconfig,
      undo: async () => {
        undoCjs();
        await undoEsm();
      },
    };
    noteHooks();
    return true;
  } catch (error) {
    const message = `cannot load ${path}: its TypeScript configuration cannot be read\n\n${tsconfig}\n${summary(error)}`;
    throw new TsgiError("syntax-error", message, { cause: error });
  }
}

/** Its modules, which register nothing by themselves. */
export const loadTsx = () => Promise.all([import("tsx/cjs/api"), import("tsx/esm/api")]);

/**
 * Starts what translates TypeScript, which tsx does with the first file that it finds in no cache: a thread and a process, 50 ms and more.
 * Blocks for as long.
 */
export function startTranslator(): void {
  const ofTsx = createRequire(import.meta.resolve("tsx"));
  const esbuild = ofTsx("esbuild") as { transformSync(code: string, options: { readonly loader: "ts" }): unknown };
  esbuild.transformSync("let warm: 1;", { loader: "ts" });
}

// The registration for CommonJS takes its tsconfig from the environment, else searches from the folder that the server
// was started in, which may be another project's. The null device reads as an empty one.
function withTsconfig<T>(tsconfig: string | null, act: () => T): T {
  const before = process.env[TSCONFIG_VARIABLE];
  process.env[TSCONFIG_VARIABLE] = tsconfig ?? devNull;
  try {
    return act();
  } finally {
    if (before === undefined) delete process.env[TSCONFIG_VARIABLE];
    else process.env[TSCONFIG_VARIABLE] = before;
  }
}
