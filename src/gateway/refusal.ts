// The answer in place of an application's: a fixed text, nothing of the inside, and the id that the log line has too.

import type { ResponseEvent } from "../protocol/events.ts";
import type { Fault } from "../protocol/faults.ts";
import { REASONS, refusal } from "../protocol/refusal.ts";
import type { Exchange, Serve } from "./exchange.ts";

/** Those after which the connection may go on. After a failed request body it cannot be used again. */
const MAY_GO_ON: ReadonlySet<number> = new Set([500, 504]);

export const statusLine = (status: number): string => `${status} ${REASONS[status] ?? "Error"}`;

/** A whole response. */
export function refusalOf(status: number, requestId: string): ResponseEvent {
  const reason = REASONS[status] ?? "Error";
  const body = `${statusLine(status)}\nrequest ${requestId}\n`;
  const fields = ["Content-Type", "text/plain; charset=utf-8", "X-Request-Id", requestId];
  return {
    type: "response",
    status,
    reason,
    fields,
    length: body.length,
    date: "",
    close: !MAY_GO_ON.has(status),
    body,
    more: false,
  };
}

/** Serves nothing: every request is answered with `status`, whatever it wants. */
export const refusing =
  (status: number, nextRequestId: () => string): Serve =>
  (): Exchange => {
    const requestId = nextRequestId();
    return answering(requestId, () => refusalOf(status, requestId));
  };

/** One answer, which is whole and needs nobody. */
export const answering = (requestId: string, answer: () => ResponseEvent): Exchange => ({
  ...{ requestId, next: answer, expire: answer, lookup: () => undefined, drain() {}, warn() {}, abort() {} },
});

/** The same for a peer's fault that only the gateway could see: it names the rule, as the codec's refusals do, and closes. */
export function refusalFor(what: Fault, requestId: string): ResponseEvent {
  const event = refusal(what, "");
  return { ...event, fields: [...event.fields, "X-Request-Id", requestId] };
}
