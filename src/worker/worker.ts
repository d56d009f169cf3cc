// One worker's share of the service: accepts, counts, asks for a successor when its time has come, and drains.
// Knows connections and their lifetimes; does not know what they say, nor who gives the orders.

import type { Exchange, LeaveCode, RequestError, Serve } from "../gateway/exchange.ts";
import type { GatewayHost, Trouble } from "../gateway/host.ts";
import type { ListenerInfo } from "../ipc/messages.ts";
import type { AccessLog } from "../observe/access-log.ts";
import type { Logger } from "../observe/log.ts";
import type { ConnectionInfo, RequestHead } from "../protocol/events.ts";
import { type Fault, fault } from "../protocol/faults.ts";
import { Http1Codec } from "../protocol/http1/codec.ts";
import { AcceptTrouble } from "./accept-trouble.ts";
import { AccessWriter } from "./access.ts";
import { Admission } from "./admission.ts";
import type { OpenRequest } from "./board.ts";
import { Connection } from "./connection.ts";
import type { ConnectionHost, NewRequest, OpenConnection } from "./connection-host.ts";
import { Deadlines } from "./deadlines.ts";
import { Departures } from "./departures.ts";
import { connectionsByDescriptors } from "./descriptors.ts";
import { Doors } from "./doors.ts";
import { Handed, type Handing } from "./handed.ts";
import type { RequestRecord } from "./meter.ts";
import { openRequests } from "./open-requests.ts";
import { Parting } from "./parting.ts";
import { LAME_DUCK_MS } from "./patience.ts";
import { type Gateway, Reception } from "./reception.ts";
import { RefusalLog, type WornOut } from "./refusals.ts";
import type { RequestHooks } from "./request-hooks.ts";
import { Scoreboard } from "./scoreboard.ts";
import { limitsOf, type ServingSettings } from "./serving-settings.ts";
import { type Accept, type BellHandle, type ListenHandle, type LocalEnd, listen } from "./transport.ts";

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
  readonly requestHooks?: RequestHooks | undefined;
}

const NOBODY: Handing = { acknowledge: async () => {}, room: () => {}, leaving: () => {} };

export class Worker implements ConnectionHost {
  readonly serve: ConnectionHost["serve"];
  readonly deadlines = new Deadlines();
  readonly makeCodec: ConnectionHost["makeCodec"];
  readonly headTimeout: number;
  readonly bodyTimeout: number;
  readonly bodyRate: number;
  readonly writeTimeout: number;
  readonly requestTimeout: number;
  readonly keepAlive: number;
  readonly limitConnectionRequests: number;
  readonly limitPipelined: number;
  readonly wantsRecord: boolean;
  draining = false;
  /** Requests answered since the start. */
  served = 0;
  /** Those of them that were answered with 5xx, or whose response the application cut. */
  errors = 0;
  /** Connections that were upgraded and are open. */
  websockets = 0;
  readonly #options: WorkerOptions;
  readonly #access: AccessWriter;
  readonly #connections = new Set<OpenConnection>();
  readonly #parting = new Parting(this.#connections);
  readonly #departures = new Departures();
  readonly #doors = new Doors();
  readonly #handed: Handed;
  #scoreboard: Scoreboard | undefined;
  /** Whether connections may still come. */
  #accepting = false;
  #onEmpty: (() => void) | undefined;
  readonly #trouble: AcceptTrouble;
  readonly #admission: Admission;
  readonly #reception: Reception;
  readonly #refusals: RefusalLog;

