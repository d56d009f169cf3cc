// Puts the light classes in the place of the platform's in this process, once. Frameworks look the names up when they make a response, so
// that it is the light one from then on; who kept the native class keeps it, and what it makes is served too.

import { nativeFetch } from "./fetch-native.ts";
import { LightRequest, ServedRequest } from "./fetch-request.ts";
import { LightResponse } from "./fetch-response.ts";

/** `fetch` that takes a light request for its first argument. */
const fetch: typeof globalThis.fetch = (...args) => {
  try {
    if (args.length > 0) args[0] = LightRequest.unwrap(args[0]) as (typeof args)[0];
  } catch (error) {
    return Promise.reject(error);
  }
  return nativeFetch(...args);
};

let isInstalled = false;

/** `globalThis.Response`, `Request` and `fetch` are the light ones from here on. Idempotent. */
export function installFetchGlobals(): void {
  if (isInstalled) return;
  isInstalled = true;
  for (const [name, value] of [
    ["Response", LightResponse],
    ["Request", ServedRequest],
    ["fetch", fetch],
  ] as const) {
    Object.defineProperty(globalThis, name, {
      value,
      writable: true,
      configurable: true,
      enumerable: name === "fetch",
    });
  }
}
