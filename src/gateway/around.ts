// An exchange around another one, which passes everything on: whoever watches or changes one thing of it writes that one thing. Knows no
// event, and keeps nothing.

import type { Exchange, ExchangeEvent, RequestError } from "./exchange.ts";

export class AroundExchange implements Exchange {
  readonly requestId: string;
  protected readonly inner: Exchange;

  constructor(inner: Exchange) {
    this.requestId = inner.requestId;
    this.inner = inner;
  }

  next(): ExchangeEvent {
    return this.inner.next();
  }

  expire(reason: RequestError): ExchangeEvent {
    return this.inner.expire(reason);
  }

  lookup(key: string): unknown {
    return this.inner.lookup(key);
  }

  drain(reason: Error): void {
    this.inner.drain(reason);
  }

  warn(reason: Error): void {
    this.inner.warn(reason);
  }

  abort(reason: Error): void {
    this.inner.abort(reason);
  }
}
