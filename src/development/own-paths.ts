// The paths that are not the application's: the event stream by which a page hears that the application was started anew, and the script
// that listens to it. Answered before the application, whatever its state.

import { END, type Exchange, type ExchangeEvent, type Serve, WAIT } from "../gateway/exchange.ts";
import { answering } from "../gateway/refusal.ts";
import type { FlatFields, ResponseEvent } from "../protocol/events.ts";
import { reloadScript } from "./script.ts";
import { EVENTS_PATH, isFor, SCRIPT_PATH } from "./words.ts";

/** How soon a browser asks again after the stream has ended. A restart takes about as long, and the connection then waits for its end. */
const RETRY_MS = 75;

const EVENTS: FlatFields = [
  ...["Content-Type", "text/event-stream", "Cache-Control", "no-store"],
  // nginx hands a stream on at once when it is told so.
  ...["X-Accel-Buffering", "no"],
];
const SCRIPT: FlatFields = [
  ...["Content-Type", "text/javascript; charset=utf-8", "Cache-Control", "no-store"],
  ...["X-Content-Type-Options", "nosniff"],
];

export interface OwnPathsOptions {
  /** What the stream says (`bootId`). */
  readonly boot: string;
  /** Whether there is a script for pages of the application. */
  readonly script: boolean;
  readonly nextRequestId: () => string;
}

export const isOwnPath = (target: string, script: boolean): boolean =>
  isFor(target, EVENTS_PATH) || (script && isFor(target, SCRIPT_PATH));

export function withOwnPaths(serve: Serve, { boot, script, nextRequestId }: OwnPathsOptions): Serve {
  const text = reloadScript(boot);
  return (request) => {
    const { target, method } = request.head;
    if (!isOwnPath(target, script)) return serve(request);
    const isHead = method === "HEAD";
    if (isFor(target, SCRIPT_PATH)) return answering(nextRequestId(), () => whole(SCRIPT, text, isHead));
    if (isHead) return answering(nextRequestId(), () => whole(EVENTS, "", isHead));
    return new BootEvents(nextRequestId(), boot, request.wake);
  };
}

const whole = (fields: FlatFields, body: string, isHead: boolean): ResponseEvent => ({
  ...{ type: "response", status: 200, reason: "OK", fields, length: body.length, date: "", close: false },
  ...{ body: isHead ? undefined : body, more: false },
});

/** One event, and then only the end, which comes when the worker leaves. */
class BootEvents implements Exchange {
  readonly requestId: string;
  readonly #boot: string;
  readonly #wake: () => void;
  #begun = false;
  #ending = false;

  constructor(requestId: string, boot: string, wake: () => void) {
    this.requestId = requestId;
    this.#boot = boot;
    this.#wake = wake;
  }

  next(): ExchangeEvent {
    if (!this.#begun) return this.#begin();
    return this.#ending ? END : WAIT;
  }

  drain(): void {
    this.#ending = true;
    this.#wake();
  }

  expire(): ExchangeEvent {
    return this.#begun ? END : this.#begin();
  }

  lookup(): unknown {
    return undefined;
  }

  warn(): void {}
  abort(): void {}

  #begin(): ResponseEvent {
    this.#begun = true;
    const body = `retry: ${RETRY_MS}\n\nevent: boot\ndata: ${this.#boot}\n\n`;
    return {
      ...{ type: "response", status: 200, reason: "OK", fields: EVENTS, length: undefined, date: "", close: false },
      ...{ body, more: true },
    };
  }
}
