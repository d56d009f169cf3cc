// listen(), called by the application: the workers' sockets are the master's, so such a call is warned of, or with --adopt-listen the
// first http.Server that makes it is served in place of its own port. Installed in a worker before its application is imported.

import type http from "node:http";
import { type AddressInfo, isIPv6, Server } from "node:net";
import process from "node:process";
import type { Settings } from "../config/options.ts";
import { isHttpServer } from "../interfaces/detect.ts";
import { placeOf, positionOf } from "../modules/stack.ts";
import { AdoptedServer } from "./adopted-server.ts";

export interface ListenGuardParts {
  /** `--adopt-listen`. */
  readonly adopt: boolean;
  /** Nothing is bound whatever is asked: `tsgi check` opens no socket. */
  readonly dry?: boolean;
  /** What the workers listen on, as it was asked for. */
  readonly bind: Settings["bind"];
  readonly say: (level: "info" | "warn", message: string) => void;
}

/** The first server that was told to listen, with --adopt-listen. */
export interface Listened {
  readonly server: http.Server;
  /** `file:line:column` of the call, or in words. */
  readonly place: string;
  /** An interface serves it from here on. */
  readonly served: () => void;
  /** The last request is answered. */
  readonly end: () => Promise<void>;
}

type Listen = typeof Server.prototype.listen;

const PLAUSIBLE_PORT = 8000;
/** The frames of frameworks between a program and its listen(). */
const FRAMES = 50;

export class ListenGuard {
  readonly adopt: boolean;
  /** Where listen() was called, in order. */
  readonly places: string[] = [];
  readonly #parts: ListenGuardParts;
  readonly #ownListeners = process.listeners("SIGTERM");
  #listened: Listened | undefined;
  /** Ports that the adopted server listens on, as far as its program knows. */
  readonly #ports = new Set<number>();
  #exported: string | undefined;
  #onListened: (() => void) | undefined;

  constructor(parts: ListenGuardParts) {
    this.#parts = parts;
    this.adopt = parts.adopt;
  }

  /** From here on, until the process ends. @returns What takes it away again, for tests. */
  install(): () => void {
    const native = Server.prototype.listen;
    const guard = this;
    Server.prototype.listen = function listen(this: Server, ...args: unknown[]): Server {
      return guard.#called(this, args, native);
    } as Listen;
    return () => {
      Server.prototype.listen = native;
    };
  }

