// What tells a promise from an answer, and an async function before it is called. Asked everywhere, so that what is known at once stays so.

import { types } from "node:util";

/** What isPromise takes may be of another library, whose `then` need not give a promise: whoever chains it goes by `Promise.resolve`. */
export function isPromise(value: unknown): value is Promise<unknown> {
  return (
    value instanceof Promise ||
    (typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function")
  );
}

/** Whether a function is written with `async`: then it never answers at once. A plain one may still give a promise. */
export const isAsync = (value: unknown): boolean => types.isAsyncFunction(value);
