// How much a worker takes on at once: who comes in, who waits and who is sent away, for connections and for requests.
// Counts; knows neither sockets nor what a request is.

/** A request that may have to wait for its turn. */
export interface Waiting {
  /** Its turn has come; it counts as in flight from here on. */
  admit(): void;
}

export interface AdmissionOptions {
  /** Connections at once; at least 1. */
  readonly connections: number;
  /** Requests in flight; 0 for any number. */
  readonly inFlight: number;
  /** What is over either limit: it waits, or is answered with 503. */
  readonly overload: "queue" | "503";
  /** Stops and starts accepting. */
  readonly pause: () => void;
  readonly resume: () => void;
}

/** Where clients are sent away, so many more connections than allowed are open for the moment that takes. */
const SENDING_AWAY = 1.25;

export class Admission {
  connections = 0;
  inFlight = 0;
  readonly #options: AdmissionOptions;
  /** A set is a queue whose members can leave from the middle. */
  readonly #queue = new Set<Waiting>();
  /** With this many connections it pauses. */
  readonly #most: number;
  #paused = false;
  #admitting = false;

  constructor(options: AdmissionOptions) {
    const { connections, overload } = options;
    this.#options = options;
    this.#most = overload === "queue" ? connections : Math.ceil(connections * SENDING_AWAY);
  }

  /** Requests that wait for their turn. */
  get waiting(): number {
    return this.#queue.size;
  }

  /** Whether accepting is paused. */
  get paused(): boolean {
    return this.#paused;
  }

  /** How many more connections are accepted before it pauses. */
  get room(): number {
    return this.#most - this.connections;
  }

  /** A connection was accepted. False when it is to be sent away. */
  opened(): boolean {
    this.connections += 1;
    if (this.room <= 0 && !this.#paused) {
      this.#paused = true;
      this.#options.pause();
    }
    return this.connections <= this.#options.connections;
  }

  closed(): void {
    this.connections -= 1;
    if (!this.#paused || this.connections >= this.#options.connections) return;
    this.#paused = false;
    this.#options.resume();
  }

  /** A request came: it begins now, waits for `admit`, or is sent away. All but one that waits are in flight until `left`. */
  enter(request: Waiting): "now" | "later" | "never" {
    const { inFlight, overload } = this.#options;
    if (inFlight === 0 || (this.inFlight < inFlight && this.#queue.size === 0)) {
      this.inFlight += 1;
      return "now";
    }
    if (overload === "503") {
      this.inFlight += 1;
      return "never";
    }
    this.#queue.add(request);
    return "later";
  }

  /** A request that takes no time of the application's begins at once, whatever the limit; it is in flight until `left`. */
  pass(): void {
    this.inFlight += 1;
  }

  /** A request that waits has nobody to answer to any more. */
  forget(request: Waiting): void {
    this.#queue.delete(request);
  }

  /** A request that began is over. */
  left(): void {
    this.inFlight -= 1;
    if (this.#queue.size === 0 || this.#admitting) return;
    this.#admitting = true;
    // Not from within the end of another request: a queue of thousands would be a stack as deep.
    setImmediate(() => {
      this.#admitting = false;
      for (const request of this.#queue) {
        if (this.inFlight >= this.#options.inFlight) return;
        this.#queue.delete(request);
        this.inFlight += 1;
        request.admit();
      }
    });
  }
}
