// Errors that are given to console.error while a request is answered: how a framework says what it made a 500 of. For as long as a
// process develops, console.error is ours, and does what it did, but for the calls of a stack: those of the program, with its code.

import { AsyncLocalStorage } from "node:async_hooks";
import { format, types } from "node:util";
import { withCode } from "../modules/error-text.ts";

/** What a request has heard. */
export interface Complaint {
  error?: unknown;
}

const current = new AsyncLocalStorage<Complaint>();
let isInstalled = false;

/** Listens from now on; once for a process. */
export function listenToConsole(): void {
  if (isInstalled) return;
  isInstalled = true;
  const { error } = console;
  console.error = function (this: unknown, ...args: unknown[]): void {
    const store = current.getStore();
    if (store !== undefined) {
      const found = args.map(errorIn).find((one) => one !== undefined);
      if (found !== undefined) store.error = found;
    }
    const text = args.some((one) => errorIn(one) !== undefined) ? format(...args) : "";
    Reflect.apply(error, this, text === "" ? args : ["%s", withCode(text)]);
  };
}

/** What is said by the call, and by all that it starts, is put into `complaint`. */
export const listening = <T>(complaint: Complaint, call: () => T): T => current.run(complaint, call);

/** An Error, or the stack of one as a text, which is what Koa has. */
export function errorIn(value: unknown): unknown {
  if (types.isNativeError(value)) return value;
  if (typeof value !== "string") return undefined;
  const stack = value.trim().replace(/^ {2}(?= {2,}at |\S)/gm, "");
  const head = /^(?:Uncaught )?([\w$.]*Error): ([\s\S]*?)\n\s+at /.exec(stack);
  return head === null ? undefined : { name: head[1], message: head[2], stack };
}
