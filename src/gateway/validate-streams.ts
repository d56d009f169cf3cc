// `tsgi.input` and `tsgi.errors` as an application sees them through the validator (PEP 3333, Input and Error Streams): what it asks
// is judged as the application's doing, what comes back as the server's. Nothing is read that was not asked for.

import { Buffer } from "node:buffer";
import { isPromise } from "./body.ts";
import { ERROR_LEVELS } from "./errors.ts";
import { show } from "./said.ts";
import type { ErrorLevel, Errors, Input } from "./types.ts";
import { observed, remember } from "./validate-observe.ts";
import type { Judge, RuleCode } from "./validate-rules.ts";

const LF = 0x0a;

/**
 * A stand-in for the request's body. It has a `close` that says why there is none.
 *
 * @param hasAnswered Whether the application returned. From then on the request's body may be the response's, which is closed.
 */
export function watchInput(input: Input, judge: Judge, hasAnswered: () => boolean): Input {
  const sizeOf = (code: RuleCode, call: string, args: readonly unknown[]): number => {
    if (args.length > 1)
      judge(code, `${call} of tsgi.input was called with ${args.length} arguments: expected one at most`);
    const [size] = args;
    if (size !== undefined && !Number.isInteger(size)) {
      judge(code, `${call} of tsgi.input was called with ${show(size)}: expected a whole number, or nothing`);
    }
    return typeof size === "number" && size >= 0 ? size : Number.POSITIVE_INFINITY;
  };
  const awaited = async (code: RuleCode, call: string, answer: unknown): Promise<unknown> => {
    if (!isPromise(answer)) judge(code, `${call} of tsgi.input answered ${show(answer)}: expected a promise`);
    return answer;
  };
  const judgeBytes = (code: RuleCode, call: string, bytes: unknown, most: number): void => {
    if (!Buffer.isBuffer(bytes)) judge(code, `${call} of tsgi.input gave ${show(bytes)}: expected a Buffer`);
    else if (bytes.length > most)
      judge(code, `${call} of tsgi.input gave ${bytes.length} bytes: expected ${most} at most`);
  };
  const judgeLine = (code: RuleCode, call: string, line: unknown, most: number): void => {
    judgeBytes(code, call, line, most);
    const at = Buffer.isBuffer(line) ? line.indexOf(LF) : -1;
    if (at >= 0 && at < (line as Buffer).length - 1) {
      judge(code, `${call} of tsgi.input gave bytes behind a line feed: expected one line`);
    }
  };

  async function* each(items: AsyncIterable<unknown>, judgeItem: (item: unknown) => void): AsyncGenerator<unknown> {
    for await (const item of items) {
      judgeItem(item);
      yield item;
    }
  }

  const stand = observed(input, {
    // A wrong argument throws where it was said, as everything that an application says wrong.
    read(...args: [number?]) {
      const most = sizeOf("input.read", "read()", args);
      return awaited("input.read-result", "read()", input.read(...args)).then((bytes) => {
        judgeBytes("input.read-result", "read()", bytes, most);
        return bytes;
      });
    },
    readline(...args: [number?]) {
      const most = sizeOf("input.readline", "readline()", args);
      return awaited("input.readline-result", "readline()", input.readline(...args)).then((line) => {
        judgeLine("input.readline-result", "readline()", line, most);
        return line;
      });
    },
    readlines(...args: [number?]) {
      const code = "input.readlines-result";
      sizeOf("input.readlines", "readlines()", args);
      return awaited(code, "readlines()", input.readlines(...args)).then((lines) => {
        if (!Array.isArray(lines)) judge(code, `readlines() of tsgi.input gave ${show(lines)}: expected an array`);
        for (const line of lines as unknown[]) judgeLine(code, "readlines()", line, Number.POSITIVE_INFINITY);
        return lines;
      });
    },
    lines: () =>
      each(input.lines(), (line) => judgeLine("input.lines-result", "lines()", line, Number.POSITIVE_INFINITY)),
    [Symbol.asyncIterator]: () =>
      each(input, (bytes) => judgeBytes("input.chunk", "the iteration", bytes, Number.POSITIVE_INFINITY)),
    close: () => {
      if (!hasAnswered())
        judge("input.close", "close() of tsgi.input was called: expected that it is left to the server");
    },
  });
  return remember(stand, input);
}

export function watchErrors(errors: Errors, judge: Judge): Errors {
  const judgeText = (code: RuleCode, call: string, text: unknown): void => {
    if (typeof text !== "string") judge(code, `${call} of tsgi.errors was given ${show(text)}: expected a string`);
  };
  return observed(errors, {
    write(...args: [string, ErrorLevel?]) {
      if (args.length !== 1 && args.length !== 2)
        judge(
          "errors.write",
          `write() of tsgi.errors was called with ${args.length} arguments: expected a text, perhaps a level`,
        );
      judgeText("errors.write", "write()", args[0]);
      if (args[1] !== undefined && !ERROR_LEVELS.includes(args[1]))
        judge(
          "errors.write",
          `write() of tsgi.errors was given the level ${show(args[1])}: expected ${ERROR_LEVELS.join(", ")}`,
        );
      return errors.write(...args);
    },
    writelines(texts: Iterable<string>) {
      // Each by itself, as PEP 3333 has it, and judged before anything is written.
      const list = isIterable(texts) ? [...texts] : undefined;
      if (list === undefined)
        judge(
          "errors.writelines",
          `writelines() of tsgi.errors was given ${show(texts)}: expected an iterable of strings`,
        );
      for (const text of list ?? []) judgeText("errors.writelines", "writelines()", text);
      return errors.writelines(list ?? []);
    },
    close: () => judge("errors.close", "close() of tsgi.errors was called: expected that it is left to the server"),
  });
}

const isIterable = (value: unknown): value is Iterable<string> =>
  typeof value === "string" || (typeof value === "object" && value !== null && Symbol.iterator in value);
