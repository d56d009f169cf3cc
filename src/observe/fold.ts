// A stack as the person reads it whose program it is: the message, that program's own calls, and how many were left out. Pure: text in, text
// out; the forms of V8 are all it knows.

export interface Folded {
  /** `TypeError: x is not a function`; many lines perhaps. */
  readonly head: string;
  /** `at handler (/x/app.ts:12:5)`, innermost first. */
  readonly frames: readonly string[];
  /** Calls that are not shown. */
  readonly hidden: number;
  /** All of them belong to Node, to packages or to the server. */
  readonly hidesOnlyForeign: boolean;
}

/** Enough to find the way, few enough to leave the message on the screen. */
const FRAMES_SHOWN = 8;
/** Where none is the program's own. */
const FOREIGN_SHOWN = 3;

/** The folder of the server's own files, compiled or not. */
const OWN_FOLDER = pathOf(new URL("..", import.meta.url).href);

/** Calls of the program alone; those of packages where the program has none, and those of Node where neither has one. */
export function foldStack(stack: string): Folded {
  const lines = stack.split("\n");
  const first = lines.findIndex((line) => FRAME.test(line));
  const head = (first < 0 ? lines : lines.slice(0, first)).join("\n").trimEnd();
  const frames = (first < 0 ? [] : lines.slice(first)).filter((line) => FRAME.test(line)).map(tidy);
  const own = frames.filter((frame) => !isForeign(frame));
  const packages = frames.filter((frame) => PACKAGE.test(frame));
  const rest = packages.length > 0 ? packages : frames;
  const shown = own.length > 0 ? own.slice(0, FRAMES_SHOWN) : rest.slice(0, FOREIGN_SHOWN);
  const hidden = frames.length - shown.length;
  return { head, frames: shown, hidden, hidesOnlyForeign: own.length <= FRAMES_SHOWN };
}

const FRAME = /^\s+at \S/;
const PACKAGE = /[\\/]node_modules[\\/]/;
/** `Array.map (<anonymous>)`, `node:internal/x:1:2`, `native`. */
const OF_NODE = /\bnode:|<anonymous>\)?$|\(native\)$/;

const isForeign = (frame: string): boolean => OF_NODE.test(frame) || PACKAGE.test(frame) || frame.includes(OWN_FOLDER);

/** Paths instead of URLs, and without the query that a loader put behind them. */
const tidy = (line: string): string =>
  line
    .trim()
    .replace(/file:\/\/[^\s)]+/, pathOf)
    .replace(/\?[\w-]+=[^/\\:)]*(?=:\d+:\d+\)?$)/, "");

function pathOf(url: string): string {
  try {
    return decodeURIComponent(url.replace(/^file:\/\//, ""));
  } catch {
    return url;
  }
}
