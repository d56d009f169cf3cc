// How connections get to the workers, by `--accept`: what a worker is told when it may accept, and what becomes of its share when it
// leaves. The one part of the master that knows the three ways. Knows workers by number and place; starts and ends none.

import type { Settings } from "../config/options.ts";
import type { Command, HandingReport, Report } from "../ipc/messages.ts";
import { Dispatcher } from "./dispatcher.ts";
import type { ClientHandle, NativeHandle } from "./handles.ts";
import type { Listener } from "./listeners.ts";
import { type Holder, rearrange } from "./port-sockets.ts";
import { Returned } from "./returned.ts";
import type { PortSockets } from "./reuse-port.ts";
import { Scoreboard } from "./scoreboard.ts";

export interface DistributionOptions {
  readonly accept: Settings["accept"];
  /** Says something to a worker, with a handle perhaps. One that is gone hears nothing. */
  readonly send: (worker: number, command: Command, handle?: unknown) => void;
  readonly log: (level: "warn" | "error", message: string) => void;
}

interface Place {
  readonly slot: number;
  listeners: readonly Listener[];
  backlog: number;
  /** Ready, and not leaving. */
  serves: boolean;
  /** It was told to go: that it is ready may still be on its way here. */
  leaves: boolean;
  /** The sockets that it accepts from, by listener, where a listener has several. */
  readonly sockets: Map<number, Set<number>>;
}

/** How long the log is spared what may happen many times a second. */
const SAY_AGAIN_MS = 10_000;

export class Distribution {
  readonly #options: DistributionOptions;
  readonly #places = new Map<number, Place>();
  readonly #dispatcher: Dispatcher;
  readonly #returned: Returned;
  /** With `reuse-port`: the listeners that have several sockets. */
  readonly #ports = new Map<number, PortSockets>();
  #scoreboard: Scoreboard | string | undefined;
  #failureSaidAt = Number.NEGATIVE_INFINITY;

