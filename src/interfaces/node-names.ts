// What Node's own classes keep to themselves and the node interface needs: found by what they are called, in one place, so that a test
// can say which name a new version of Node has changed. A name that is gone costs what is written beside it, and no more.

import { IncomingMessage, OutgoingMessage, type Server, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Delivery } from "./node-delivery.ts";
import type { NodeRun } from "./node-run.ts";

/** Where a request and its response keep what serves them; two copies of this package in one process agree. */
export const RUN: unique symbol = Symbol.for("tsgi.node.run") as never;

const symbolOf = (object: object, description: string): symbol | undefined =>
  Object.getOwnPropertySymbols(object).find((symbol) => symbol.description === description);

const probe = new ServerResponse(new IncomingMessage(new Socket()));

/** Where a response keeps the fields that were set, by their names in lower case. Without it none of them would be known for what it is. */
export const OUT_HEADERS = symbolOf(probe, "kOutHeaders");
/** Whether a response owes its writer a `drain`. Without it `writableNeedDrain` stays true. */
export const NEED_DRAIN = symbolOf(probe, "kNeedDrain");
/** Whether an emitter watches the promises of its listeners. Without it an async listener that fails ends the worker. */
export const CAPTURE = symbolOf(probe, "kCapture");

/** The fields that were set on a response. */
export type OutHeaders = Readonly<Record<string, readonly [name: string, value: unknown]>>;

/** A request as Node's own code sees it. */
export interface InnerRequest extends IncomingMessage {
  [RUN]: NodeRun;
  _consuming: boolean;
  upgrade: boolean | null;
  joinDuplicateHeaders: boolean;
  _readableState: { readingMore: boolean; resumeScheduled: boolean };
  _dump(): void;
  _addHeaderLines(headers: readonly string[], count: number): void;
}

/** A response as Node's own code sees it. */
export interface InnerResponse extends ServerResponse {
  [RUN]: Delivery;
  _header: string | null;
  _hasBody: boolean;
  _contentLength: number | null;
  _removedContLen: boolean;
  _removedTE: boolean;
  _trailer: string;
  _closed: boolean;
  _keepAliveTimeout: number;
  _sent100: boolean;
  outputSize: number;
  _storeHeader(firstLine: string, headers: unknown): void;
  _send(data: string | Uint8Array, encoding?: BufferEncoding | null, callback?: Told | null, size?: number): boolean;
  _writeRaw(data: string, encoding?: string | Told | null, callback?: Told): boolean;
  _finish(): void;
}

/** What Node calls when something was written, or could not be. */
export type Told = (error?: Error | null) => void;

/** The methods of Node's classes that are put aside for our own. A test looks for each. */
export const SHADOWED = {
  request: ["_read"],
  response: ["_storeHeader", "_send", "_writeRaw", "_finish"],
} as const;

/** The properties and methods that are called or set. A test looks for each. */
export const USED = {
  request: ["_consuming", "_readableState", "_addHeaderLines", "_dump", "_destroy"],
  response: [
    ...["_header", "_hasBody", "_contentLength", "_removedContLen", "_removedTE", "_trailer", "_closed", "outputSize"],
    ...["_keepAliveTimeout", "_sent100", "_expect_continue"],
  ],
} as const;

export const prototypes = { request: IncomingMessage.prototype, response: OutgoingMessage.prototype } as const;

/** The classes that a server was told to make its requests and responses of. Without their names it gets Node's own. */
export interface Classes {
  readonly request: new (socket: Socket) => IncomingMessage;
  readonly response: new (request: IncomingMessage, options: object) => ServerResponse;
}

export function classesOf(server: Server): Classes {
  const inner = server as unknown as Readonly<Record<symbol, unknown>>;
  const request = inner[symbolOf(server, "IncomingMessage") ?? RUN] ?? IncomingMessage;
  const response = inner[symbolOf(server, "ServerResponse") ?? RUN] ?? ServerResponse;
  return { request: request as Classes["request"], response: response as Classes["response"] };
}

/** Node's own listeners of a server, by what the functions are called: they would read the connection and sweep it. */
export const OWN_LISTENERS = { connection: "connectionListener", listening: "setupConnectionsTracking" } as const;
