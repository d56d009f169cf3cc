// The interface of the web platform: `fetch(request, env, context)` answers with a Response.

import { refusing } from "../gateway/refusal.ts";
import type { Served } from "./interface.ts";

/** What `--interface fetch` serves; a bare function is wrapped before. */
export interface FetchTarget {
  fetch(request: Request, env: unknown, context: unknown): Response | Promise<Response>;
}

export const fetchInterface = (_target: FetchTarget): Served => ({
  gateway: (host) => refusing(501, host.nextRequestId),
});
