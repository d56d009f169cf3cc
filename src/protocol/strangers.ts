// Which other protocol came to a port that speaks HTTP, so that the log names what to change instead of a bad byte.
// Asked only about bytes that are already known to be no request: what is right never pays for it. Each answer depends on the
// bytes from the first one on, never on how they were cut. Knows neither sockets nor HTTP's own rules.

import type { FaultCode } from "./faults.ts";

/** The code of a stranger; `"perhaps"` while the bytes so far could be one; undefined when they cannot. */
export type Stranger = FaultCode | "perhaps" | undefined;

const HANDSHAKE = 0x16;
const CLIENT_HELLO = 0x01;
/** Type, version and length of a record, then the type of the handshake message (RFC 8446 sections 4 and 5.1). */
const TLS_BYTES = 6;
/** modifier1, the size in two bytes, modifier2, the length of the first name in two bytes, and its first byte. */
const UWSGI_BYTES = 7;
const UWSGI_HEADER = 4;
/** What PROXY v2 begins with after the first of its line ends, which is taken for the empty line a request may have before it. */
const PROXY_V2_REST = "\r\n\0\r\nQUIT\n";
const PROXY_V1 = /^PROXY (?:TCP[46]|UNKNOWN)(?: |$)/;

/** Of bytes from `start` on whose first one begins no request. */
export function strangerByBytes(bytes: Uint8Array, start: number): Stranger {
  if (bytes[start] === HANDSHAKE) return tlsHello(bytes, start);
  return bytes[start] === 0 ? uwsgiPacket(bytes, start) : undefined;
}

/** Of a second empty line at `start`: either the signature of PROXY v2 goes on here, or it is just that. */
export function strangerByEmptyLine(bytes: Uint8Array, start: number): Stranger {
  for (let i = 2; i < PROXY_V2_REST.length; i += 1) {
    const byte = bytes[start + i];
    if (byte === undefined) return "perhaps";
    if (byte !== PROXY_V2_REST.charCodeAt(i)) return undefined;
  }
  return "edge.proxy-line";
}

/** Of a whole line without its line end that is no request line. */
export function strangerByLine(line: string): FaultCode | undefined {
  // RFC 9113 section 3.4 chose the preface so that this line alone ends every conversation in HTTP/1.1.
  if (line === "PRI * HTTP/2.0") return "edge.http2-preface";
  return PROXY_V1.test(line) ? "edge.proxy-line" : undefined;
}

function tlsHello(bytes: Uint8Array, start: number): Stranger {
  const have = bytes.length - start;
  // SSL 3 to TLS 1.3 all write 3 as the major version of a record.
  if (have > 1 && bytes[start + 1] !== 3) return undefined;
  if (have > 2 && bytes[start + 2]! > 4) return undefined;
  if (have < TLS_BYTES) return "perhaps";
  return bytes[start + 5] === CLIENT_HELLO ? "edge.tls-hello" : undefined;
}

/** Zeros are no packet: there is a first name, it fits into the size, and it begins as names of CGI and HTTP do. */
function uwsgiPacket(bytes: Uint8Array, start: number): Stranger {
  const have = bytes.length - start;
  if (have < 3) return "perhaps";
  const size = bytes[start + 1]! + bytes[start + 2]! * 256;
  if (size <= UWSGI_HEADER) return undefined;
  if (have > 3 && bytes[start + 3] !== 0) return undefined;
  if (have < UWSGI_BYTES - 1) return "perhaps";
  const name = bytes[start + 4]! + bytes[start + 5]! * 256;
  if (name === 0 || name + UWSGI_HEADER > size) return undefined;
  if (have < UWSGI_BYTES) return "perhaps";
  return isLetter(bytes[start + 6]!) ? "edge.uwsgi-packet" : undefined;
}

const isLetter = (byte: number): boolean => (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