  constructor(options: DistributionOptions) {
    this.#options = options;
    this.#dispatcher = new Dispatcher({
      send: (worker, command, handle) => options.send(worker, command, handle),
      failed: (name) => this.#acceptFailed(name),
    });
    this.#returned = new Returned({ send: (worker, command, handle) => options.send(worker, command, handle) });
  }

  /** What a worker inherits as the scoreboard's descriptor. */
  get scoreboardFd(): number | "ignore" {
    if (this.#options.accept === "round-robin") return "ignore";
    if (this.#scoreboard === undefined) {
      this.#scoreboard = Scoreboard.open();
      if (typeof this.#scoreboard === "string") {
        this.#options.log("warn", `connections may be spread unevenly over the workers: ${this.#scoreboard}`);
      }
    }
    return typeof this.#scoreboard === "string" ? "ignore" : this.#scoreboard.fd;
  }

  /** A worker was started. */
  forked(worker: number, slot: number): void {
    this.#places.set(worker, { slot, listeners: [], backlog: 0, serves: false, leaves: false, sockets: new Map() });
  }

  /** Tells a worker that has loaded the application to accept on these; it answers `ready`. */
  open(worker: number, listeners: readonly Listener[], backlog: number): void {
    const place = this.#places.get(worker);
    if (place === undefined) return;
    Object.assign(place, { listeners, backlog });
    for (const [at, listener] of listeners.entries()) {
      this.#returned.open(listener.info.index);
      this.#openOne(worker, place, listener, at === listeners.length - 1);
    }
  }

  /** Hears what a worker reports, and gets the handle that came with it. True when it was for nobody else. */
  heard(worker: number, report: Report | HandingReport, handle?: unknown): report is HandingReport {
    switch (report.tsgi) {
      case "ready":
        this.#ready(worker);
        return false;
      case "beat":
        this.#dispatcher.beat(worker);
        this.#returned.beat(worker);
        return false;
      case "accepted":
        if (!this.#returned.accepted(worker, report.ticket)) this.#dispatcher.accepted(worker, report.ticket);
        return true;
      case "lost":
        this.#returned.lost(worker, report.ticket);
        this.#dispatcher.lost(worker, report.ticket);
        return true;
      case "hand-back":
        this.#returned.add(report.listener, report.read, handle as ClientHandle | undefined);
        return true;
      case "room":
        this.#dispatcher.room(worker, report.more);
        return true;
      case "leaving":
        this.#dispatcher.asks(worker);
        return true;
      default:
        return false;
    }
  }

  /** A worker is told to leave; with `handBack` it gets nothing more, whoever else is there or is not. */
  leaving(worker: number, { handBack = false }: { readonly handBack?: boolean } = {}): void {
    const place = this.#places.get(worker);
    if (place === undefined) return;
    Object.assign(place, { serves: false, leaves: true });
    this.#returned.leaving(worker);
    if (handBack) this.#dispatcher.outdated(worker);
    else this.#dispatcher.leaving(worker);
    this.#rearrange();
  }

  /** A worker is gone. */
  gone(worker: number): void {
    this.#places.delete(worker);
    if (typeof this.#scoreboard === "object") this.#scoreboard.free(worker);
    this.#returned.gone(worker);
    this.#dispatcher.gone(worker);
    this.#rearrange();
  }

  /** A listener is about to be closed, and its sockets. */
  closing(listener: number): void {
    this.#returned.close(listener);
    this.#dispatcher.close(listener);
    this.#ports.delete(listener);
  }

  /** The same for all. */
  closingAll(): void {
    this.#returned.closeAll();
    for (const listener of [...this.#ports.keys(), ...this.#dispatcher.listeners]) this.closing(listener);
  }

  #openOne(worker: number, place: Place, listener: Listener, last: boolean): void {
    const { send, accept } = this.#options;
    const { info, handle } = listener;
    const command = { tsgi: "listen", listener: info, backlog: place.backlog, last } as const;
    if (accept === "round-robin") {
      this.#dispatcher.open(info.index, handle, place.backlog);
      send(worker, { ...command, handed: true });
      return;
    }
    if (listener.sockets !== undefined) {
      const [socket, own] = this.#socketFor(listener, listener.sockets, place.slot);
      place.sockets.set(info.index, new Set([socket]));
      send(worker, { ...command, socket }, own);
      return;
    }
    const row = typeof this.#scoreboard === "object" ? this.#scoreboard.rowFor(worker) : undefined;
    if (row !== undefined) send(worker, { tsgi: "share", listener: info.index, row }, handle);
    send(worker, command, handle);
  }

  #ready(worker: number): void {
    const place = this.#places.get(worker);
    if (place === undefined || place.serves || place.leaves) return;
    place.serves = true;
    const listeners = place.listeners.map(({ info }) => info.index);
    this.#returned.ready(worker, listeners);
    if (this.#options.accept === "round-robin") this.#dispatcher.ready(worker, listeners);
    this.#rearrange();
  }

  /** The socket of a place. Where it cannot be bound, the first one is shared. */
  #socketFor({ info, handle }: Listener, sockets: PortSockets, slot: number): [number, NativeHandle] {
    this.#ports.set(info.index, sockets);
    const own = sockets.get(slot);
    if (typeof own === "object") return [slot, own];
    const what = `worker ${slot} has no socket of its own on ${info.url}, and shares the first one`;
    this.#options.log("error", `${what}: ${own}`);
    return [1, handle];
  }

  /** Sees to it that somebody accepts from every socket, as far as there is anybody. */
  #rearrange(): void {
    for (const [index, sockets] of this.#ports) {
      const holders = [...this.#places].flatMap(([worker, { serves, slot, sockets: own }]): Holder[] => {
        const held = own.get(index);
        return serves && held !== undefined ? [{ worker, slot, sockets: held }] : [];
      });
      const { give, release } = rearrange(sockets.numbers, holders);
      for (const { worker, socket } of give) {
        const place = this.#places.get(worker)!;
        const { info } = place.listeners.find((listener) => listener.info.index === index)!;
        place.sockets.get(index)!.add(socket);
        const command = { tsgi: "listen", listener: info, backlog: place.backlog, socket, last: false } as const;
        this.#options.send(worker, command, sockets.get(socket));
      }
      for (const { worker, socket } of release) {
        this.#places.get(worker)!.sockets.get(index)!.delete(socket);
        this.#options.send(worker, { tsgi: "release", listener: index, socket });
      }
    }
  }

  #acceptFailed(name: string): void {
    const now = performance.now();
    if (now - this.#failureSaidAt < SAY_AGAIN_MS) return;
    this.#failureSaidAt = now;
    this.#options.log("error", `the master cannot accept a connection: ${name}`);
  }
}
