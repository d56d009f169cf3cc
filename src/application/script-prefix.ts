// Where the application is mounted, for URLs that are made while a request is answered (Django's get_script_prefix).
// At the root, which is nearly always, nothing is kept for a request: the store that follows it costs every request that has one.

import { AsyncLocalStorage } from "node:async_hooks";

const prefixes = new AsyncLocalStorage<string>();
// Until the first request below a prefix there is nothing to look up.
let isUsed = false;

/** `""`, or `/shop` without a slash at the end. */
export const getScriptPrefix = (): string => (isUsed ? (prefixes.getStore() ?? "") : "");

/** Runs `act`, and whatever it starts, under a prefix. */
export function withScriptPrefix<T>(prefix: string, act: () => T): T {
  if (prefix === getScriptPrefix()) return act();
  isUsed = true;
  return prefixes.run(prefix, act);
}
