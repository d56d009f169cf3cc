// A server that was told to listen and does not: to its program it is one that listens, for as long as the worker serves it.
// Does not know who serves it.

import type { AddressInfo, Server } from "node:net";
import process from "node:process";

export interface AdoptedParts {
  readonly server: Server;
  /** What its address() says. */
  readonly address: AddressInfo | string;
  /** The listeners of SIGTERM that are the worker's own. */
  readonly ownListeners: readonly unknown[];
}

export class AdoptedServer {
  readonly server: Server;
  /** Its class's, not its own. */
  readonly #nativeClose: Server["close"];
  readonly #address: AddressInfo | string;
  readonly #ownListeners: readonly unknown[];
  #isListening = true;
  /** It was told to close while the worker serves it. */
  #isClosing = false;
  #isOver = false;
  #wasSignalled = false;
  readonly #onSignal = (): void => {
    this.#wasSignalled = true;
  };

  constructor({ server, address, ownListeners }: AdoptedParts) {
    this.server = server;
    this.#nativeClose = server.close;
    this.#ownListeners = ownListeners;
    this.#address = address;
    this.pretend();
    process.on("SIGTERM", this.#onSignal);
    process.on("SIGINT", this.#onSignal);
    // As Node does: whoever called listen() may still want to listen for it.
    process.nextTick(() => {
      if (this.#isListening) server.emit("listening");
    });
  }

  /** Makes the server say so; once more after an interface has made it its own, which does not know that its program has heard it. */
  pretend(): void {
    Object.defineProperties(this.server, {
      listening: { configurable: true, get: () => this.#isListening },
      address: { configurable: true, writable: true, value: () => (this.#isListening ? this.#address : null) },
      close: { configurable: true, writable: true, value: (done?: (error?: Error) => void) => this.#close(done) },
    });
  }

  /**
   * The last request is answered. The program hears SIGTERM, as it would without tsgi, unless it heard it already: that is where programs
   * close what they opened. What a listener returns is awaited. Then the server is closed.
   */
  async end(): Promise<void> {
    this.#isOver = true;
    if (this.#isClosing) this.#closed();
    const own = new Set([...this.#ownListeners, this.#onSignal]);
    const told = this.#wasSignalled ? [] : process.listeners("SIGTERM").filter((listener) => !own.has(listener));
    try {
      for (const listener of told) await Reflect.apply(listener, process, ["SIGTERM", 15]);
    } finally {
      if (this.#isListening) this.#closed();
    }
  }

  /** A server closes when its last connection has: here, when the worker has answered its last request. */
  #close(done: ((error?: Error) => void) | undefined): Server {
    if (!this.#isListening || this.#isClosing) return Reflect.apply(this.#nativeClose, this.server, [done]);
    if (done !== undefined) this.server.once("close", () => done());
    this.#isClosing = true;
    if (this.#isOver) this.#closed();
    return this.server;
  }

  #closed(): void {
    this.#isListening = false;
    // Emits 'close', since it has no connection.
    Reflect.apply(this.#nativeClose, this.server, []);
  }
}
