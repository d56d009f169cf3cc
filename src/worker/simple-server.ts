// The public names of `tsgi/simple-server` (wsgiref.simple_server): a server that a program makes and runs in its own process. Its codec,
// connections and loop are the workers'. Decides when it accepts and how it ends; has no master, so nobody replaces it.

import process from "node:process";
import { inspect } from "node:util";
import { isPromise } from "../gateway/body.ts";
import { handlerGateway } from "../gateway/handler-exchange.ts";
import { gatewayFor } from "../gateway/run.ts";
import type { Application } from "../gateway/types.ts";
import { SOFTWARE } from "../version.ts";
import { type BoundSocket, bindSocket, type SocketAddress } from "./bound-socket.ts";
import type { OpenConnection } from "./connection-host.ts";
import { lineLogger } from "./line-logger.ts";
import { requestIds } from "./request-id.ts";
import { SERVING_DEFAULTS } from "./serving-settings.ts";
import {
  BACKLOG,
  checkOptions,
  GRACEFUL_TIMEOUT,
  type LineWriter,
  type ServingOptions,
  type SimpleServerOptions,
  timerMs,
} from "./simple-options.ts";
import { troubleReporter } from "./trouble.ts";
import { Worker } from "./worker.ts";
import type { WorkerOptions } from "./worker-options.ts";

export type { SocketAddress } from "./bound-socket.ts";
export type { LineWriter, ServingOptions, SimpleServerOptions } from "./simple-options.ts";

/** What `makeServer` takes beside the application. */
export interface MakeServerOptions extends SimpleServerOptions {
  /** What it makes; `SimpleServer` unless said otherwise. */
  readonly serverClass?: SimpleServerClass;
}

export type SimpleServerClass = new (
  socket: BoundSocket,
  application: Application,
  options: SimpleServerOptions,
) => SimpleServer;

/**
 * A server for `application`, bound and listening: clients can connect from here on, and are served from `serveForever` or
 * `handleRequest` on.
 *
 * @param host An address or a name; `""` for all of IPv4.
 * @param port 0 for one that is free, which `address` says.
 * @throws An Error with the system's `code` (EADDRINUSE, EACCES, ...) that names host and port; TypeError and RangeError for what does
 * not fit.
 */
export async function makeServer(
  host: string,
  port: number,
  application: Application,
  { serverClass = SimpleServer, ...options }: MakeServerOptions = {},
): Promise<SimpleServer> {
  if (typeof host !== "string")
    throw new TypeError(`makeServer: host ${inspect(host)}: expected "", a name or an address`);
  checkApplication(application);
  checkOptions(options);
  if (serverClass !== SimpleServer && !(serverClass?.prototype instanceof SimpleServer)) {
    throw new TypeError(
      `option serverClass: ${inspect(serverClass, { depth: 0 })}: expected a subclass of SimpleServer`,
    );
  }
  return new serverClass(await bindSocket(host, port, options.backlog ?? BACKLOG), application, options);
}

/** What a server does between `serveForever`, or `handleRequest`, and its end. */
interface Session {
  readonly worker: Worker;
  readonly over: Promise<void>;
  readonly end: () => void;
}

export class SimpleServer {
  readonly #socket: BoundSocket;
  readonly #options: SimpleServerOptions;
  readonly #nextRequestId = requestIds();
  #application: Application;
  #session: Session | undefined;

  constructor(socket: BoundSocket, application: Application, options: SimpleServerOptions = {}) {
    this.#socket = socket;
    this.#application = application;
    this.#options = options;
  }

  /** Where it listens, as `net.Server` says it. */
  get address(): SocketAddress {
    return this.#socket.address;
  }

  /** As SERVER_NAME and SERVER_PORT. */
  get serverName(): string {
    return this.address.address;
  }

  get serverPort(): number {
    return this.address.port;
  }

  getApp(): Application {
    return this.#application;
  }

  /** For the requests that come from here on. */
  setApp(application: Application): void {
    checkApplication(application);
    this.#application = application;
  }

  /**
   * Serves until `shutdown` is called.
   *
   * @param options.pollInterval Seconds between two calls of `serviceActions`.
   */
  async serveForever({ pollInterval = 0.5 }: { readonly pollInterval?: number } = {}): Promise<void> {
    const poll = timerMs("serveForever: pollInterval", pollInterval);
    const session = this.#begin();
    let failure: { readonly error: unknown } | undefined;
    let isActing = false;
    const act = async (): Promise<void> => {
      if (isActing) return;
      isActing = true;
      try {
        await this.serviceActions();
      } catch (error) {
        failure ??= { error };
        void this.shutdown();
      }
      isActing = false;
    };
    const timer = setInterval(() => void act(), poll);
    await session.over;
    clearInterval(timer);
    if (failure !== undefined) throw failure.error;
  }

  /**
   * Serves one connection with one request, which is told that it is the last.
   *
   * @param options.timeout Seconds to wait for a client; without it, for ever.
   * @returns False when none came in time, after `handleTimeout`, or before the server was shut down.
   */
  async handleRequest({ timeout }: { readonly timeout?: number } = {}): Promise<boolean> {
    const patience = timeout === undefined ? undefined : timerMs("handleRequest: timeout", timeout);
    const session = this.#begin(1);
    const { worker } = session;
    // One that was accepted has the time that every client has.
    let isLate = false;
    const late = (): void => {
      if (worker.connections > 0) return;
      isLate = true;
      session.end();
    };
    const timer = patience === undefined ? undefined : setTimeout(late, patience);
    await session.over;
    clearTimeout(timer);
    if (isLate) await this.handleTimeout();
    return worker instanceof OneConnection && worker.came;
  }

