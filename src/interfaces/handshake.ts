// Whether a request may become a websocket (RFC 6455 section 4.2.1), and the answer to one that may not. Pure; what an application
// wants of it is another matter.

import { fieldValue } from "../gateway/upgrade.ts";
import type { RequestHead, ResponseEvent } from "../protocol/events.ts";
import { isToken } from "../protocol/grammar.ts";
import { REASONS } from "../protocol/refusal.ts";

/** 16 bytes in base64. */
const KEY = /^[+/0-9A-Za-z]{21}[AQgw]==$/;

// RFC 6455 section 9.1: the value of a parameter is a token, also between quotes.
const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const EXTENSION = `${TOKEN}(?:[ \\t]*;[ \\t]*${TOKEN}(?:=(?:${TOKEN}|"${TOKEN}"))?)*`;
const EXTENSIONS = new RegExp(`^${EXTENSION}(?:[ \\t]*,[ \\t]*${EXTENSION})*$`);

/** The only version that there is (RFC 6455 section 4.4). */
const VERSION = "13";

/** A refusal to be sent, or undefined where the handshake is right. The request asks for `websocket` already. */
export function handshakeRefusal(head: RequestHead): ResponseEvent | undefined {
  if (head.method !== "GET") return refuse(405, "a websocket begins with GET", ["Allow", "GET"]);
  if (fieldValue(head, "sec-websocket-version") !== VERSION) {
    return refuse(426, "Sec-WebSocket-Version is not 13", ["Sec-WebSocket-Version", VERSION, "Upgrade", "websocket"]);
  }
  if (!KEY.test(fieldValue(head, "sec-websocket-key") ?? "")) {
    return refuse(400, "Sec-WebSocket-Key is not 16 bytes in base64");
  }
  const extensions = fieldValue(head, "sec-websocket-extensions");
  if (extensions !== undefined && !EXTENSIONS.test(extensions)) {
    return refuse(400, "Sec-WebSocket-Extensions is not a list of extensions with their parameters");
  }
  const offered = fieldValue(head, "sec-websocket-protocol");
  if (offered === undefined) return undefined;
  const names = protocolsOf(head);
  const isList = names.length > 0 && names.every(isToken) && new Set(names).size === names.length;
  return isList ? undefined : refuse(400, "Sec-WebSocket-Protocol is not a list of different tokens");
}

/** The subprotocols that the client offers, the one it likes best first. */
export const protocolsOf = (head: RequestHead): readonly string[] =>
  (fieldValue(head, "sec-websocket-protocol") ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name, _at, all) => name !== "" || all.length > 1);

function refuse(status: number, why: string, fields: readonly string[] = []): ResponseEvent {
  const reason = REASONS[status] ?? "Error";
  const body = `${status} ${reason}: ${why}\n`;
  return {
    ...{ type: "response", status, reason, fields: ["Content-Type", "text/plain; charset=utf-8", ...fields] },
    ...{ length: body.length, date: "", close: true, body, more: false },
  };
}
