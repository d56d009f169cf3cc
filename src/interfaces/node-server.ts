// The `http.Server` of a worker: what applications and libraries attach their listeners to. It never listens itself; the worker does, and
// this file makes it look as if. Does not know requests.

import { createServer, type IncomingMessage, type RequestListener, Server } from "node:http";
import process from "node:process";
import type { ConnectionInfo } from "../protocol/events.ts";
import { CAPTURE, OWN_LISTENERS, RUN } from "./node-names.ts";

/** Where the server of this process is, so that two copies of the package agree on it. */
const PLACE = Symbol.for("tsgi.server");
/** Where a server of ours keeps the listener that it is for. */
const TARGET = Symbol.for("tsgi.target");

interface OfferedServer extends Server {
  [TARGET]?: RequestListener | undefined;
}

const place = globalThis as unknown as { [PLACE]?: OfferedServer | undefined };

/**
 * The server that `tsgi/node` offers. Its first listener is the place of the application, which comes later, so that whoever attaches to
 * it meanwhile stands before the application as on any server (engine.io takes the listeners that are there and calls them itself).
 */
export function offeredServer(): Server {
  place[PLACE] ??= make();
  return place[PLACE];
}

function make(): OfferedServer {
  const server: OfferedServer = createServer((request, response) => server[TARGET]?.call(server, request, response));
  server[TARGET] = undefined;
  return server;
}

/** What an own server does when its worker has it. */
export class WorkerServer {
  readonly server: Server;
  #stopped = false;
  #local: { readonly address: string; readonly family: "IPv4" | "IPv6"; readonly port: number } | null = null;

  /** @param target A listener, or a server with listeners, which from here on is the worker's. */
  constructor(target: RequestListener | Server) {
    if (target instanceof Server) {
      place[PLACE] = target;
      this.server = target;
    } else {
      const offered = offeredServer() as OfferedServer;
      // One that has its application already, or was made by one, is another application's.
      const own = TARGET in offered && offered[TARGET] === undefined ? offered : make();
      own[TARGET] = target;
      place[PLACE] = own;
      this.server = own;
    }
    this.#takeOver();
  }

  /** The worker serves: whoever waits for the server to listen hears that it does. */
  started(): void {
    this.server.emit("listening");
  }

  /** The last request is over. */
  stopped(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.server.emit("close");
  }

  /** An end of ours, as a connection has it. */
  met({ localAddress, localPort }: ConnectionInfo): void {
    if (this.#local !== null || localAddress === "") return;
    const family = localAddress.includes(":") ? "IPv6" : "IPv4";
    this.#local = { address: localAddress, family, port: Number(localPort) };
  }

  #takeOver(): void {
    const { server } = this;
    for (const [event, name] of Object.entries(OWN_LISTENERS)) {
      for (const listener of server.listeners(event)) {
        if (listener.name === name) server.removeListener(event, listener as () => void);
      }
    }
    const own = (value: unknown): PropertyDescriptor => ({ value, configurable: true, writable: true });
    Object.defineProperties(server, {
      listening: { get: () => !this.#stopped, configurable: true },
      address: own(() => this.#local),
      // The worker is told to stop by its master: an application that closes its server waits until then.
      close: own((done?: (error?: Error) => void) => {
        if (done !== undefined) {
          if (this.#stopped) process.nextTick(done);
          else server.once("close", () => done());
        }
        return server;
      }),
      [Symbol.for("nodejs.rejection")]: own((error: unknown, event: string, ...given: unknown[]) =>
        this.#rejected(error, event, given),
      ),
    });
    if (CAPTURE !== undefined) (server as unknown as Record<symbol, boolean>)[CAPTURE] = true;
  }

  /** A listener returned a promise that failed. */
  #rejected(error: unknown, event: string, [first, second]: readonly unknown[]): void {
    const run = (first as (IncomingMessage & { [RUN]?: { fail(error: unknown): void } }) | undefined)?.[RUN];
    if (run !== undefined) run.fail(error);
    else if (event !== "error") this.server.emit("error", error);
    if (event === "upgrade") (second as { destroy?(): void } | undefined)?.destroy?.();
  }
}