  /** Called twice a second, or as often as `serveForever` was told, while it serves, and not before the last call is over. An error here ends it. */
  serviceActions(): void | Promise<void> {}

  /** No client came within the time of `handleRequest`. */
  handleTimeout(): void | Promise<void> {}

  /**
   * Accepts no more, finishes what is open, and settles when all is over. The socket stays: `serveForever` may be called again.
   *
   * An application may call it. One that awaits it waits for its own response, and is cut after `gracefulTimeout`.
   */
  async shutdown(): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    const { worker, over, end } = session;
    const { gracefulTimeout = GRACEFUL_TIMEOUT } = this.#options;
    const why = "the server is shut down";
    worker.drain(() => {}, end, why);
    const timer = setTimeout(() => worker.abandon(end, why), timerMs("gracefulTimeout", gracefulTimeout));
    await over;
    clearTimeout(timer);
  }

  /** Gives the socket up, and cuts what is still open. */
  serverClose(): void {
    this.#session?.worker.abandon(this.#session.end, "the server is closed");
    this.#socket.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
    this.serverClose();
  }

  /** Starts accepting: one client only, or as many as come. */
  #begin(clients?: 1): Session {
    if (this.#session !== undefined) throw new Error("the server is serving already: await its shutdown() first");
    if (this.#socket.closed) throw new Error("the server is closed: make another one");
    let end = (): void => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const options = this.#workerOptions(clients === undefined ? {} : { keepAlive: 0 });
    const worker = clients === undefined ? new Worker(options) : new OneConnection(options, () => end());
    const over = ended.then(() => {
      worker.stopAccepting();
      worker.flush();
      worker.deadlines.close();
      this.#session = undefined;
    });
    this.#session = { worker, over, end };
    const { address: host, port } = this.address;
    const url = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
    const listener = { index: 0, url, address: { kind: "tcp", host, port } } as const;
    worker.listen(this.#socket.door(clients), listener, this.#options.backlog ?? BACKLOG);
    return this.#session;
  }

  #workerOptions(settings: ServingOptions): WorkerOptions {
    const { handlerClass, log = toStandardError, errorLog = toStandardError, ...given } = this.#options;
    const logger = lineLogger(guarded("errorLog", errorLog ?? nowhere));
    const application: Application = (environ, startResponse) => this.#application(environ, startResponse);
    const file = process.argv[1] ?? "the program";
    return {
      settings: { ...SERVING_DEFAULTS, accessLogFormat: "common", ...defined(given), ...settings },
      gateway: (host) => (handlerClass === undefined ? gatewayFor : handlerGateway(handlerClass))(application, host),
      ...{ software: SOFTWARE, slot: 1, generation: 1, maxRequests: 0, onFull: nowhere, logger },
      accessLog: log === null ? undefined : accessLogTo(guarded("log", log)),
      nextRequestId: this.#nextRequestId,
      onTrouble: (trouble) => troubleReporter(logger, { application: this.#application, file })(trouble),
    };
  }
}

/** For one connection, whose end is its own. */
class OneConnection extends Worker {
  came = false;
  readonly #done: () => void;

  constructor(options: WorkerOptions, done: () => void) {
    super(options);
    this.#done = done;
  }

  override closed(connection: OpenConnection): void {
    super.closed(connection);
    this.came = true;
    this.#done();
  }
}

function checkApplication(application: unknown): void {
  if (typeof application !== "function") {
    throw new TypeError(`the application is ${inspect(application, { depth: 0 })}: expected a function`);
  }
}

/** An option that is given as undefined is not given. */
const defined = (options: object): ServingOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

const toStandardError: LineWriter = (text) => void process.stderr.write(`${text}\n`);
const nowhere = (): void => {};

/** A program's own function: what it throws must not take a connection, and with that the process, along. */
const guarded =
  (name: string, write: LineWriter): LineWriter =>
  (text) => {
    const failed = (error: unknown): void => toStandardError(`makeServer: its ${name} failed: ${inspect(error)}`);
    try {
      const written: unknown = write(text);
      if (isPromise(written)) written.then(undefined, failed);
    } catch (error) {
      failed(error);
    }
  };

const accessLogTo = (write: LineWriter): NonNullable<WorkerOptions["accessLog"]> => ({
  write,
  reopen: nowhere,
  flush: async () => {},
  flushSync: nowhere,
  close: nowhere,
});

/** An application that shows what it was given: a greeting, and the environ in alphabetical order. */
export const demoApp: Application = (environ, startResponse) => {
  const lines = Object.keys(environ)
    .sort()
    .map((key) => `${key} = ${inspect(environ[key], { depth: 0, breakLength: Number.POSITIVE_INFINITY })}\n`);
  startResponse("200 OK", [["Content-Type", "text/plain; charset=utf-8"]]);
  return [`Hello world!\n\n${lines.join("")}`];
};
