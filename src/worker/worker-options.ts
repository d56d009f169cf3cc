// What a worker is made of: its settings, the application, and whom it tells of what.

import type { Trouble } from "../gateway/host.ts";
import type { AccessLog } from "../observe/access-log.ts";
import type { Logger } from "../observe/log.ts";
import type { Handing } from "./handed.ts";
import type { Gateway, ReceptionParts } from "./reception.ts";
import type { RequestHooks } from "./request-hooks.ts";
import type { GivenBack } from "./returning.ts";
import type { ServingSettings } from "./serving-settings.ts";

/** What the master is told where code changes. */
export interface Freshness {
  /** Asks whether the code is what is on disk; `Worker.fresh` is called with the same ticket if so. */
  ask(ticket: number): void;
  /** Fulfilled when the connection is on its way, and the handle can be closed. */
  giveBack(given: GivenBack): Promise<void>;
}

export interface WorkerOptions {
  readonly settings: ServingSettings;
  readonly gateway: Gateway;
  /** The Server field and SERVER_SOFTWARE. */
  readonly software: string;
  readonly slot: number;
  readonly generation: number;
  /** Requests after which `onFull` is called once; 0 means never. The worker goes on serving. */
  readonly maxRequests: number;
  readonly logger: Logger;
  readonly accessLog: AccessLog | undefined;
  readonly nextRequestId: () => string;
  /** Says what went wrong with a request; the worker goes on. */
  readonly onTrouble: (trouble: Trouble) => void;
  readonly onFull: () => void;
  /** Whom to tell of the connections that the master hands over; where it hands over none, nobody. */
  readonly handing?: Handing;
  /** Where a change of the code restarts the workers. */
  readonly freshness?: Freshness;
  readonly requestHooks?: RequestHooks | undefined;
  readonly development?: ReceptionParts["development"];
}
