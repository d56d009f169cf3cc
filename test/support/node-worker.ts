// A worker in this process that serves an application of Node's interface, as long as a test.

import type { TestContext } from "node:test";
import type { Settings } from "../../src/config/options.ts";
import { type NodeTarget, nodeInterface } from "../../src/interfaces/node.ts";
import { type InProcess, serveGateway } from "./worker.ts";

export interface NodeWorker extends InProcess {
  readonly url: string;
}

export function serveNode(t: TestContext, target: NodeTarget, settings: Partial<Settings> = {}): NodeWorker {
  const served = nodeInterface(target);
  const worker = serveGateway(served.gateway, settings);
  const none = { slot: 1, generation: 1, workers: 1, reason: "", signal: new AbortController().signal };
  void served.startup?.(none);
  t.after(() => {
    worker.close();
    void served.shutdown?.(none);
  });
  return Object.assign(worker, { url: `http://127.0.0.1:${worker.port}` });
}
