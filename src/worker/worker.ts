// One worker's share of the service: accepts, counts, asks for a successor when its time has come, and drains.
// Knows connections and their lifetimes; does not know what they say, nor who gives the orders.

import { performance } from "node:perf_hooks";
import type { Settings } from "../config/options.ts";
import { Forwarders } from "../gateway/forwarders.ts";
import type { GatewayHost, Trouble } from "../gateway/host.ts";
import { gatewayFor } from "../gateway/run.ts";
import type { Application } from "../gateway/types.ts";
import type { ListenerInfo } from "../ipc/messages.ts";
import { type AccessFormat, compileFormat } from "../observe/access-format.ts";
import type { AccessLog } from "../observe/access-log.ts";
import type { Logger } from "../observe/log.ts";
import type { ConnectionInfo } from "../protocol/events.ts";
import { FAULTS, type Fault } from "../protocol/faults.ts";
import { Http1Codec } from "../protocol/http1/codec.ts";
import { accessEntry } from "./access.ts";
import { Connection } from "./connection.ts";
import type { ConnectionHost, OpenConnection } from "./connection-host.ts";
import { Deadlines } from "./deadlines.ts";
import type { RequestRecord } from "./meter.ts";
import { type Acceptor, type ListenHandle, listen } from "./transport.ts";

/** How long a leaving worker goes on accepting what is queued, where clients come faster than it can. */
const QUEUE_MS = 200;
/** How long the log is spared a message that would come with every request or connection. */
const SAY_AGAIN_MS = 10_000;

export interface WorkerOptions {
  readonly settings: Settings;
  readonly application: Application;
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
}

export class Worker implements ConnectionHost {
  readonly serve: ConnectionHost["serve"];
  readonly deadlines = new Deadlines();
  readonly makeCodec: ConnectionHost["makeCodec"];
  readonly headTimeout: number;
  readonly bodyTimeout: number;
  readonly keepAlive: number;
  readonly wantsRecord: boolean;
  draining = false;
  /** Requests answered since the start. */
  served = 0;
  /** Requests in progress. */
  inFlight = 0;
  readonly #options: WorkerOptions;
  readonly #format: AccessFormat;
  readonly #connections = new Set<OpenConnection>();
  readonly #acceptors: Acceptor[] = [];
  #accepted = 0;
  #onEmpty: (() => void) | undefined;
  #acceptErrorAt = Number.NEGATIVE_INFINITY;
  #disbelievedAt = Number.NEGATIVE_INFINITY;

  constructor(options: WorkerOptions) {
    const { settings } = options;
    this.#options = options;
    this.#format = compileFormat(settings.accessLogFormat);
    this.headTimeout = settings.headTimeout;
    this.bodyTimeout = settings.bodyTimeout;
    this.keepAlive = settings.keepAlive;
    this.wantsRecord = options.accessLog !== undefined;
    const codecOptions = {
      server: options.software,
      limits: {
        requestLine: settings.limitRequestLine,
        fields: settings.limitFields,
        fieldSize: settings.limitFieldSize,
        body: settings.limitBody,
      },
    };
    this.makeCodec = () => new Http1Codec(codecOptions);
    const host: GatewayHost = {
      facts: {
        software: options.software,
        multiprocess: settings.workers > 1,
        forwarders: new Forwarders({
          allow: settings.forwardedAllow,
          header: settings.forwardedHeader,
          underscores: settings.underscores,
          fields: settings.forwarderFields,
        }),
      },
      nextRequestId: options.nextRequestId,
      writeError: (line, requestId) => options.logger.error(line, { requestId }),
      report: options.onTrouble,
      refused: (what, info, requestId) => this.#disbelieved(what, info, requestId),
    };
    this.serve = gatewayFor(options.application, host);
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Starts accepting on a handle that the master bound. */
  listen(handle: ListenHandle, listener: ListenerInfo, backlog: number): void {
    const { address } = listener;
    const local = address.kind === "tcp" ? { host: address.host, port: String(address.port) } : { host: "", port: "" };
    const accept: Parameters<typeof listen>[0]["accept"] = (transport) => {
      const connection = new Connection(transport, this);
      this.#connections.add(connection);
      this.#accepted += 1;
      return connection;
    };
    this.#acceptors.push(listen({ handle, backlog, local, accept, onError: (code) => this.#acceptFailed(code) }));
  }

  /**
   * Stops accepting after what is queued now was accepted, ends idle connections, and finishes what is open.
   *
   * @param stopped Called when no connection is accepted any more.
   * @param empty Called when the last connection is gone.
   */
  drain(stopped: () => void, empty: () => void): void {
    if (this.draining) return;
    this.draining = true;
    this.#onEmpty = empty;
    this.#acceptQueue(performance.now() + QUEUE_MS, () => {
      this.stopAccepting();
      for (const connection of this.#connections) connection.drain();
      stopped();
      this.#checkEmpty();
    });
  }

