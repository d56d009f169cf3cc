// The asynchronous context that a request begins in (`AsyncLocalStorage`): none of its own connection's other requests, nor of whoever
// made room for it. Does not know what anybody keeps there.

import { AsyncResource } from "node:async_hooks";
import type { Exchange } from "../gateway/exchange.ts";

/** Where no request is under way: made when a worker is loaded. */
const outside = new AsyncResource("tsgi.worker");

/** One for each call: what `enterWith` puts into a context stays in it. */
const fresh = (): AsyncResource => new AsyncResource("tsgi.request");

export const inOwnContext = <T>(call: () => T): T => outside.runInAsyncScope(fresh).runInAsyncScope(call);

/**
 * A request that does not begin with its own bytes, but in the turn that the one before it has ended: what calls the application, the
 * first `next`, leaves the context of that one, where the name of another client may be.
 */
export function startApart(exchange: Exchange): Exchange {
  const { next } = exchange;
  exchange.next = () => {
    exchange.next = next;
    return inOwnContext(() => exchange.next());
  };
  return exchange;
}
