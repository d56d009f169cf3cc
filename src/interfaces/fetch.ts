// The interface of the web platform: `fetch(request, env, context)` answers with a Response.

import { DrainingSignals } from "../gateway/draining.ts";
import { Afterwork, type FetchContext, type FetchEnv } from "./fetch-context.ts";
import { installFetchGlobals } from "./fetch-globals.ts";
import { FetchRun } from "./fetch-run.ts";
import type { Served } from "./interface.ts";

/** What `--interface fetch` serves; a bare function is wrapped before. */
export interface FetchTarget {
  fetch(request: Request, env: FetchEnv, context: FetchContext): Response | Promise<Response>;
}

export interface FetchOptions {
  /**
   * Whether `globalThis.Response`, `Request` and `fetch` stay Node's own: then every response is an object of undici with a stream, which
   * costs about as much as all the rest of a small request. Default false.
   */
  readonly nativeResponse?: boolean;
}

/** Serves an object with `fetch`, which is called as its method. */
export function fetchInterface(target: FetchTarget, { nativeResponse = false }: FetchOptions = {}): Served {
  const afterwork = new Afterwork();
  return {
    gateway: (host) => {
      if (!nativeResponse) installFetchGlobals();
      const signals = new DrainingSignals();
      const gateway = { target, host, afterwork };
      return (request) => new FetchRun(gateway, request, signals.take());
    },
    shutdown: (departure) => afterwork.finished(departure.signal),
  };
}
