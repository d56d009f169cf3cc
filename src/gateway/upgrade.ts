// Whether a request asks for another protocol on its connection (RFC 9110 section 7.8). Pure; does not know any such protocol.

import type { RequestHead } from "../protocol/events.ts";
import { listMembers } from "../protocol/grammar.ts";

/**
 * What Upgrade says, in lower case: `websocket`, `h2c`, a list. Undefined where nothing may be made of it: Connection does not name it,
 * so that it was meant for another hop; HTTP/1.0, which has no upgrades; or a body that would have to be read first.
 */
export function upgradeOf(head: RequestHead): string | undefined {
  const asked = fieldValue(head, "upgrade");
  if (asked === undefined || head.version === "1.0" || head.length !== 0) return undefined;
  return listMembers(fieldValue(head, "connection") ?? "").includes("upgrade") ? asked.toLowerCase() : undefined;
}

/** Whether it may become a websocket: that is what Upgrade says, or one of what it lists. */
export const asksForWebSocket = (head: RequestHead): boolean =>
  listMembers(upgradeOf(head) ?? "").includes("websocket");

/** Repeated fields are put together as one list (RFC 9110 section 5.3). */
export function fieldValue({ fields }: Pick<RequestHead, "fields">, name: string): string | undefined {
  let value: string | undefined;
  for (let i = 0; i < fields.length; i += 2) {
    if (fields[i] === name) value = value === undefined ? fields[i + 1] : `${value}, ${fields[i + 1]}`;
  }
  return value;
}
