// Puts preRequest and postRequest around what serves a request, whatever its interface. Where neither hook is there, nothing is put
// around it, so that a request costs nothing for them. Knows exchanges; does not know connections, nor where the hooks come from.

import { performance } from "node:perf_hooks";
import type { Hooks, PostRequestEvent, PreRequestEvent } from "../config/hooks.ts";
import { AroundExchange } from "../gateway/around.ts";
import {
  type Exchange,
  type ExchangeEvent,
  type ExchangeRequest,
  type RequestError,
  type Serve,
  WAIT,
} from "../gateway/exchange.ts";
import { callHook, hasHook, isThenable, type OnTrouble } from "../modules/user-hooks.ts";

export interface RequestHooks {
  /** The object that holds them. */
  readonly hooks: Pick<Hooks, "preRequest" | "postRequest">;
  readonly onTrouble: OnTrouble;
}

/** `serve` itself where there is nothing to call. */
export function withRequestHooks(serve: Serve, given: RequestHooks | undefined): Serve {
  if (given === undefined) return serve;
  const before = hasHook(given.hooks, "preRequest");
  const after = hasHook(given.hooks, "postRequest");
  if (!before && !after) return serve;
  return (request) => new HookedExchange(serve(request), request, { ...given, before, after });
}

interface Calls extends RequestHooks {
  readonly before: boolean;
  readonly after: boolean;
}

/** `held` is while preRequest is waited for. */
type Phase = "new" | "held" | "open" | "over";

class HookedExchange extends AroundExchange {
  readonly #request: ExchangeRequest;
  readonly #calls: Calls;
  readonly #startedAt = performance.now();
  #phase: Phase = "new";
  #status = 0;
  #bytes = 0;

  constructor(inner: Exchange, request: ExchangeRequest, calls: Calls) {
    super(inner);
    this.#request = request;
    this.#calls = calls;
  }

  override next(): ExchangeEvent {
    if (this.#phase === "new") this.#begin();
    if (this.#phase === "held") return WAIT;
    return this.#note(this.inner.next());
  }

  override expire(reason: RequestError): ExchangeEvent {
    const last = this.#note(this.inner.expire(reason));
    this.#end(true);
    return last;
  }

  #note(event: ExchangeEvent): ExchangeEvent {
    switch (event.type) {
      case "response":
        this.#status = event.status;
        this.#bytes += event.body?.length ?? 0;
        if (!event.more) this.#end(false);
        break;
      case "data":
        this.#bytes += event.bytes.length;
        break;
      case "upgrade":
        this.#status = 101;
        this.#end(false);
        break;
      case "end":
      case "cut":
        this.#end(event.type === "cut");
        break;
    }
    return event;
  }

  override abort(reason: Error): void {
    this.inner.abort(reason);
    this.#end(true);
  }

  #begin(): void {
    const { hooks, before, onTrouble } = this.#calls;
    this.#phase = "open";
    if (!before) return;
    const given = callHook(hooks, "preRequest", new Arrival(this.requestId, this.#request), onTrouble);
    if (!isThenable(given)) return;
    this.#phase = "held";
    void given.then(() => {
      // The client may have left meanwhile.
      if (this.#phase !== "held") return;
      this.#phase = "open";
      this.#request.wake();
    });
  }

  #end(aborted: boolean): void {
    const { hooks, after, onTrouble } = this.#calls;
    // A request that was never begun has had no preRequest either.
    const counts = after && this.#phase !== "new" && this.#phase !== "over";
    this.#phase = "over";
    if (!counts) return;
    const { method, target } = this.#request.head;
    const event: PostRequestEvent = {
      ...{ requestId: this.requestId, method, target, status: this.#status },
      ...{ bytes: this.#bytes, durationMs: performance.now() - this.#startedAt, aborted },
    };
    // After the response was handed over: the client does not wait for this hook.
    queueMicrotask(() => void callHook(hooks, "postRequest", event, onTrouble));
  }
}

/** The pairs of the headers are made for a hook that looks at them. */
class Arrival implements PreRequestEvent {
  readonly requestId: string;
  readonly method: string;
  readonly target: string;
  readonly remoteAddress: string;
  readonly #fields: readonly string[];

  constructor(requestId: string, { head, info }: ExchangeRequest) {
    this.requestId = requestId;
    this.method = head.method;
    this.target = head.target;
    this.remoteAddress = info.remoteAddress;
    this.#fields = head.fields;
  }

  get headers(): PreRequestEvent["headers"] {
    const fields = this.#fields;
    return Array.from({ length: fields.length / 2 }, (_none, at) => [fields[2 * at]!, fields[2 * at + 1]!] as const);
  }
}
