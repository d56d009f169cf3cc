// `tsgi/node`: what an application of Node's interface may ask of the server that runs it.

import type { IncomingMessage, Server } from "node:http";
import { runOf } from "./node-run.ts";
import { offeredServer } from "./node-server.ts";

/**
 * The `http.Server` of this worker, for libraries that attach to one (socket.io, ws, Vite's middleware). It never listens itself, and
 * whoever attaches to it stands before the application, as on a server that was made with it. An application that exports a server of its
 * own needs no other.
 */
export const server: Server = offeredServer();

/** What the worker knows of a request. */
export interface RequestInfo {
  /** As in the logs. */
  readonly requestId: string;
  /** Aborts when the client has left, or the server will cut the request or has given it up. Made when it is first asked for. */
  readonly signal: AbortSignal;
  /** Aborts when the worker accepts nothing more: what can end soon should. Made when it is first asked for. */
  readonly draining: AbortSignal;
  /** Who is on the other end of the connection, a proxy where there is one; "" on a Unix socket. */
  readonly peerAddress: string;
}

/**
 * @param request As a listener got it.
 * @throws TypeError for a request that came another way, such as one that a framework made for a test.
 */
export function requestInfo(request: IncomingMessage): RequestInfo {
  const run = runOf(request);
  if (run === undefined)
    throw new TypeError("requestInfo: not a request that tsgi serves: expected Node's own request object");
  return run;
}
