// What the log hears of connections that cannot be accepted. Whatever it is, it happens for every one that waits: once in a while is
// enough. Does not know why they cannot.

import type { Logger } from "../observe/log.ts";
import type { Deadlines } from "./deadlines.ts";

/** How long the log is spared what may happen, and end, many times a second. */
const SAY_AGAIN_MS = 10_000;

export class AcceptTrouble {
  readonly #logger: Logger;
  readonly #clock: Pick<Deadlines, "now">;
  #fullSaidAt = Number.NEGATIVE_INFINITY;
  #failureSaidAt = Number.NEGATIVE_INFINITY;

  constructor(logger: Logger, clock: Pick<Deadlines, "now">) {
    this.#logger = logger;
    this.#clock = clock;
  }

  /** The worker has all the connections it may have. */
  full(connections: number): void {
    if (this.#clock.now - this.#fullSaidAt < SAY_AGAIN_MS) return;
    this.#fullSaidAt = this.#clock.now;
    this.#logger.warn(
      `${connections} connections are open, as many as this worker takes (--worker-connections): it accepts no more until one closes`,
    );
  }

  /** `code` is the system's, as EMFILE. */
  failed(code: string, connections: number): void {
    if (this.#clock.now - this.#failureSaidAt < SAY_AGAIN_MS) return;
    this.#failureSaidAt = this.#clock.now;
    this.#logger.error(`cannot accept a connection: ${code}`, { connections });
  }
}
