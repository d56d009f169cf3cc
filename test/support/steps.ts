// How much work some code does, without a clock: the characters of source that were executed (V8 counts each block), and the bytes
// that builtins looked at for it. The same on a busy machine as on an idle one, so growth can be told from noise.
// Not seen: what a regular expression does besides going once over what it was given.

import { Buffer } from "node:buffer";
import { type Profiler, Session } from "node:inspector";

export class Steps {
  readonly #session = new Session();
  readonly #files: RegExp;

  /** @param files Which scripts count, by their URL. */
  constructor(files: RegExp) {
    this.#files = files;
    this.#session.connect();
    this.#post("Profiler.enable");
    this.#post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** The steps of one piece of work. */
  of(work: () => void): number {
    this.#take();
    const unpatch = patch();
    let scanned: number;
    try {
      work();
    } finally {
      scanned = unpatch();
    }
    return scanned + this.#take().reduce((sum, script) => sum + executed(script), 0);
  }

  /** How often each block was executed since the last time, by a name that is the same for the same source. */
  blocks(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { url, functions } of this.#take()) {
      for (const { ranges } of functions) {
        for (const { startOffset, endOffset, count } of ranges) {
          if (count > 0) counts.set(`${url}:${startOffset}-${endOffset}`, count);
        }
      }
    }
    return counts;
  }

  close(): void {
    this.#session.disconnect();
  }

  #take(): Profiler.ScriptCoverage[] {
    const { result } = this.#post("Profiler.takePreciseCoverage") as Profiler.TakePreciseCoverageReturnType;
    return result.filter(({ url }) => this.#files.test(url));
  }

  /** Commands to the own process are carried out before `post` returns. */
  #post(method: string, params: object = {}): unknown {
    let answer: unknown;
    this.#session.post(method, params, (error, result) => {
      if (error !== null) throw error;
      answer = result;
    });
    return answer;
  }
}

/** Each character of a function counts as often as the innermost block around it; equal counts may be merged without harm. */
function executed({ functions }: Profiler.ScriptCoverage): number {
  let sum = 0;
  for (const { ranges } of functions) {
    // Ranges are nested, outer ones first: a range takes its characters away from the one around it.
    const open: Profiler.CoverageRange[] = [];
    for (const range of ranges) {
      while (open.length > 0 && open.at(-1)!.endOffset <= range.startOffset) open.pop();
      const size = range.endOffset - range.startOffset;
      sum += size * (range.count - (open.at(-1)?.count ?? 0));
      open.push(range);
    }
  }
  return sum;
}

type Method = (this: never, ...args: never[]) => unknown;
/** Bytes looked at, asked before the call; what it answers is told the result. */
type Cost = (self: never, args: never[]) => (result: never) => number;

/** Counts bytes that builtins look at, until the returned function is called, which gives the sum. */
function patch(): () => number {
  let bytes = 0;
  const undo: (() => void)[] = [];
  const wrap = (owner: object, name: string, cost: Cost) => {
    const holder = owner as Record<string, Method>;
    const own = Object.hasOwn(owner, name);
    const before = holder[name]!;
    holder[name] = function (this: never, ...args: never[]) {
      const costOf = cost(this, args);
      const result = before.apply(this, args);
      bytes += costOf(result as never);
      return result;
    };
    undo.push(() => {
      if (own) holder[name] = before;
      else delete holder[name];
    });
  };
  const forwards: Cost =
    ({ length }: { length: number }, [, from = 0]: number[]) =>
    (found: number) =>
      found < 0 ? Math.max(0, length - from) : found - from;
  const whole: Cost =
    ({ length }: { length: number }) =>
    () =>
      length;
  wrap(Buffer.prototype, "indexOf", forwards);
  wrap(String.prototype, "indexOf", forwards);
  wrap(
    Buffer.prototype,
    "lastIndexOf",
    ({ length }: Buffer) =>
      (found: number) =>
        length - Math.max(0, found),
  );
  wrap(Buffer.prototype, "toString", () => (text: string) => text.length);
  wrap(Buffer.prototype, "copy", () => (copied: number) => copied);
  wrap(
    Buffer.prototype,
    "set",
    (_self, [source]: Uint8Array[]) =>
      () =>
        source!.length,
  );
  wrap(
    Buffer,
    "allocUnsafe",
    (_self, [size]: number[]) =>
      () =>
        size!,
  );
  for (const name of ["includes", "lastIndexOf", "split", "toLowerCase"]) wrap(String.prototype, name, whole);
  // `test` and `search` come here too, once this is not the builtin any more.
  wrap(RegExp.prototype, "exec", (self: RegExp, [text]: string[]) => {
    const from = self.global || self.sticky ? self.lastIndex : 0;
    return (found: RegExpExecArray | null) => (found === null ? text!.length : found.index + found[0].length) - from;
  });
  return () => {
    for (const back of undo) back();
    return bytes;
  };
}
