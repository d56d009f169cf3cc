// The text of a response that a handler writes by itself, for one request and then the end: the lines before its fields, and its chunks.
// A server on a connection that lasts has the codec for that (protocol/http1/writer.ts).

import type { Piece } from "../protocol/events.ts";

export interface PreambleParts {
  readonly originServer: boolean;
  readonly httpVersion: string;
  readonly serverSoftware: string | undefined;
  readonly status: string | undefined;
  readonly headers: { has(name: string): boolean } | undefined;
}

/** RFC 3875 section 6.3.3 for a web server, which adds the rest itself; RFC 9112 for a client. */
export function preambleOf(parts: PreambleParts): string {
  const { originServer, httpVersion, serverSoftware, status, headers } = parts;
  if (!originServer) return `Status: ${status}\r\n`;
  let lines = `HTTP/${httpVersion} ${status}\r\n`;
  if (headers?.has("Date") !== true) lines += `Date: ${new Date().toUTCString()}\r\n`;
  if (serverSoftware !== undefined && headers?.has("Server") !== true) lines += `Server: ${serverSoftware}\r\n`;
  return `${lines}Connection: close\r\n`;
}

/** Only a client of HTTP/1.1 reads chunks (RFC 9112 section 7.1), and only where no length is known are they needed. */
export const needsChunks = (parts: PreambleParts, protocol: string): boolean =>
  parts.originServer &&
  parts.httpVersion === "1.1" &&
  protocol === "HTTP/1.1" &&
  parts.headers?.has("Content-Length") !== true;

export const CHUNKED = "Transfer-Encoding: chunked\r\n";

/** RFC 9112 section 7.1. An empty chunk would be the last one. */
export const wrapChunk = (piece: Piece): readonly Piece[] =>
  piece.length === 0 ? [] : [`${piece.length.toString(16)}\r\n`, piece, "\r\n"];

export const LAST_CHUNK = "0\r\n\r\n";
