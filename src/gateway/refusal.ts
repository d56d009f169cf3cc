// The answer in place of an application's: a fixed text, nothing of the inside, and the id that the log line has too.

import type { ResponseEvent } from "../protocol/events.ts";
import type { Fault } from "../protocol/faults.ts";
import { REASONS, refusal } from "../protocol/refusal.ts";
import type { Exchange, Serve } from "./exchange.ts";

/** A whole response. After a failed request body the connection cannot be used again, so everything but a 500 closes it. */
export function refusalOf(status: number, requestId: string): ResponseEvent {
  const reason = REASONS[status] ?? "Error";
  const body = `${status} ${reason}\nrequest ${requestId}\n`;
  const fields = ["Content-Type", "text/plain; charset=utf-8", "X-Request-Id", requestId];
  return {
    type: "response",
    status,
    reason,
    fields,
    length: body.length,
    date: "",
    close: status !== 500,
    body,
    more: false,
  };
}

/** Serves nothing: every request is answered with `status`, whatever it wants. */
export const refusing =
  (status: number, nextRequestId: () => string): Serve =>
  (): Exchange => {
    const requestId = nextRequestId();
    return { requestId, next: () => refusalOf(status, requestId), lookup: () => undefined, abort() {} };
  };

/** The same for a peer's fault that only the gateway could see: it names the rule, as the codec's refusals do, and closes. */
export function refusalFor(what: Fault, requestId: string): ResponseEvent {
  const event = refusal(what, "");
  return { ...event, fields: [...event.fields, "X-Request-Id", requestId] };
}
