// src as JavaScript in a temporary folder, for tests that must run it without tsx, as another user or on another Node.
// TSGI_TEST_NODE names the node binary that such tests start; default the one that runs them.

import { execFile, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The node binary of child processes, as the environment has it now. */
export const testedNode = (): string => process.env["TSGI_TEST_NODE"] ?? process.execPath;
export const node = testedNode();

/**
 * @param entries Paths below src; what they import is compiled with them.
 * @returns The folder that stands for src, readable by every user. Its parent is to be removed.
 */
export async function compiled(entries: readonly string[]): Promise<string> {
  const folder = program({ "package.json": '{ "type": "module" }' });
  const out = join(folder, "src");
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const config = {
    extends: join(root, "tsconfig.build.json"),
    compilerOptions: {
      outDir: out,
      rootDir: join(root, "src"),
      declaration: false,
      typeRoots: [join(root, "node_modules/@types")],
    },
    files: entries.map((entry) => join(root, "src", entry)),
    include: [],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const said = await new Promise<string>((resolve) => {
    execFile(process.execPath, [tsc, "-p", folder], (_error, stdout, stderr) => resolve(stdout + stderr));
  });
  // Wrong types are another check's business; here it counts that the files were written.
  for (const entry of entries) {
    if (!existsSync(join(out, entry.replace(/\.ts$/, ".js")))) throw new Error(`not compiled: ${entry}\n${said}`);
  }
  return out;
}

/** A temporary folder with these files, readable by every user. It is to be removed. */
export function program(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "tsgi-program-"));
  chmodSync(folder, 0o755);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
}

/** Runs the text of an ES module in a process of its own, until it ends. */
export function run(
  text: string,
  options: { readonly cwd?: string; readonly uid?: number; readonly gid?: number } = {},
): Ran {
  return spawnSync(node, ["--input-type=module", "--eval", text], { encoding: "utf8", ...options });
}
