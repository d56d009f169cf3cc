// Where a place of a compiled file was written, by the file's source map: inline, or in a file beside it. For those who hold places that
// Node has not translated: a debugger's frames, and stacks of a process that does not have source maps enabled.

import { readFileSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { isUsers, type Place, readText, toPath } from "./stack.ts";

const MARK = "//# sourceMappingURL=";
/** Further down a stack nobody looks for the fault. */
const FRAMES_TRANSLATED = 20;

/** Not in the types of Node 20. tsx sets it. */
const isNodeMapping = (): boolean => (process as { readonly sourceMapsEnabled?: boolean }).sourceMapsEnabled === true;

/** Reads each map once. */
export class SourceMaps {
  readonly #maps = new Map<string, SourceMap | null>();
  readonly #isDone: boolean;

  /** @param isDone Whether Node translates stacks itself, here and now. */
  constructor(isDone = isNodeMapping()) {
    this.#isDone = isDone;
  }

  /**
   * @param place In the file as it runs.
   * @param mapUrl What the file says about its map, relative to itself; nothing when it has none.
   * @returns The place as it was written, or the same place when no map tells.
   */
  original(place: Place, mapUrl: string | undefined): Place {
    if (mapUrl === undefined || mapUrl === "") return place;
    const key = `${place.file}\n${mapUrl.length < 1_000 ? mapUrl : ""}`;
    let map = this.#maps.get(key);
    if (map === undefined) {
      map = readMap(place.file, mapUrl);
      this.#maps.set(key, map);
    }
    const entry = map?.findEntry(place.line - 1, Math.max(0, place.column - 1));
    if (entry === undefined || !("originalSource" in entry) || !entry.originalSource) return place;
    return { file: toPath(entry.originalSource), line: entry.originalLine + 1, column: entry.originalColumn + 1 };
  }

  /** A stack with its places as they were written, where Node has not done that already. */
  translate(stack: string): string {
    if (this.#isDone) return stack;
    let left = FRAMES_TRANSLATED;
    return stack.replace(
      /((?:file:\/\/|\/|[A-Za-z]:[\\/])[^\n()]*?):(\d+):(\d+)(?=\)?$)/gm,
      (text, url, line, column) => {
        const file = toPath(url);
        if (left === 0 || !isUsers(file)) return text;
        left -= 1;
        const place = { file, line: Number(line), column: Number(column) };
        const found = this.original(place, mapUrlOf(readText(file) ?? ""));
        return found === place ? text : `${found.file}:${found.line}:${found.column}`;
      },
    );
  }
}

/** What a file says about its map, in its last such comment. */
export function mapUrlOf(source: string): string | undefined {
  const at = source.lastIndexOf(MARK);
  return at < 0 ? undefined : /^\S+/.exec(source.slice(at + MARK.length))?.[0];
}

function readMap(file: string, mapUrl: string): SourceMap | null {
  try {
    const own = pathToFileURL(file);
    const url = new URL(mapUrl, own);
    const inline = /^data:application\/json[^,]*?(;base64)?,(.*)$/s.exec(mapUrl);
    if (inline === null && url.protocol !== "file:") return null;
    const text =
      inline === null ? readFileSync(fileURLToPath(url), "utf8") : decode(inline[2]!, inline[1] !== undefined);
    const map = JSON.parse(text) as SourceMapPayload;
    const base = inline === null ? url : own;
    const sources = map.sources.map((source) => new URL(`${map.sourceRoot ?? ""}${source}`, base).href);
    return new SourceMap({ ...map, sources, sourceRoot: "" });
  } catch {
    // No map, or none that can be read: the place in the file that runs is better than nothing.
    return null;
  }
}

const decode = (data: string, base64: boolean): string =>
  base64 ? Buffer.from(data, "base64").toString("utf8") : decodeURIComponent(data);
