// What `tsgi/node` promises to a TypeScript application. Only types: nothing here runs.

import type { IncomingMessage, Server } from "node:http";
import { type RequestInfo, requestInfo, type server } from "tsgi/node";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const yes = <T extends true>(): T => true as T;

yes<Equal<typeof server, Server>>();
yes<Equal<typeof requestInfo, (request: IncomingMessage) => RequestInfo>>();
yes<Equal<RequestInfo["signal"], AbortSignal>>();
yes<Equal<RequestInfo["draining"], AbortSignal>>();
yes<Equal<RequestInfo["requestId"], string>>();
yes<Equal<RequestInfo["peerAddress"], string>>();

// @ts-expect-error: what the worker knows is not the application's to change.
requestInfo({} as IncomingMessage).requestId = "x";
// @ts-expect-error: a request of the web platform is another interface's.
requestInfo(new Request("http://example.com"));