  /**
   * The adopted server, when there is one.
   *
   * @param limitMs How long to wait for it: a program may listen only after it has connected to its database.
   * @returns null when there was none in this time.
   */
  async first(limitMs: number): Promise<Listened | null> {
    if (this.#listened !== undefined) return this.#listened;
    if (!this.adopt || limitMs <= 0) return null;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#onListened = resolve;
      if (limitMs !== Number.POSITIVE_INFINITY) timer = setTimeout(resolve, limitMs);
    });
    clearTimeout(timer);
    return this.#listened ?? null;
  }

  /** The module exports an application as well, which is the one that is served. */
  serves(exportName: string): void {
    this.#exported = exportName;
    if (this.#listened !== undefined) this.#sayExported(this.#listened.place);
  }

  #called(server: Server, args: readonly unknown[], native: Listen): Server {
    const asked = askedOf(args);
    const place = placeOfCall();
    if (this.adopt && isHttpServer(server)) {
      if (this.#listened?.server === server && server.listening) throw alreadyListens();
      // Its program asks for one more address of it: `localhost` has two.
      if (this.#listened === undefined || this.#ports.has(asked.port ?? 0)) return this.#adopt(server, args, place);
    }
    this.places.push(place);
    this.#parts.say("warn", this.#warning(asked, place));
    return this.#parts.dry === true ? this.#standIn(server, args).server : Reflect.apply(native, server, args);
  }

  #adopt(server: http.Server, args: readonly unknown[], place: string): http.Server {
    const adopted = this.#standIn(server, args);
    if (this.#listened !== undefined) return server;
    this.places.push(place);
    this.#listened = { server, place, served: () => adopted.pretend(), end: () => adopted.end() };
    if (this.#exported === undefined) {
      const { text } = askedOf(args);
      this.#parts.say(
        "info",
        `the server that ${place} tells to listen on ${text} is served here, and not bound (--adopt-listen)`,
      );
    } else this.#sayExported(place);
    this.#onListened?.();
    return server;
  }

  /** To its program the server listens. */
  #standIn(server: Server, args: readonly unknown[]): AdoptedServer {
    const asked = askedOf(args);
    const address = addressFor(this.#parts.bind, asked);
    for (const port of [asked.port, typeof address === "string" ? undefined : address.port]) {
      if (port !== undefined && port !== 0) this.#ports.add(port);
    }
    const done = args.findLast((arg) => typeof arg === "function") as (() => void) | undefined;
    if (done !== undefined) server.once("listening", done);
    asked.signal?.addEventListener("abort", () => server.close(), { once: true });
    return new AdoptedServer({ server, address, ownListeners: this.#ownListeners });
  }

  #sayExported(place: string): void {
    this.#parts.say(
      "info",
      `${place} tells a server to listen, and the module exports ${this.#exported} as well: that is what is served, and the server is not bound (--adopt-listen)`,
    );
  }

  #warning({ text, port }: Asked, place: string): string {
    const isTaken = this.#parts.bind.some((at) => at.kind === "tcp" && at.port !== 0 && at.port === port);
    const fails = `${place} calls listen() on ${text}, which the workers have (--bind): that fails with EADDRINUSE.`;
    const goesOn = `${place} calls listen(): it listens on ${text} beside the workers' sockets. The master binds that for all workers by node:cluster, and what comes there passes tsgi by: no limits, no access log, no drain.`;
    const what = isTaken ? fails : goesOn;
    if (this.#listened !== undefined) {
      return `${what} Only the first server is adopted, that of ${this.#listened.place} (--adopt-listen).`;
    }
    if (this.adopt) return `${what} It is no http.Server, so --adopt-listen does not concern it.`;
    return `${what} If this is the application, export it and leave listen() out, or start with --adopt-listen.`;
  }
}

interface Asked {
  readonly port: number | undefined;
  readonly host: string | undefined;
  /** For a message. */
  readonly text: string;
  readonly signal: AbortSignal | undefined;
}

/** What node:net takes: options, a path, or a port and a host. */
function askedOf(args: readonly unknown[]): Asked {
  const [first, second] = args;
  if (typeof first === "object" && first !== null) {
    const { port, host, path, signal } = first as Readonly<Record<string, unknown>>;
    const asked = askedOf(typeof path === "string" ? [path] : [port, host]);
    return { ...asked, signal: signal as AbortSignal | undefined };
  }
  const host = typeof second === "string" && second !== "" ? second : undefined;
  if (typeof first === "string" && !/^\d+$/.test(first))
    return { port: undefined, host, text: first, signal: undefined };
  const port = typeof first === "function" ? 0 : Number(first ?? 0);
  const text =
    host === undefined ? `port ${port === 0 ? "of its choice" : port}` : `${isIPv6(host) ? `[${host}]` : host}:${port}`;
  return { port, host, text, signal: undefined };
}

/** The first address of the workers, where it says something; else the one that was asked for. */
function addressFor(bind: ListenGuardParts["bind"], asked: Asked): AddressInfo | string {
  const [first] = bind;
  if (first?.kind === "unix") return first.path;
  const { host, port } =
    first?.kind === "tcp" && first.port !== 0 ? first : { host: asked.host ?? "", port: asked.port };
  const address = host === "localhost" ? "127.0.0.1" : host === "" ? "::" : host;
  // A program may make another address of it, and 0 would be a new port then.
  return { address, port: port || PLAUSIBLE_PORT, family: isIPv6(address) ? "IPv6" : "IPv4" };
}

function placeOfCall(): string {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = FRAMES;
  const place = placeOf(new Error("listen() was called"));
  Error.stackTraceLimit = before;
  return place === null ? "the application" : positionOf(place);
}

const alreadyListens = (): Error =>
  Object.assign(new Error("listen() was called more than once, without close()"), {
    code: "ERR_SERVER_ALREADY_LISTEN",
  });
