// A small file server on the file wrapper, the last example of wsgiref's documentation: what is in one folder, with a type and a length.

import { open } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import type { Application } from "../../../src/gateway/types.ts";

const TYPES: Readonly<Record<string, string>> = { html: "text/html; charset=utf-8", txt: "text/plain; charset=utf-8" };

export const filesOf =
  (folder: string): Application =>
  async (environ, startResponse) => {
    const root = resolve(folder);
    const path = join(root, environ.PATH_INFO);
    // join() takes ".." apart; a NUL ends a path for the system.
    const inside = path.startsWith(root + sep) && !path.includes("\0");
    const file = inside ? await open(path).catch(() => undefined) : undefined;
    const about = await file?.stat();
    if (file === undefined || about?.isFile() !== true) {
      await file?.close();
      startResponse("404 Not Found", [["Content-Type", "text/plain"]]);
      return ["not found"];
    }
    const type = TYPES[path.split(".").at(-1) ?? ""] ?? "application/octet-stream";
    startResponse("200 OK", [
      ["Content-Type", type],
      ["Content-Length", String(about.size)],
    ]);
    return environ["tsgi.file_wrapper"](file);
  };
