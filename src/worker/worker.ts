// One worker's share of the service: accepts, counts, asks for a successor when its time has come, and drains.
// Knows connections and their lifetimes; does not know what they say, nor who gives the orders.

import { performance } from "node:perf_hooks";
import type { Settings } from "../config/options.ts";
import type { Serve } from "../gateway/exchange.ts";
import { Forwarders } from "../gateway/forwarders.ts";
import type { GatewayHost, Trouble } from "../gateway/host.ts";
import { refusing } from "../gateway/refusal.ts";
import { gatewayFor } from "../gateway/run.ts";
import type { Application } from "../gateway/types.ts";
import type { ListenerInfo } from "../ipc/messages.ts";
import { type AccessFormat, compileFormat } from "../observe/access-format.ts";
import type { AccessLog } from "../observe/access-log.ts";
import type { Logger } from "../observe/log.ts";
import type { ConnectionInfo } from "../protocol/events.ts";
import { type Fault, fault } from "../protocol/faults.ts";
import { Http1Codec } from "../protocol/http1/codec.ts";
import { RecordEntry } from "./access.ts";
import { Admission } from "./admission.ts";
import { Connection } from "./connection.ts";
import type { ConnectionHost, NewRequest, OpenConnection } from "./connection-host.ts";
import { Deadlines } from "./deadlines.ts";
import { connectionsByDescriptors } from "./descriptors.ts";
import { Farewells } from "./farewells.ts";
import type { RequestRecord } from "./meter.ts";
import { LAME_DUCK_MS } from "./patience.ts";
import { RefusalLog, type WornOut } from "./refusals.ts";
import { type RequestHooks, withRequestHooks } from "./request-hooks.ts";
import { type Acceptor, type ListenHandle, listen } from "./transport.ts";

/** How long a leaving worker goes on accepting what is queued, where clients come faster than it can. */
const QUEUE_MS = 200;
/** How long the log is spared what may happen, and end, many times a second. */
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
  readonly requestHooks?: RequestHooks | undefined;
}

export class Worker implements ConnectionHost {
  readonly serve: ConnectionHost["serve"];
  readonly deadlines = new Deadlines();
  readonly makeCodec: ConnectionHost["makeCodec"];
  readonly headTimeout: number;
  readonly bodyTimeout: number;
  readonly bodyRate: number;
  readonly writeTimeout: number;
  readonly keepAlive: number;
  readonly limitConnectionRequests: number;
  readonly limitPipelined: number;
  readonly wantsRecord: boolean;
  draining = false;
  /** Requests answered since the start. */
  served = 0;
  readonly #options: WorkerOptions;
  readonly #format: AccessFormat;
  readonly #entry: RecordEntry;
  readonly #sendAway: Serve;
  readonly #connections = new Set<OpenConnection>();
  readonly #farewells = new Farewells();
  readonly #acceptors: Acceptor[] = [];
  #accepted = 0;
  #onEmpty: (() => void) | undefined;
  #fullSaidAt = Number.NEGATIVE_INFINITY;
  #failureSaidAt = Number.NEGATIVE_INFINITY;
  readonly #admission: Admission;
  readonly #refusals: RefusalLog;

