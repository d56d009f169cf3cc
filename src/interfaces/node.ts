// Node's own interface: `(request, response)`, or an `http.Server` with listeners, served by the worker's engine. The objects are Node's;
// the bytes, limits, deadlines, drain and log are the worker's, as for any other interface.

import { type RequestListener, Server } from "node:http";
import type { Served } from "./interface.ts";
import { classesOf } from "./node-names.ts";
import { NodeRun } from "./node-run.ts";
import { WorkerServer } from "./node-server.ts";

/** What `--interface node` serves: a listener, or a server that was not told to listen. */
export type NodeTarget = RequestListener | Server;

/**
 * Serves a listener, or the listeners of a server, which from here on is the worker's: `listening` is true, `close` waits for the
 * worker's end. Its `keepAliveTimeout`, `headersTimeout`, `requestTimeout`, `maxHeadersCount` and `maxRequestsPerSocket` mean nothing
 * here, the options of the command line do; its `timeout` counts as with Node.
 *
 * @throws TypeError for anything else.
 */
export function nodeInterface(target: NodeTarget): Served {
  if (typeof target !== "function" && !(target instanceof Server)) {
    throw new TypeError(
      `the node interface serves a (request, response) function or an http.Server, not ${typeof target}`,
    );
  }
  const served = new WorkerServer(target);
  const classes = classesOf(served.server);
  return {
    gateway: (host) => {
      const gateway = { host, served, classes, saidDeaf: false };
      return (request) => new NodeRun(gateway, request);
    },
    startup: () => served.started(),
    shutdown: () => served.stopped(),
  };
}
