// What an application of any interface comes to: something that serves requests, and what runs before the first and after the last.

import type { Serve } from "../gateway/exchange.ts";
import type { GatewayHost } from "../gateway/host.ts";
import type { Shutdown, Startup } from "../gateway/types.ts";

/** As `--interface` names them. */
export type InterfaceName = "tsgi" | "asgi" | "node" | "fetch";

/** An application, ready to be served. */
export interface Served {
  /** Made anew for each host: a worker has one for its clients, and one for requests of its own. */
  readonly gateway: (host: GatewayHost) => Serve;
  /** What the interface itself has to do in a worker before its first request and after its last one. */
  readonly startup?: Startup | undefined;
  readonly shutdown?: Shutdown | undefined;
}
