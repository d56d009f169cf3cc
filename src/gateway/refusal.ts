// The answer in place of an application's: a fixed text, nothing of the inside, and the id that the log line has too.

import type { ResponseEvent } from "../protocol/events.ts";
import type { Exchange, Serve } from "./exchange.ts";

const REASONS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  408: "Request Timeout",
  413: "Content Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

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
