// A path below a folder, of a path that a client named. Everything that could lead out is refused, not repaired: an honest link has none of it.

import { realpathSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { SuspiciousFileOperation } from "./exceptions.ts";

export interface SafeJoinOptions {
  /** `"inside"`: what symbolic links lead to must be in the folder too, which costs a look at the disk. Default `"any"`. */
  readonly symlinks?: "any" | "inside";
}

/**
 * @param path Decoded once, as PATH_INFO is; separated by slashes.
 * @returns An absolute path in `root`, or `root` itself. Whether there is something is not looked at.
 * @throws SuspiciousFileOperation for `..`, an absolute path, a drive letter, a backslash or a NUL, also where they are percent-encoded again.
 */
export function safeJoin(root: string, path: string, options: SafeJoinOptions = {}): string {
  if (typeof root !== "string" || typeof path !== "string") {
    const [what, given] = typeof root !== "string" ? ["folder", root] : ["path", path];
    throw new TypeError(`safeJoin: the ${what} is ${String(given)}: expected a string`);
  }
  const why = suspicion(path);
  if (why !== undefined) throw new SuspiciousFileOperation(`the path ${JSON.stringify(path)} ${why}`);
  const base = resolve(root);
  const joined = join(base, path);
  if (!isInside(base, joined))
    throw new SuspiciousFileOperation(`the path ${JSON.stringify(path)} leads out of its folder`);
  if (options.symlinks === "inside" && !isInside(realpathSync(base), realPath(joined))) {
    throw new SuspiciousFileOperation(`the path ${JSON.stringify(path)} leads out of its folder by a symbolic link`);
  }
  return joined;
}

/** Who decodes twice is somebody else; but nobody honest encodes twice. */
const MAX_DECODINGS = 3;

function suspicion(path: string): string | undefined {
  let text = path;
  for (let i = 0; i <= MAX_DECODINGS; i += 1) {
    if (text.includes("\0")) return "has a NUL";
    if (text.includes("\\")) return "has a backslash";
    if (text.startsWith("/")) return "is absolute";
    if (/^[a-z]:/i.test(text)) return "has a drive letter";
    // Windows takes dots and blanks at the end of a name for nothing.
    if (text.split("/").some((part) => /^\.\.[. ]*$/.test(part))) return 'has a ".."';
    const decoded = text.replace(/%(2e|2f|5c|00|25|3a)/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    if (decoded === text) return undefined;
    text = decoded;
  }
  return "is encoded again and again";
}

const isInside = (base: string, path: string): boolean =>
  path === base || path.startsWith(base.endsWith(sep) ? base : base + sep);

const NOT_THERE = new Set(["ENOENT", "ENOTDIR", "ENAMETOOLONG", "ELOOP"]);

/** Of what is not there, that of the folder it would be in. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A name that no file can have, and links that lead in a circle, are not there either: a client may have made them up.
    if (!NOT_THERE.has(code ?? "") || dirname(path) === path) throw error;
    return join(realPath(dirname(path)), "_");
  }
}
