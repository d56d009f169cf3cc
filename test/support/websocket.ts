// Websockets byte by byte: a handshake that can be wrong, and frames that no library would send.

import { Buffer } from "node:buffer";

export interface HandshakeChange {
  readonly method?: string;
  readonly target?: string;
  readonly protocol?: string;
  readonly upgrade?: string;
  readonly connection?: string;
  readonly key?: string;
  readonly version?: string;
  /** Further lines, each with its end. */
  readonly extra?: string;
}

/** A request for a websocket, right where nothing is said (RFC 6455 section 1.2). */
export function handshake(change: HandshakeChange, behind = ""): string {
  const { method = "GET", target = "/", protocol = "HTTP/1.1", upgrade = "websocket", connection = "Upgrade" } = change;
  const { key = "dGhlIHNhbXBsZSBub25jZQ==", version = "13", extra = "" } = change;
  const fields = `Upgrade: ${upgrade}\r\nConnection: ${connection}\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: ${version}\r\n`;
  return `${method} ${target} ${protocol}\r\nHost: a\r\n${fields}${extra}\r\n${behind}`;
}

export interface FrameParts {
  /** The first byte: FIN, the reserved bits and the opcode. */
  readonly first: number;
  readonly payload?: string | Buffer;
  readonly masked?: boolean;
}

/** A frame of up to 65,535 bytes, masked as a client's (RFC 6455 section 5.2), as latin-1. */
export function frame({ first, payload = "", masked = true }: FrameParts): string {
  const bytes = Buffer.from(payload as string);
  const length = bytes.length < 126 ? [bytes.length] : [126, bytes.length >> 8, bytes.length & 0xff];
  length[0]! |= masked ? 0x80 : 0;
  const mask = masked ? Buffer.from([0x0a, 0x0b, 0x0c, 0x0d]) : Buffer.alloc(0);
  const body = masked ? Buffer.from(bytes.map((byte, at) => byte ^ mask[at % 4]!)) : bytes;
  return Buffer.concat([Buffer.from([first, ...length]), mask, body]).toString("latin1");
}

export const TEXT = 0x81;
export const BINARY = 0x82;
export const CLOSE = 0x88;
export const PING = 0x89;
export const PONG = 0x8a;

/** The payload of a close frame. */
export function closing(code: number, reason: string | Buffer = ""): Buffer {
  return Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason as string)]);
}

/** The frames in what a server sent, with unmasked payloads as latin-1; of the last one what has come. */
export function framesOf(received: string): { readonly first: number; readonly payload: string }[] {
  const frames: { first: number; payload: string }[] = [];
  for (let at = 0; at + 2 <= received.length; ) {
    const first = received.charCodeAt(at);
    let length = received.charCodeAt(at + 1);
    at += 2;
    if (length === 126) {
      length = received.charCodeAt(at) * 256 + received.charCodeAt(at + 1);
      at += 2;
    }
    frames.push({ first, payload: received.slice(at, at + length) });
    at += length;
  }
  return frames;
}

/** The code of a close frame, as a server sends it; undefined for another frame. */
export const codeOf = ({ first, payload }: { readonly first: number; readonly payload: string }): number | undefined =>
  first === CLOSE ? payload.charCodeAt(0) * 256 + payload.charCodeAt(1) : undefined;
