// `tsgi.draining`: the signal that the worker accepts nothing more, so that a request which can end soon should. A controller costs
// some microseconds, and an accessor of its own 0.1, for what most requests never look at; so requests share controllers in bunches.
// Whatever one of them leaves behind on the signal goes with its bunch.

import { setMaxListeners } from "node:events";

/** How many requests share one: so many that what it costs is a few nanoseconds each. */
const BUNCH = 1_024;

/** Those of one gateway. Who holds a controller aborts it; the others of its bunch are in the same worker, which leaves. */
export class DrainingSignals {
  #controller = shared();
  #left = BUNCH;

  /** For a request that begins. */
  take(): AbortController {
    if (this.#left === 0) {
      this.#controller = shared();
      this.#left = BUNCH;
    }
    this.#left -= 1;
    return this.#controller;
  }
}

/** Eleven requests that listen are no leak, of which Node would warn. */
function shared(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}
