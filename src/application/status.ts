// Statuses and their reasons (RFC 9110 section 15). The lines are the same strings for every response: a server that has checked one knows it.

import { STATUS_CODES } from "node:http";
import { show } from "./response-headers.ts";

const LINES = new Map<number, string>();

/** The usual reason; `""` where there is none. */
export const reasonOf = (status: number): string => STATUS_CODES[status] ?? "";

/** `"200 OK"`. */
export function statusLine(status: number): string {
  let line = LINES.get(status);
  if (line === undefined) {
    line = `${status} ${reasonOf(status)}`;
    LINES.set(status, line);
  }
  return line;
}

/** @throws TypeError that names it. */
export function checkStatus(status: number): number {
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new TypeError(`the status ${show(status)}: expected a whole number from 200 to 599`);
  }
  return status;
}

const REASON = /^[\t\x20-\x7e\x80-\xff]*$/;

/** @throws TypeError that names it. */
export function checkReason(reason: string): string {
  if (typeof reason !== "string" || !REASON.test(reason)) {
    throw new TypeError(`the reason ${JSON.stringify(reason)}: expected latin-1 characters without control characters`);
  }
  return reason;
}