  constructor(options: WorkerOptions) {
    const { settings } = options;
    this.#options = options;
    this.#format = compileFormat(settings.accessLogFormat);
    this.#entry = new RecordEntry(options.slot, options.generation);
    this.headTimeout = settings.headTimeout;
    this.bodyTimeout = settings.bodyTimeout;
    this.bodyRate = settings.bodyRate;
    this.writeTimeout = settings.writeTimeout;
    this.keepAlive = settings.keepAlive;
    this.limitConnectionRequests = settings.limitConnectionRequests;
    this.limitPipelined = settings.limitPipelined;
    this.#refusals = new RefusalLog(options.logger);
    this.#admission = new Admission({
      connections: settings.workerConnections || connectionsByDescriptors(),
      inFlight: settings.limitInFlight,
      overload: settings.overload,
      pause: () => this.#pauseAccepting(),
      resume: () => {
        for (const acceptor of this.#acceptors) acceptor.resume();
      },
    });
    this.wantsRecord = options.accessLog !== undefined;
    const codecOptions = {
      server: options.software,
      limits: {
        requestLine: settings.limitRequestLine,
        fields: settings.limitFields,
        fieldSize: settings.limitFieldSize,
        allFields: settings.limitFieldsSize,
        body: settings.limitBody,
      },
    };
    this.makeCodec = () => new Http1Codec(codecOptions);
    const host: GatewayHost = {
      facts: {
        software: options.software,
        multiprocess: settings.workers.max > 1,
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
      refused: (what, info, requestId) => this.#refusals.note(what, info, requestId),
    };
    this.serve = withRequestHooks(gatewayFor(options.application, host), options.requestHooks);
    this.#sendAway = refusing(503, options.nextRequestId);
  }

  /** Requests in progress. */
  get inFlight(): number {
    return this.#admission.inFlight;
  }

  /** Requests that wait for their turn. */
  get waiting(): number {
    return this.#admission.waiting;
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
      if (!this.#admission.opened()) connection.refuse(fault("edge.too-many-connections", 0));
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
      // Their moment is shorter than the time between two sweeps, and counts from now.
      this.deadlines.sweep();
      for (const connection of this.#connections) connection.drain();
      setTimeout(() => this.deadlines.sweep(), LAME_DUCK_MS + 1);
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

  enter(request: NewRequest): Serve | undefined {
    const verdict = this.#admission.enter(request);
    if (verdict === "now") return this.serve;
    if (verdict === "later") return undefined;
    this.#refusals.note(fault("edge.overloaded", 0), request.info);
    return this.#sendAway;
  }

  forget(request: NewRequest): void {
    this.#admission.forget(request);
  }

  ended(record: RequestRecord | undefined): void {
    this.#admission.left();
    this.served += 1;
    if (this.served === this.#options.maxRequests) this.#options.onFull();
    this.#logAccess(record);
  }

  wornOut(limit: WornOut): void {
    this.#refusals.wornOut(limit);
  }

  refused(what: Fault, info: ConnectionInfo, record: RequestRecord | undefined): void {
    this.#refusals.note(what, info);
    this.#logAccess(record);
  }

  dismiss(connection: OpenConnection): void {
    this.#farewells.add(connection);
  }

  closed(connection: OpenConnection): void {
    this.#farewells.delete(connection);
    this.#connections.delete(connection);
    this.#admission.closed();
    this.#checkEmpty();
  }

  /** Says what is counted and not said yet; nothing is refused after this. */
  flush(): void {
    this.#refusals.flush();
  }

  #logAccess(record: RequestRecord | undefined): void {
    if (record === undefined) return;
    this.#entry.record = record;
    this.#options.accessLog?.write(this.#format(this.#entry));
  }

  #checkEmpty(): void {
    if (this.#onEmpty === undefined || this.#acceptors.length > 0 || this.#connections.size > 0) return;
    const empty = this.#onEmpty;
    this.#onEmpty = undefined;
    empty();
  }

  /** The worker has all the connections it may have. Others take what comes, or it waits in the kernel's queue. */
  #pauseAccepting(): void {
    for (const acceptor of this.#acceptors) acceptor.pause();
    if (this.deadlines.now - this.#fullSaidAt < SAY_AGAIN_MS) return;
    this.#fullSaidAt = this.deadlines.now;
    this.#options.logger.warn(
      `${this.connections} connections are open, as many as this worker takes (--worker-connections): it accepts no more until one closes`,
    );
  }

  /** Whatever it is, it happens for every waiting connection: once in a while is enough. */
  #acceptFailed(code: string): void {
    if (this.deadlines.now - this.#failureSaidAt < SAY_AGAIN_MS) return;
    this.#failureSaidAt = this.deadlines.now;
    this.#options.logger.error(`cannot accept a connection: ${code}`, { connections: this.connections });
  }
}
