// The answer to a peer that broke a rule: the same on every wire, and short, because nothing more is read afterwards.

import type { ResponseEvent } from "./events.ts";
import { FAULTS, type Fault } from "./faults.ts";

/** The reason phrases of whatever the server answers in place of an application. */
export const REASONS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  403: "Forbidden",
  405: "Method Not Allowed",
  408: "Request Timeout",
  413: "Content Too Large",
  414: "URI Too Long",
  417: "Expectation Failed",
  426: "Upgrade Required",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
};

const FIELDS = Object.freeze(["Content-Type", "text/plain; charset=utf-8"]);

/**
 * The whole response that tells a peer which rule it broke: one line of text, and the connection closes.
 *
 * @param date An IMF-fixdate, or `""` when the connection sets it later.
 */
export function refusal(fault: Fault, date: string): ResponseEvent {
  const { status } = fault;
  const reason = REASONS[status]!;
  const body = `${status} ${reason}: ${FAULTS[fault.code].why}\n`;
  return {
    type: "response",
    status,
    reason,
    fields: FIELDS,
    length: body.length,
    date,
    close: true,
    body,
    more: false,
  };
}
