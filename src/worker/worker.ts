// One worker's share of the service: accepts, counts, asks for a successor when its time has come, and drains.
// Knows connections and their lifetimes; does not know what they say, nor who gives the orders.

import type { Exchange, LeaveCode, RequestError, Serve } from "../gateway/exchange.ts";
import type { GatewayHost } from "../gateway/host.ts";
import type { ListenerInfo } from "../ipc/messages.ts";
import type { ConnectionInfo, RequestHead } from "../protocol/events.ts";
import { type Fault, fault } from "../protocol/faults.ts";
import { Http1Codec } from "../protocol/http1/codec.ts";
import { AcceptTrouble } from "./accept-trouble.ts";
import { AccessWriter } from "./access.ts";
import { Admission } from "./admission.ts";
import type { BellHandle } from "./bell.ts";
import type { OpenRequest } from "./board.ts";
import { Connection } from "./connection.ts";
import type { ConnectionHost, LeftOver, NewRequest, OpenConnection } from "./connection-host.ts";
import { Deadlines } from "./deadlines.ts";
import { Departures } from "./departures.ts";
import { connectionsByDescriptors } from "./descriptors.ts";
import { Doors } from "./doors.ts";
import { Gate } from "./gate.ts";
import { Handed, NOBODY, type Parcel } from "./handed.ts";
import type { RequestRecord } from "./meter.ts";
import { openRequests } from "./open-requests.ts";
import { Parting } from "./parting.ts";
import { LAME_DUCK_MS } from "./patience.ts";
import { Reception } from "./reception.ts";
import { RefusalLog, type WornOut } from "./refusals.ts";
import { Returning } from "./returning.ts";
import { Scoreboard } from "./scoreboard.ts";
import { ConnectionSettings, limitsOf } from "./serving-settings.ts";
import { type Arrival, type ListenHandle, listen } from "./transport.ts";
import type { WorkerOptions } from "./worker-options.ts";

export class Worker extends ConnectionSettings implements ConnectionHost {
  readonly serve: ConnectionHost["serve"];
  readonly deadlines = new Deadlines();
  readonly makeCodec: ConnectionHost["makeCodec"];
  readonly wantsRecord: boolean;
  readonly gate: Gate | undefined;
  draining = false;
  ends = false;
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
  readonly #returning: Returning | undefined;

  constructor(options: WorkerOptions) {
    const { settings, freshness } = options;
    super(settings);
    this.#options = options;
    this.#access = new AccessWriter(options, settings);
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
    this.gate = freshness && new Gate((ticket) => freshness.ask(ticket));
    this.#returning = freshness && new Returning((given) => freshness.giveBack(given));
    this.wantsRecord = options.accessLog !== undefined;
    const codecOptions = { server: options.software, limits: limitsOf(settings) };
    this.makeCodec = () => new Http1Codec(codecOptions);
    this.#reception = new Reception({
      ...options,
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
    const local = address.kind === "tcp" ? { host: address.host, port: String(address.port) } : { host: "", port: "" };
    const accept: Arrival["accept"] = (transport) => {
      const connection = new Connection(transport, this);
      this.#connections.add(connection);
      this.#returning?.accepted(connection, index);
      this.#doors.accepted();
      if (!this.#admission.opened()) connection.refuse(fault("edge.too-many-connections", 0));
      return connection;
    };
    this.#accepting = true;
    if (handle === undefined) {
      this.#handed.expect(index, { local, accept });
      return;
    }
    if (this.gate !== undefined) this.#handed.allow(index, { local, accept });
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

  /** A connection that the master accepted, or that another worker gave back. */
  take(parcel: Parcel): void {
    void this.#handed.take(parcel).then(() => this.#checkEmpty());
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
    this.ends = true;
    this.gate?.open();
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

  /** As `drain`, of old code: leaves what is queued to the successor, and each connection when it has no request. No client notices. */
  giveBack(empty: () => void, why: string): void {
    if (this.draining) return;
    this.draining = true;
    this.#onEmpty = empty;
    // First of all: what ends now is given back as well.
    this.gate?.shut();
    this.stopAccepting();
    this.#handed.giveBack((given) => this.#returning?.pass(given, () => this.#checkEmpty()));
    this.#parting.begin(why, 1012);
    for (const connection of [...this.#connections]) connection.giveBack();
    this.#checkEmpty();
  }

  /** The master is gone: it hands over no more, knows nothing of the code, and takes nothing back. */
  alone(): void {
    this.noMore();
    this.#returning?.abandon();
    this.gate?.open();
    if (!this.draining) return;
    this.ends = true;
    for (const connection of this.#connections) connection.drain();
    this.#checkEmpty();
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
    this.ends = true;
    this.#onEmpty = empty;
    this.stopAccepting();
    this.#returning?.abandon();
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

  leftOver(connection: OpenConnection, rest: LeftOver): void {
    this.#returning?.send(connection, rest, () => this.#checkEmpty());
    this.closed(connection);
  }

  /** Says what is counted and not said yet; nothing is refused after this. */
  flush(): void {
    this.#refusals.flush();
  }

  #checkEmpty(): void {
    const open = this.connections + this.#handed.arriving + (this.#returning?.pending ?? 0);
    if (this.#onEmpty === undefined || this.#accepting || open > 0) return;
    const empty = this.#onEmpty;
    this.#onEmpty = undefined;
    this.#handed.over();
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
