// Connections that workers gave back because their code is old: kept here, with what was read of them, until the next worker is ready, and
// until it has acknowledged them. A worker that dies before that costs none. Knows no client beyond its handle, and reads from none.

import { performance } from "node:perf_hooks";
import type { Command } from "../ipc/messages.ts";
import type { ClientHandle } from "./handles.ts";

/** How many are kept at most, and how long. A successor is there within a second, or its stand-in is. */
const MOST = 1_024;
const KEPT_MS = 300_000;
/** How many are on their way to a worker at once. Whatever else it is told waits behind them. */
const WINDOW = 8;

export interface ReturnedOptions {
  /** Says something to a worker. One that is gone hears nothing; its end is told by `gone`. */
  readonly send: (worker: number, command: Command, handle?: ClientHandle) => void;
  /** Milliseconds of a clock that only goes on. */
  readonly now?: () => number;
}

interface Parcel {
  /** Below 0: no connection that the master accepted has such a one. */
  readonly ticket: number;
  readonly listener: number;
  readonly client: ClientHandle;
  readonly read: string;
  readonly since: number;
  /** Beats of the worker that it was sent to, since then. */
  beats: number;
}

interface Taker {
  readonly listeners: readonly number[];
  /** Sent to it, and not acknowledged. */
  readonly sent: Map<number, Parcel>;
}

export class Returned {
  readonly #send: ReturnedOptions["send"];
  readonly #now: () => number;
  readonly #listeners = new Set<number>();
  /** In the order of their turns. */
  readonly #takers = new Map<number, Taker>();
  /** Those that leave, and may have something that they did not acknowledge. */
  readonly #leaving = new Map<number, Taker>();
  #waiting: readonly Parcel[] = [];
  #lastTicket = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor({ send, now = () => performance.now() }: ReturnedOptions) {
    this.#send = send;
    this.#now = now;
  }

  /** Those that wait for a worker. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Connections of this listener may come back. */
  open(listener: number): void {
    this.#listeners.add(listener);
  }

  /** @param handle Undefined where it got lost on its way. */
  add(listener: number, read: string, handle: ClientHandle | undefined): void {
    if (handle === undefined) return;
    if (!this.#listeners.has(listener)) {
      handle.close();
      return;
    }
    this.#lastTicket -= 1;
    this.#keep([
      ...this.#waiting,
      { ticket: this.#lastTicket, listener, client: handle, read, since: this.#now(), beats: 0 },
    ]);
    this.#pump();
  }

  /** The worker takes connections of these listeners from now on. */
  ready(worker: number, listeners: readonly number[]): void {
    this.#takers.set(worker, { listeners, sent: new Map() });
    this.#pump();
  }

  /** The connection is the worker's. False when it was none of ours. */
  accepted(worker: number, ticket: number): boolean {
    const sent = this.#taker(worker)?.sent;
    sent?.get(ticket)?.client.close();
    sent?.delete(ticket);
    this.#pump();
    return ticket < 0;
  }

  /** The worker was told to leave: it gets none, and may still acknowledge what it has. */
  leaving(worker: number): void {
    const taker = this.#takers.get(worker);
    if (taker === undefined) return;
    this.#takers.delete(worker);
    this.#leaving.set(worker, taker);
  }

  /** The worker is gone. What it had not acknowledged is for another one, first of all. */
  gone(worker: number): void {
    const taker = this.#taker(worker);
    this.#takers.delete(worker);
    this.#leaving.delete(worker);
    if (taker !== undefined) this.#takeBack([...taker.sent.values()]);
    this.#pump();
  }

  /** The worker's loop has turned. What it did not acknowledge within two beats is asked for, as the dispatcher does. */
  beat(worker: number): void {
    for (const parcel of this.#taker(worker)?.sent.values() ?? []) {
      parcel.beats += 1;
      if (parcel.beats === 2) this.#send(worker, { tsgi: "missing", ticket: parcel.ticket });
    }
  }

  /** The worker has not got the connection with this ticket, unless it has acknowledged it. */
  lost(worker: number, ticket: number): void {
    const taker = this.#taker(worker);
    const parcel = taker?.sent.get(ticket);
    if (taker === undefined || parcel === undefined) return;
    taker.sent.delete(ticket);
    this.#takeBack([parcel]);
    this.#pump();
  }

  /** A listener is closed, and with it what waits for somebody who serves it. */
  close(listener: number): void {
    this.#listeners.delete(listener);
    this.#keep(this.#waiting);
  }

  closeAll(): void {
    this.#listeners.clear();
    this.#keep([]);
  }

  /** Also one that leaves. */
  readonly #taker = (worker: number): Taker | undefined => this.#takers.get(worker) ?? this.#leaving.get(worker);

  #takeBack(back: readonly Parcel[]): void {
    for (const parcel of back) parcel.beats = 0;
    this.#keep([...back, ...this.#waiting]);
  }

  /** As many of these as may be kept; the oldest are dropped. */
  #keep(parcels: readonly Parcel[]): void {
    const tooOld = this.#now() - KEPT_MS;
    const kept = parcels.filter(({ listener, since }) => this.#listeners.has(listener) && since > tooOld).slice(-MOST);
    const keeps = new Set(kept);
    for (const parcel of new Set([...this.#waiting, ...parcels])) if (!keeps.has(parcel)) parcel.client.close();
    this.#waiting = kept;
    clearTimeout(this.#timer);
    const oldest = Math.min(...kept.map(({ since }) => since));
    if (kept.length === 0) return;
    this.#timer = setTimeout(() => this.#keep(this.#waiting), oldest + KEPT_MS - this.#now() + 1).unref();
  }

  #pump(): void {
    const left = this.#waiting.filter((parcel) => !this.#handOver(parcel));
    if (left.length < this.#waiting.length) {
      this.#waiting = left;
      this.#keep(left);
    }
  }

  #handOver(parcel: Parcel): boolean {
    const { listener, ticket, client, read } = parcel;
    const next = [...this.#takers].find(([, t]) => t.listeners.includes(listener) && t.sent.size < WINDOW);
    if (next === undefined) return false;
    const [worker, taker] = next;
    this.#takers.delete(worker);
    this.#takers.set(worker, taker);
    taker.sent.set(ticket, parcel);
    this.#send(worker, { tsgi: "connection", listener, ticket, read }, client);
    return true;
  }
}