  constructor(options: WorkerOptions) {
    const { settings } = options;
    this.#options = options;
    this.#access = new AccessWriter(options, settings);
    this.headTimeout = settings.headTimeout;
    this.bodyTimeout = settings.bodyTimeout;
    this.bodyRate = settings.bodyRate;
    this.writeTimeout = settings.writeTimeout;
    this.requestTimeout = settings.requestTimeout;
    this.keepAlive = settings.keepAlive;
    this.limitConnectionRequests = settings.limitConnectionRequests;
    this.limitPipelined = settings.limitPipelined;
    this.#trouble = new AcceptTrouble(options.logger, this.deadlines);
    this.#refusals = new RefusalLog(options.logger);
    this.#admission = new Admission({
      connections: settings.workerConnections || connectionsByDescriptors(),
      inFlight: settings.limitInFlight,
      overload: settings.overload,
      pause: () => this.#pauseAccepting(),
      resume: () => {
        this.#doors.setFull(false);
        this.#handed.sayRoom();
      },
    });
    this.#handed = new Handed(options.handing ?? NOBODY, () => this.#admission.room);
    this.wantsRecord = options.accessLog !== undefined;
    const codecOptions = { server: options.software, limits: limitsOf(settings) };
    this.makeCodec = () => new Http1Codec(codecOptions);
    const { gateway, software, logger, nextRequestId, onTrouble, requestHooks } = options;
    this.#reception = new Reception({
      ...{ settings, gateway, software, logger, nextRequestId, onTrouble, requestHooks },
      ...{ admission: this.#admission, refusals: this.#refusals, websockets: () => this.websockets },
    });
    this.serve = this.#reception.serve;
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

  /** The requests that the application has, at most so many; those of the oldest connections first. */
  openRequests(most: number): readonly OpenRequest[] {
    return openRequests(this.#connections, Math.min(most, this.inFlight));
  }

  /** Starts accepting on a handle that the master bound, or takes what the master hands over when there is none. */
  listen(handle: ListenHandle | undefined, listener: ListenerInfo, backlog: number, socket = 0): void {
    // Told to leave while this was under way.
    if (this.draining) return;
    const { address, index } = listener;
    const local: LocalEnd =
      address.kind === "tcp" ? { host: address.host, port: String(address.port) } : { host: "", port: "" };
    const accept: Accept = (transport) => {
      const connection = new Connection(transport, this);
      this.#connections.add(connection);
      this.#doors.accepted();
      if (!this.#admission.opened()) connection.refuse(fault("edge.too-many-connections", 0));
      return connection;
    };
    this.#accepting = true;
    if (handle === undefined) {
      this.#handed.expect(index, local, accept);
      return;
    }
    const onError = (code: string): void => this.#trouble.failed(code, this.connections);
    this.#doors.add(doorOf(index, socket), listen({ handle, backlog, local, accept, onError }));
  }

  /** Shares a socket evenly with the other workers; the handle is another one of the same socket. */
  share(handle: BellHandle, listener: number, row: number): void {
    this.#scoreboard ??= new Scoreboard(row, () => this.connections);
    this.#doors.share(doorOf(listener, 0), handle, this.#scoreboard);
  }

  /** Accepts no more on a socket that others accept from. */
  release(listener: number, socket: number): void {
    this.#doors.remove(doorOf(listener, socket));
  }

  /** A connection that the master accepted. */
  take(client: unknown, listener: number, ticket: number): void {
    void this.#handed.take(listener, ticket, client);
  }

  /** The master hands over no more. */
  noMore(): void {
    this.#handed.noMore();
  }

  /** The application for requests of our own, which no connection, count or access log knows. */
  serveOwn(report: GatewayHost["report"]): Serve {
    return this.#reception.serveOwn(report);
  }

  /** The server will stop soon: `--ready-path` answers 503 from here on, and everything else as before. */
  unready(): void {
    this.#reception.unready();
  }

  /**
   * Stops accepting after what is queued now was accepted, ends idle connections, and finishes what is open.
   *
   * @param stopped Called when no connection is accepted any more.
   * @param empty Called when the last connection is gone.
   * @param why Completes "the worker leaves: ...", which the application hears.
   * @param code For what was upgraded.
   */
  drain(stopped: () => void, empty: () => void, why: string, code: LeaveCode = 1001): void {
    if (this.draining) return;
    this.draining = true;
    this.#onEmpty = empty;
    this.#parting.begin(why, code);
    const ready = (): void => {
      this.stopAccepting();
      // Their moment is shorter than the time between two sweeps, and counts from now.
      this.deadlines.sweep();
      for (const connection of this.#connections) connection.drain();
      setTimeout(() => this.deadlines.sweep(), LAME_DUCK_MS + 1);
      stopped();
      this.#checkEmpty();
    };
    this.#doors.whenQueueIsEmpty(() => this.#handed.whenNoMoreCome(ready));
  }

  /** What is open in a worker that drains will be dropped in `seconds`. */
  hurry(seconds: number): void {
    this.#parting.hurry(seconds);
  }

  stopAccepting(): void {
    this.#accepting = false;
    this.#doors.close();
    this.#handed.close();
  }

  /**
   * Drops every connection, finished or not.
   *
   * @param empty Called when the last one is gone.
   * @param why As for `drain`, and so is `code`.
   */
  abandon(empty: () => void, why: string, code: LeaveCode = 1001): void {
    this.draining = true;
    this.#onEmpty = empty;
    this.stopAccepting();
    const reason = this.#parting.cut(why, code);
    for (const connection of this.#connections) connection.destroy(reason);
    this.#checkEmpty();
  }

  brief(exchange: Exchange): void {
    this.#parting.brief(exchange);
  }

  briefUpgraded(connection: OpenConnection): void {
    this.#parting.briefUpgraded(connection);
  }

  upgraded(): void {
    this.websockets += 1;
    this.#countServed();
  }

  parted(record: RequestRecord | undefined): void {
    this.websockets -= 1;
    this.#access.write(record);
  }

  enter(request: NewRequest, head: RequestHead): Serve | undefined {
    return this.#reception.enter(request, head);
  }

  forget(request: NewRequest): void {
    this.#admission.forget(request);
  }

  giveUp(request: NewRequest): Serve {
    return this.#reception.giveUp(request);
  }

  overdue(head: RequestHead, info: ConnectionInfo, requestId: string, begun: boolean): RequestError {
    return this.#reception.overdue(head, info, requestId, begun);
  }

  blame(what: Fault, info: ConnectionInfo): RequestError {
    return this.#reception.blame(what, info);
  }

  ended(record: RequestRecord | undefined, failed: boolean): void {
    if (failed) this.errors += 1;
    this.#countServed();
    this.#access.write(record);
  }

  #countServed(): void {
    this.#admission.left();
    this.served += 1;
    if (this.served === this.#options.maxRequests) this.#options.onFull();
  }

  wornOut(limit: WornOut): void {
    this.#refusals.wornOut(limit);
  }

  refused(what: Fault, info: ConnectionInfo, record: RequestRecord | undefined): void {
    this.#refusals.note(what, info);
    this.#access.write(record);
  }

  dismiss(connection: OpenConnection): void {
    this.#departures.add(connection);
  }

  closed(connection: OpenConnection): void {
    this.#departures.delete(connection);
    this.#connections.delete(connection);
    this.#admission.closed();
    this.#checkEmpty();
  }

  /** Says what is counted and not said yet; nothing is refused after this. */
  flush(): void {
    this.#refusals.flush();
  }

  #checkEmpty(): void {
    if (this.#onEmpty === undefined || this.#accepting || this.#connections.size > 0) return;
    const empty = this.#onEmpty;
    this.#onEmpty = undefined;
    empty();
  }

  /** Others take what comes, or it waits in the kernel's queue. */
  #pauseAccepting(): void {
    this.#doors.setFull(true);
    this.#handed.sayRoom();
    this.#trouble.full(this.connections);
  }
}

/** The name of a socket; a listener can have several. */
const doorOf = (listener: number, socket: number): string => `${listener}:${socket}`;
