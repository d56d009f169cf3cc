// Node's own interface: `(request, response)`, or an `http.Server` with listeners, served by the worker's engine.

import type { RequestListener, Server } from "node:http";
import { refusing } from "../gateway/refusal.ts";
import type { Served } from "./interface.ts";

/** What `--interface node` serves: a listener, or a server that was not told to listen. */
export type NodeTarget = RequestListener | Server;

export const nodeInterface = (_target: NodeTarget): Served => ({
  gateway: (host) => refusing(501, host.nextRequestId),
});
