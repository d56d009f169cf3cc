// What the gateway loop needs of the process it runs in, and what it tells it.

import type { ConnectionInfo } from "../protocol/events.ts";
import type { Fault } from "../protocol/faults.ts";
import type { ServerFacts } from "./environ.ts";
import type { ErrorSink } from "./errors.ts";

/** What went wrong with a request, for whoever writes the log. */
export interface Trouble {
  readonly requestId: string;
  readonly method: string;
  readonly target: string;
  /** What was thrown, or a ContractError. */
  readonly error: unknown;
  /** What the client gets: a status, or a connection that is cut because the head was already sent; "none" when it has its answer. */
  readonly answer: number | "cut" | "none";
}

/** What the loop needs of the process it runs in. */
export interface GatewayHost {
  readonly facts: ServerFacts;
  readonly nextRequestId: () => string;
  /** One line, or a text of several, that an application wrote to `tsgi.errors`. */
  readonly writeError: ErrorSink;
  readonly report: (trouble: Trouble) => void;
  /** A request that never reached the application, because what a proxy or its client says about it cannot be. */
  readonly refused: (what: Fault, info: ConnectionInfo, requestId: string) => void;
}