  /** libuv accepts one connection a turn of the loop, so the queue is empty when a whole turn brought none. */
  #acceptQueue(until: number, done: () => void): void {
    const before = this.#accepted;
    // The first callback may come before this turn's poll phase, the second one cannot.
    setImmediate(() =>
      setImmediate(() => {
        if (this.#accepted === before || performance.now() >= until) done();
        else this.#acceptQueue(until, done);
      }),
    );
  }

  stopAccepting(): void {
    for (const acceptor of this.#acceptors.splice(0)) acceptor.close();
  }

  /** Drops every connection, finished or not. */
  abandon(): void {
    this.stopAccepting();
    for (const connection of this.#connections) connection.destroy();
  }

  began(): void {
    this.inFlight += 1;
  }

  ended(record: RequestRecord | undefined): void {
    this.inFlight -= 1;
    this.served += 1;
    const { maxRequests, accessLog, slot, generation } = this.#options;
    if (this.served === maxRequests) this.#options.onFull();
    if (record !== undefined) accessLog?.write(this.#format(accessEntry(record, slot, generation)));
  }

  refused(what: Fault, info: ConnectionInfo): void {
    const { why } = FAULTS[what.code];
    this.#options.logger.debug(`refused a request from ${info.remoteAddress || "a Unix socket"}: ${why}`, {
      status: what.status,
      fault: what.code,
      at: what.at,
    });
  }

  /** A proxy that says what cannot be fails every request, and nobody looks for that at the level of a client's faults. */
  #disbelieved(what: Fault, info: ConnectionInfo, requestId: string): void {
    this.refused(what, info);
    if (what.code === "edge.underscore-field" || this.deadlines.now - this.#disbelievedAt < SAY_AGAIN_MS) return;
    this.#disbelievedAt = this.deadlines.now;
    const who = info.remoteAddress || "a Unix socket";
    this.#options.logger.warn(`answered 400 to ${who} (--forwarded-allow): ${FAULTS[what.code].why}`, {
      fault: what.code,
      requestId,
    });
  }

  closed(connection: OpenConnection): void {
    this.#connections.delete(connection);
    this.#checkEmpty();
  }

  #checkEmpty(): void {
    if (this.#onEmpty === undefined || this.#acceptors.length > 0 || this.#connections.size > 0) return;
    const empty = this.#onEmpty;
    this.#onEmpty = undefined;
    empty();
  }

  /** Out of descriptors, most likely. It happens for every waiting connection. */
  #acceptFailed(code: string): void {
    if (this.deadlines.now - this.#acceptErrorAt < SAY_AGAIN_MS) return;
    this.#acceptErrorAt = this.deadlines.now;
    const hint = code === "EMFILE" ? ": too many open files; raise the limit (ulimit -n)" : "";
    this.#options.logger.error(`cannot accept a connection: ${code}${hint}`, { connections: this.connections });
  }
}
