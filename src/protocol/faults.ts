// What a peer can do wrong, one row each, and the one mistake of our own callers.
// A peer's fault is data, never thrown: an exception costs twenty times as much, and the compiler makes every edge answer.

/** Every rule that a peer can break. The code is the contract, the text may improve. */
export const FAULTS = {
  "http1.bad-method": { status: 400, why: "the method is not a token", rfc: "9110 9.1" },
  "http1.bad-request-line": {
    status: 400,
    why: "the request line is not a method, a target and a version with one space between them",
    rfc: "9112 3",
  },
  "http1.request-line-too-long": {
    status: 414,
    why: "the request line is longer than --limit-request-line",
    rfc: "9110 15.5.15",
  },
  "http1.extra-empty-line": {
    status: 400,
    why: "more than one empty line came before the request line",
    rfc: "9112 2.2",
  },
  "http1.bad-target": {
    status: 400,
    why: "the request target holds white space, a control character or a #",
    rfc: "9112 3.2",
  },
  "http1.bad-target-form": {
    status: 400,
    why: "the request target is not a path or an http URL; * is for OPTIONS and host:port for CONNECT only",
    rfc: "9112 3.2",
  },
  "http1.bad-target-authority": {
    status: 400,
    why: "the host and port in the request target are not valid",
    rfc: "9110 4.2",
  },
  "http1.bad-version": { status: 400, why: "the version is not written as HTTP/1.1", rfc: "9112 2.3" },
  "http1.unsupported-version": { status: 505, why: "only HTTP/1.0 and HTTP/1.1 are spoken here", rfc: "9110 15.6.6" },

  "http1.bare-lf": { status: 400, why: "a line ends with LF where CR LF must stand", rfc: "9112 2.2" },
  "http1.bare-cr": { status: 400, why: "a CR is not followed by LF", rfc: "9112 2.2" },
  "http1.control-byte": { status: 400, why: "a line holds a control character", rfc: "9110 5.5" },
  "http1.space-before-fields": {
    status: 400,
    why: "white space stands between the request line and the first field",
    rfc: "9112 2.2",
  },
  "http1.folded-field": { status: 400, why: "a field is folded over several lines", rfc: "9112 5.2" },
  "http1.field-without-colon": { status: 400, why: "a field line has no colon", rfc: "9112 5" },
  "http1.empty-field-name": { status: 400, why: "a field has no name", rfc: "9110 5.1" },
  "http1.space-before-colon": {
    status: 400,
    why: "white space stands between a field name and its colon",
    rfc: "9112 5.1",
  },
  "http1.bad-field-name": { status: 400, why: "a field name is not a token", rfc: "9110 5.1" },
  "http1.field-too-long": { status: 431, why: "a field line is longer than --limit-field-size", rfc: "6585 5" },
  "http1.fields-too-large": {
    status: 431,
    why: "all fields together are larger than --limit-fields-size",
    rfc: "6585 5",
  },
  "http1.too-many-fields": { status: 431, why: "there are more fields than --limit-fields", rfc: "6585 5" },

  "http1.no-host": { status: 400, why: "an HTTP/1.1 request has no Host field", rfc: "9112 3.2" },
  "http1.several-hosts": { status: 400, why: "there is more than one Host field", rfc: "9112 3.2" },
  "http1.empty-host": {
    status: 400,
    why: "the Host field is empty and the target names no host either",
    rfc: "9110 4.2.1",
  },
  "http1.bad-host": { status: 400, why: "the Host field is not a host with an optional port", rfc: "9112 3.2" },
  "http1.hosts-disagree": {
    status: 400,
    why: "the request target and the Host field name different hosts",
    rfc: "9112 3.2",
  },

  "http1.bad-length": { status: 400, why: "Content-Length is not digits only", rfc: "9110 8.6" },
  "http1.several-lengths": { status: 400, why: "there is more than one Content-Length field", rfc: "9112 6.3" },
  "http1.two-lengths": {
    status: 400,
    why: "both Content-Length and Transfer-Encoding were sent",
    rfc: "9112 6.1",
  },
  "http1.body-too-large": { status: 413, why: "the request body is larger than --limit-body", rfc: "9110 15.5.14" },
  "http1.coding-before-1-1": {
    status: 400,
    why: "Transfer-Encoding does not exist before HTTP/1.1",
    rfc: "9112 6.1",
  },
  "http1.bad-coding": { status: 400, why: "Transfer-Encoding is not a list of codings", rfc: "9112 6.1" },
  "http1.chunked-twice": { status: 400, why: "the chunked coding is named more than once", rfc: "9112 6.1" },
  "http1.chunked-not-last": { status: 400, why: "a coding is named after chunked", rfc: "9112 6.3" },
  "http1.unknown-coding": { status: 501, why: "chunked is the only transfer coding spoken here", rfc: "9112 6.1" },
  "http1.unknown-expectation": {
    status: 417,
    why: "100-continue is the only expectation that can be met",
    rfc: "9110 10.1.1",
  },

  "http1.bad-chunk-size": { status: 400, why: "a chunk size is not hexadecimal digits only", rfc: "9112 7.1" },
  "http1.chunk-size-too-long": { status: 400, why: "a chunk size has more than 16 digits", rfc: "9112 7.1" },
  "http1.chunk-line-end": { status: 400, why: "a chunk size line does not end with CR LF", rfc: "9112 7.1" },
  "http1.bad-chunk-extension": {
    status: 400,
    why: "a chunk extension is not a name with an optional value",
    rfc: "9112 7.1.1",
  },
  "http1.chunk-line-too-long": { status: 400, why: "a chunk size line is longer than 1,024 bytes", rfc: "9112 7.1.1" },
  "http1.too-many-chunk-extensions": {
    status: 400,
    why: "the chunk extensions are more than 16 KiB and more than the body",
    rfc: "9112 7.1.1",
  },
  "http1.chunk-overrun": { status: 400, why: "the data of a chunk is not followed by CR LF", rfc: "9112 7.1" },
  "http1.forbidden-trailer": {
    status: 400,
    why: "a trailer field is one that belongs in the head",
    rfc: "9110 6.5.1",
  },

  "http1.cut-head": { status: 400, why: "the connection ended in the middle of a request head", rfc: "9112 8" },
  "http1.cut-body": { status: 400, why: "the connection ended in the middle of a request body", rfc: "9112 8" },

  // What a trusted proxy says about its client, where it cannot be believed: no application is asked.
  "edge.bad-forwarded": {
    status: 400,
    why: "the Forwarded field of a trusted proxy is not written as RFC 7239 has it",
    rfc: "7239 4",
  },
  "edge.bad-forwarded-for": {
    status: 400,
    why: "a trusted proxy named a client that is no IP address, unknown, or a name that begins with _",
    rfc: "7239 6",
  },
  "edge.bad-forwarded-proto": {
    status: 400,
    why: "a trusted proxy named a scheme that is neither http nor https",
    rfc: "7239 5.4",
  },
  "edge.bad-forwarded-host": {
    status: 400,
    why: "a trusted proxy named a host that is not a host with an optional port",
    rfc: "7239 5.3",
  },
  "edge.bad-forwarded-port": {
    status: 400,
    why: "a trusted proxy named a port that is not a number from 1 to 65535",
    rfc: "3986 3.2.3",
  },
  "edge.bad-script-name": {
    status: 400,
    why: "a trusted proxy named a script name that is not a plain path such as /x, without a slash at its end",
    rfc: "3875 4.1.13",
  },
  "edge.script-name-mismatch": {
    status: 400,
    why: "the path does not begin with the SCRIPT_NAME of a trusted proxy",
    rfc: "3875 4.1.13",
  },
  "edge.forwarded-conflict": {
    status: 400,
    why: "two fields of a trusted proxy contradict each other about the client",
    rfc: "7239 8.1",
  },
  "edge.underscore-field": {
    status: 400,
    why: "a field name has an underscore, which --underscores refuses",
    rfc: "3875 4.1.18",
  },

  "edge.head-too-slow": {
    status: 408,
    why: "the request head did not arrive within --head-timeout",
    rfc: "9110 15.5.9",
  },
  "edge.body-too-silent": {
    status: 408,
    why: "nothing of the request body came for --body-timeout",
    rfc: "9110 15.5.9",
  },
  "edge.body-too-slow": {
    status: 408,
    why: "the request body came more slowly than --body-rate",
    rfc: "9110 15.5.9",
  },
  // The status is for the log: in the middle of a response nothing can be said any more.
  "edge.response-too-slow": {
    status: 408,
    why: "the client took nothing of the response for --write-timeout",
    rfc: "9112 9.5",
  },
  "edge.overloaded": {
    status: 503,
    why: "--limit-in-flight requests are in progress in this worker",
    rfc: "9110 15.6.4",
  },
  "edge.too-many-websockets": {
    status: 503,
    why: "--limit-websockets connections of this worker are websockets, or of another protocol",
    rfc: "9110 15.6.4",
  },
  "edge.too-many-connections": {
    status: 503,
    why: "--worker-connections connections are open in this worker",
    rfc: "9110 15.6.4",
  },
  "edge.tls-hello": {
    status: 400,
    why: "HTTPS sent to an HTTP port: a TLS handshake came, so use http:// here or end TLS in front of it",
    rfc: "8446 5.1",
  },
  "edge.http2-preface": {
    status: 505,
    why: "this port speaks HTTP/1.1: an HTTP/2 preface came, so let the client or proxy use HTTP/1.1 here",
    rfc: "9113 3.4",
  },
  "edge.uwsgi-packet": {
    status: 400,
    why: "this port speaks plain HTTP: a uwsgi packet came, so let the proxy use HTTP here (nginx: proxy_pass, not uwsgi_pass)",
    rfc: "9112 3",
  },
  "edge.proxy-line": {
    status: 400,
    why: "this port speaks plain HTTP: a PROXY line came, so switch it off for this server (send-proxy in HAProxy, proxy_protocol in nginx)",
    rfc: "9112 3",
  },
} as const satisfies Record<string, { readonly status: number; readonly why: string; readonly rfc: string }>;

export type FaultCode = keyof typeof FAULTS;

/** The peer broke a rule. */
export interface Fault {
  readonly code: FaultCode;
  /** The status that tells the peer. */
  readonly status: number;
  /** The offset of the offending byte in the bytes of this request, counted from the first byte of its head. */
  readonly at: number;
}

export const fault = (code: FaultCode, at: number): Fault => ({ code, status: FAULTS[code].status, at });

/** Our own caller broke the codec's contract. A bug in tsgi, never the peer's doing. */
export class MisuseError extends Error {
  override readonly name = "MisuseError";
}
