// `req`: a real `http.IncomingMessage` of a head that our codec has read, whose body is pulled when the application reads. Does not
// know what becomes of the response.

import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import process from "node:process";
import type { FlatFields, RequestHead } from "../protocol/events.ts";
import { type Classes, type InnerRequest, RUN } from "./node-names.ts";
import type { NodeRun } from "./node-run.ts";

/** The fields that came last, and `headers` as Node makes it of them: a browser on one connection says the same again and again. */
let lastFields: FlatFields | undefined;
let lastHeaders: IncomingMessage["headers"] | undefined;

export interface RequestSource {
  readonly run: NodeRun;
  readonly head: RequestHead;
  readonly socket: Socket;
  readonly classes: Classes;
  readonly joinDuplicateHeaders: boolean;
  /** As a trusted proxy tells it; undefined where none does. */
  readonly host: string | undefined;
}

export function requestOf({ run, head, socket, classes, joinDuplicateHeaders, host }: RequestSource): InnerRequest {
  const request = new classes.request(socket) as InnerRequest;
  const { fields, version } = head;
  request.method = head.method;
  request.url = head.target;
  request.httpVersion = version;
  request.httpVersionMajor = 1;
  request.httpVersionMinor = version === "1.1" ? 1 : 0;
  request.joinDuplicateHeaders = joinDuplicateHeaders;
  // A copy: what the codec gives is shared, and an application may change what it got.
  request._addHeaderLines(fields.slice(), fields.length);
  request.upgrade = false;
  request._read = readBody;
  request[RUN] = run;
  if (head.length === 0) request.complete = true;
  if (!joinDuplicateHeaders) remember(request, fields);
  // What came stays in `rawHeaders`.
  if (host !== undefined) request.headers.host = host;
  return request;
}

function remember(request: InnerRequest, fields: FlatFields): void {
  if (fields !== lastFields) {
    // A list that is not frozen is a new one each time.
    if (!Object.isFrozen(fields)) return;
    lastFields = fields;
    lastHeaders = undefined;
    return;
  }
  // The value of Set-Cookie is a list, which two requests must not share.
  if (lastHeaders === undefined && !fields.includes("set-cookie")) lastHeaders = { ...request.headers };
  if (lastHeaders !== undefined) (request as { headers: IncomingMessage["headers"] }).headers = { ...lastHeaders };
}

/** `_read` of a request: an own property, because frameworks give requests another prototype. */
function readBody(this: InnerRequest): void {
  if (!this._consuming) {
    // Node reads nothing ahead before the application reads.
    this._readableState.readingMore = false;
    this._consuming = true;
  }
  this[RUN].readBody();
}

/** The body is over. */
export function endRequest(request: InnerRequest, trailers: FlatFields): void {
  request.complete = true;
  // After `complete` Node takes them for trailers.
  if (trailers.length > 0) request._addHeaderLines(trailers.slice(), trailers.length);
  request.push(null);
}

/** The rest of the request will never be read: `aborted` and ECONNRESET, as Node tells it. One that was read whole is only closed. */
export function abortRequest(request: InnerRequest): void {
  if (request.destroyed) return;
  if (request.complete && request.readableEnded) {
    request.destroy();
    return;
  }
  request._destroy = destroyQuietly;
  request.destroy(Object.assign(new Error("aborted"), { code: "ECONNRESET" }));
}

/** Node's `_destroy` would drop the connection, on which an answer may be due. */
function destroyQuietly(this: IncomingMessage, error: Error | null, done: (error?: Error | null) => void): void {
  this.aborted = true;
  this.emit("aborted");
  // Only for whoever listens, as with Node: an `error` that nobody hears would end the process.
  process.nextTick(() => done(this.listenerCount("error") === 0 ? null : error));
}

/** The response is out. Whoever listens to what is left of the request hears its end; for nobody it is not worth its cost. */
export function dumpRequest(request: InnerRequest): void {
  if (request.destroyed || request.readableEnded) return;
  if (request._consuming || request._readableState.resumeScheduled) return;
  if (request.listenerCount("end") + request.listenerCount("close") + request.listenerCount("readable") === 0) return;
  if (request.complete) request.push(null);
  request._dump();
}
