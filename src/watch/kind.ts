// What stands at a path. One that may not be looked at is as one that is not there.

import { statSync } from "node:fs";

/** Of what a path leads to; null for nothing, and for what is neither. */
export function kindOf(path: string): "file" | "folder" | null {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat?.isDirectory() === true ? "folder" : stat?.isFile() === true ? "file" : null;
  } catch {
    return null;
  }
}
