// What a server lends to an application beside the streams: early hints, trailers, the file wrapper. Arguments are judged where they
// are said. What the file wrapper gives is handed on as it is, so that the server knows it again.

import { checkHeaders, show } from "./said.ts";
import { checkTrailers } from "./trailers.ts";
import type { EarlyHints, Environ, Trailers } from "./types.ts";
import { realOf } from "./validate-observe.ts";
import type { Judge, RuleCode } from "./validate-rules.ts";

type WrapFile = Environ["tsgi.file_wrapper"];

export function watchHints(hint: EarlyHints, judge: Judge): EarlyHints {
  return (...args) => {
    const code = "hints.headers";
    if (args.length !== 1) judge(code, `tsgi.early_hints was called with ${args.length} arguments: expected one`);
    judged(code, judge, () => checkHeaders(args[0], "tsgi.early_hints"));
    return hint(args[0]);
  };
}

export function watchTrailers(add: Trailers, judge: Judge): Trailers {
  return (...args) => {
    const code = "trailers.list";
    if (args.length !== 1) judge(code, `tsgi.trailers was called with ${args.length} arguments: expected one`);
    judged(code, judge, () => checkTrailers(args[0]));
    return add(args[0]);
  };
}

export function watchFileWrapper(wrap: WrapFile, judge: Judge): WrapFile {
  return (...args) => {
    const code = "file.arguments";
    if (args.length < 1 || args.length > 2) {
      judge(
        code,
        `tsgi.file_wrapper was called with ${args.length} arguments: expected a file, and perhaps a block size`,
      );
    }
    const [file, blockSize] = args;
    if (typeof file !== "object" || file === null || !("read" in file || Symbol.asyncIterator in file)) {
      judge(
        code,
        `tsgi.file_wrapper was given ${show(file)}: expected a FileHandle, a stream, or an object with read(size)`,
      );
    }
    if (blockSize !== undefined && (!Number.isSafeInteger(blockSize) || blockSize < 1)) {
      judge(
        code,
        `tsgi.file_wrapper was given the block size ${show(blockSize)}: expected a whole number of at least 1`,
      );
    }
    // The request's own body may be sent back so; its stand-in has a close() that is for nobody to call.
    const real = realOf(file) as typeof file;
    const wrapped: unknown = args.length === 1 ? wrap(real) : wrap(real, blockSize);
    if (!isWrapped(wrapped)) {
      judge(
        "file.result",
        `tsgi.file_wrapper gave ${show(wrapped)}: expected an iterable or async iterable with close()`,
      );
    }
    return wrapped as ReturnType<WrapFile>;
  };
}

/** The checks of the contract throw a TypeError that says what fits; here it becomes one that says who is to blame, too. */
export function judged(code: RuleCode, judge: Judge, check: () => unknown): void {
  try {
    check();
  } catch (error) {
    judge(code, (error as Error).message);
  }
}

const isWrapped = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  (Symbol.asyncIterator in value || Symbol.iterator in value) &&
  "close" in value &&
  typeof value.close === "function";
