// What an application may say on a websocket: judged while `send` is on the stack (RFC 6455; ASGI 3.0, WebSocket). Names what was given and
// what fits. Does not know when anything is said.

import { Buffer } from "node:buffer";
import { show } from "../gateway/said.ts";
import type { FlatFields, ResponseEvent } from "../protocol/events.ts";
import type { Given } from "./asgi-reply.ts";
import { headersOf } from "./asgi-said.ts";

export const WEBSOCKET_SENDABLE = [
  "websocket.accept",
  "websocket.send",
  "websocket.close",
  "websocket.http.response.start",
  "websocket.http.response.body",
] as const;

/** RFC 6455 section 5.5: what a close frame has room for beside its code. */
const REASON_BYTES = 123;

/**
 * Text, or bytes.
 *
 * @throws TypeError
 */
export function messageOf(event: Given): string | Uint8Array {
  const { type } = event;
  const text = event["text"] ?? undefined;
  const bytes = event["bytes"] ?? undefined;
  if ((text === undefined) === (bytes === undefined)) {
    throw new TypeError(`${type}: ${text === undefined ? "neither" : "both"} of text and bytes given: expected one`);
  }
  if (text !== undefined) {
    if (typeof text === "string") return text;
    throw new TypeError(`${type}: text is ${show(text)}: expected a string`);
  }
  if (bytes instanceof Uint8Array) return bytes;
  throw new TypeError(`${type}: bytes is ${show(bytes)}: expected a Uint8Array`);
}

/** @throws TypeError */
export function closeOf(event: Given): { readonly code: number; readonly reason: string } {
  const { type } = event;
  const code = event["code"] ?? 1000;
  const reason = event["reason"] ?? "";
  if (!isCloseCode(code)) {
    throw new TypeError(
      `${type}: code is ${show(code)}: expected 1000 to 1003, 1007 to 1014, or 3000 to 4999 (RFC 6455 section 7.4)`,
    );
  }
  if (typeof reason !== "string" || Buffer.byteLength(reason) > REASON_BYTES) {
    throw new TypeError(`${type}: reason is ${show(reason)}: expected a string of at most ${REASON_BYTES} bytes`);
  }
  return { code, reason };
}

/**
 * RFC 6455 section 4.1: a client fails a connection with a subprotocol that it did not offer.
 *
 * @throws TypeError
 */
export function protocolOf(event: Given, offered: readonly string[]): string | undefined {
  const given = event["subprotocol"] ?? undefined;
  if (given === undefined || (typeof given === "string" && offered.includes(given))) return given;
  const fits = offered.length === 0 ? "none, since the client offers none" : `one of ${offered.join(", ")}`;
  throw new TypeError(`${event.type}: subprotocol is ${show(given)}: expected ${fits}`);
}

/**
 * The fields of a 101.
 *
 * @throws TypeError
 */
export function acceptFields(event: Given): FlatFields {
  const { type } = event;
  const { fields } = headersOf(event["headers"], type);
  const wrong = fields.find((name, i) => i % 2 === 0 && name.startsWith("sec-websocket-"));
  if (wrong === undefined) return fields;
  throw new TypeError(
    `${type}: header ${wrong} is the server's${wrong.endsWith("protocol") ? ": say subprotocol" : ""}`,
  );
}

export const FORBIDDEN = 403;

const TEXT = Object.freeze(["content-type", "text/plain; charset=utf-8"]);

/** The answer to a handshake that the application does not want. */
export function forbidden(): ResponseEvent {
  const body = `${FORBIDDEN} Forbidden\n`;
  return {
    ...{ type: "response", status: FORBIDDEN, reason: "Forbidden", fields: TEXT, length: body.length },
    ...{ date: "", close: false, body, more: false },
  };
}

/** RFC 6455 section 7.4, and the registry that it made. */
const isCloseCode = (code: unknown): code is number =>
  typeof code === "number" &&
  Number.isInteger(code) &&
  ((code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999));
