// What other parts add to a request: the route that matched, the session, messages, the CSRF token. Each is put there as a provider, one
// object for all requests, that is asked when a view first touches the thing: what nobody touches costs nothing.

import type { Request } from "./request.ts";
import type { Params } from "./types.ts";

/** Gives URLs by the names of routes; the handler puts it there. */
export interface Reverser {
  /** @throws NoReverseMatch */
  reverse(name: string, params?: Params): string;
}

/** Makes what a middleware keeps for one request, when it is first asked for. */
export interface Provider<T> {
  provide(request: Request): T;
}
