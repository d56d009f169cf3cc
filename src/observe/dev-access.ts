// The access log's format `dev`: a request as somebody looks for it who has just made it. Columns of one width, the path last, so that a
// screen full of lines can be read downwards. Pure: the entry and the colours decide.

import type { AccessEntry } from "./access-format.ts";
import { clockTime } from "./access-time.ts";
import { type Colour, type Paint, painted, plain } from "./colour.ts";
import { escapeWord } from "./escape.ts";

export interface DevAccess {
  readonly isColoured?: boolean;
  /** What asks for this path asks all the time, and is not shown. */
  readonly quietPath?: string | null;
}

/** What the server answers itself for its own pages. */
const OWN_PATHS = "/.tsgi/";
/** From here on a person waits, and from here on minds it. */
const SLOW_US = 500_000;
const VERY_SLOW_US = 2_000_000;

const STATUS_COLOURS: readonly (Colour | undefined)[] = [undefined, "cyan", "green", "cyan", "yellow", "red"];

/** `10:00:00 200 GET       1.2 kB   3.4 ms  /path?query`, or null for what is not shown. */
export function devAccess({ isColoured = false, quietPath = null }: DevAccess): (entry: AccessEntry) => string | null {
  const paint = isColoured ? painted : plain;
  const quiet = quietPath?.split("?", 1)[0];
  return (entry) => {
    const { target, status } = entry;
    if (target.startsWith(OWN_PATHS) || (quiet !== undefined && target.split("?", 1)[0] === quiet)) return null;
    const colour = STATUS_COLOURS[Math.floor(status / 100)];
    const shown = status === 0 ? " - " : String(status);
    const columns = [
      paint("dim", clockTime(entry.time)),
      colour === undefined ? shown : paint(colour, shown),
      escapeWord(entry.method).padEnd(7),
      paint("dim", sizeOf(entry.bytesOut).padStart(7)),
      paintDuration(paint, entry),
    ];
    const what = entry.version === "" ? "(no request that could be understood)" : escapeWord(target);
    const path = status >= 500 ? paint("red", what) : what;
    return `${columns.join(" ")}  ${path}${entry.aborted ? paint("yellow", " (cut off)") : ""}`;
  };
}

function paintDuration(paint: Paint, { durationUs, status }: AccessEntry): string {
  const text = durationOf(durationUs).padStart(8);
  // How long a websocket was open says nothing about the server.
  if (status === 101 || durationUs < SLOW_US) return paint("dim", text);
  return paint(durationUs < VERY_SLOW_US ? "yellow" : "red", text);
}

/** `0 B`, `980 B`, `1.2 kB`, `34 MB`. */
function sizeOf(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  const [unit, size] = bytes < 1e6 ? ["kB", 1e3] : bytes < 1e9 ? ["MB", 1e6] : ["GB", 1e9];
  return `${threeDigits(bytes / (size as number))} ${unit}`;
}

/** `0.4 ms`, `12 ms`, `1.2 s`, `4 m`. */
function durationOf(us: number): string {
  if (us < 1e6) return `${threeDigits(us / 1e3)} ms`;
  return us < 100e6 ? `${threeDigits(us / 1e6)} s` : `${Math.round(us / 60e6)} m`;
}

const threeDigits = (value: number): string => (value < 9.95 ? value.toFixed(1) : String(Math.round(value)));
