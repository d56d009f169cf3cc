// What one case of the semantic suite says: an application and a request, and what the client, the log and the body hear of it. No case
// names an engine; where framing must differ by nature, it is not said at all (see engines.ts).

import type { Application, Chunk, HeaderList } from "../../../src/gateway/types.ts";

export interface Request {
  readonly method?: string;
  readonly target?: string;
  readonly version?: "1.0" | "1.1";
  /** Names and values. Host is added. */
  readonly fields?: HeaderList;
  readonly body?: string;
  /** Bytes of the body that never come: the client ends its side. */
  readonly missing?: number;
  /** The client leaves when so many bytes of the response's body are there. */
  readonly leavesAfter?: number;
}

/** What an application notes of its own life. */
export interface Probe {
  /** How often a body was closed. */
  closes: number;
  readonly notes: string[];
  note(text: string): void;
  closed(): void;
  /** A body that counts its closing. */
  body(chunks: Iterable<unknown> | AsyncIterable<unknown>): Iterable<Chunk> & { close(): void };
}

export type Answer = number | "cut" | "none";

export interface Case {
  readonly title: string;
  readonly app: (probe: Probe) => Application;
  readonly request?: Request;
  readonly status?: number;
  readonly reason?: string;
  /** Without those that frame the response or belong to the server; Content-Length is `length`. */
  readonly headers?: readonly string[];
  /** What Content-Length says; undefined for none. */
  readonly length?: number;
  readonly body?: string;
  /** `whole` unless said otherwise. `left`: by the client. */
  readonly end?: "whole" | "cut" | "left";
  readonly closes?: number;
  readonly notes?: readonly string[];
  /** What is reported, and what the client gets for it. */
  readonly logs?: readonly (readonly [message: string | RegExp, answer: Answer])[];
  /** Lines that the application wrote to `tsgi.errors`. */
  readonly lines?: readonly string[];
}

export const PLAIN: HeaderList = [["Content-Type", "text/plain"]];
export const TYPE = "Content-Type: text/plain";
export const FAILED = {
  status: 500,
  reason: "Internal Server Error",
  headers: ["Content-Type: text/plain; charset=utf-8", "X-Request-Id: id-1"],
  length: 39,
  body: "500 Internal Server Error\nrequest id-1\n",
} as const;
/** The same answer to HEAD. */
export const FAILED_HEAD = { ...FAILED, body: "" } as const;

/** An application that says 200 and returns this. */
export const answers =
  (body: (probe: Probe) => unknown, headers: HeaderList = PLAIN, status = "200 OK") =>
  (probe: Probe): Application =>
  (_environ, startResponse) => {
    startResponse(status, headers);
    return body(probe) as Chunk;
  };

/** Content-Type, and a Content-Length. */
export const sized = (length: number | string): HeaderList => [...PLAIN, ["Content-Length", String(length)]];
