// `--accept round-robin`: accepts in the master and hands each connection to the next worker in turn.
// Keeps its copy of a connection until the worker has acknowledged it. Nothing was read before that, so that a worker that dies costs
// none: another one gets it. A worker holds one that is not acknowledged at most, so that a stuck one keeps no second client waiting.
// Knows no client beyond its handle, and reads from none.

import { performance } from "node:perf_hooks";
import type { Command } from "../ipc/messages.ts";
import { type Acceptance, acceptHandles, type ClientHandle, type NativeHandle } from "./handles.ts";

/** How many connections of a listener wait here at most; more wait in the kernel's queue, which outlives us. */
const MOST_WAITING = 16;
/** How long leaving workers, when they are the last ones, go on taking what comes faster than they can; and when that are only a few. */
const QUEUE_MS = 200;
const A_FEW = 128;
const STARVED_MS = 2_000;

interface Seat {
  readonly id: number;
  /** Whose connections it takes. */
  readonly listeners: readonly number[];
  /** It has not acknowledged its last one. */
  busy: boolean;
  /** It takes more. */
  room: boolean;
  /** It was told to go: it gets something only where nobody else is. */
  leaving: boolean;
}

/** Whose turn it is. Plain values; performs nothing. */
export class Rota {
  /** In the order of their turns: whoever had one goes to the end. */
  readonly #seats: Seat[] = [];

  add(id: number, listeners: readonly number[]): void {
    this.remove(id);
    this.#seats.push({ id, listeners, busy: false, room: true, leaving: false });
  }

  remove(id: number): void {
    const at = this.#seats.findIndex((seat) => seat.id === id);
    if (at >= 0) this.#seats.splice(at, 1);
  }

  change(id: number, change: Partial<Pick<Seat, "busy" | "room" | "leaving">>): void {
    const seat = this.#seats.find((one) => one.id === id);
    if (seat !== undefined) Object.assign(seat, change);
  }

  /** Whether anybody takes connections of this listener, now or later. */
  has(listener: number): boolean {
    return this.#seats.some(({ listeners }) => listeners.includes(listener));
  }

  /** Whether somebody who stays takes all that this worker takes. */
  canSpare(id: number): boolean {
    const listeners = this.#seats.find((seat) => seat.id === id)?.listeners ?? [];
    return listeners.every((one) => this.#seats.some((seat) => !seat.leaving && seat.listeners.includes(one)));
  }

  /** Whoever is next gets one: it is busy from here on. Undefined when nobody can take any just now. */
  take(listener: number): number | undefined {
    const able = this.#seats.filter(({ listeners }) => listeners.includes(listener));
    const staying = able.filter(({ leaving }) => !leaving);
    const seat = (staying.length > 0 ? staying : able).find(({ busy, room }) => !busy && room);
    if (seat === undefined) return undefined;
    this.#seats.splice(this.#seats.indexOf(seat), 1);
    this.#seats.push(seat);
    seat.busy = true;
    return seat.id;
  }
}

/** A connection that no worker has yet. */
interface Parcel {
  readonly ticket: number;
  readonly listener: number;
  readonly client: ClientHandle;
  /** Beats of the worker that it was sent to, since then. */
  beats: number;
}

export interface DispatcherOptions {
  /** Says something to a worker. One that is gone hears nothing; its end is told by `gone`. */
  readonly send: (worker: number, command: Command, handle?: ClientHandle) => void;
  /** An accept failed, with the name of the error. */
  readonly failed: (name: string) => void;
}

interface Source {
  readonly handle: NativeHandle;
  readonly acceptance: Acceptance;
  isOpen: boolean;
}

export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #rota = new Rota();
  readonly #sources = new Map<number, Source>();
  /** Accepted, and nobody's yet; in the order they came. */
  #waiting: readonly Parcel[] = [];
  /** Sent to a worker that has not acknowledged it. */
  readonly #sent = new Map<number, Parcel>();
  /** Workers that wait to hear that no more come. */
  readonly #asking = new Set<number>();
  #lastTicket = 0;
  #settling = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Those that it accepts from. */
  get listeners(): readonly number[] {
    return [...this.#sources.keys()];
  }

  /** Accepts from one more listener, for whoever is ready to take what comes there. */
  open(listener: number, handle: NativeHandle, backlog: number): void {
    if (this.#sources.has(listener)) return;
    const accepted = (client: ClientHandle): void => {
      this.#lastTicket += 1;
      this.#waiting = [...this.#waiting, { ticket: this.#lastTicket, listener, client, beats: 0 }];
      this.#pump();
    };
    const acceptance = acceptHandles(handle, { backlog, accepted, failed: this.#options.failed });
    this.#sources.set(listener, { handle, acceptance, isOpen: false });
  }

  /** Accepts no more from a listener, and drops what nobody has of it. Its socket is closed by whoever bound it. */
  close(listener: number): void {
    const source = this.#sources.get(listener);
    if (source === undefined) return;
    this.#sources.delete(listener);
    source.acceptance.pause();
    source.handle.onconnection = null;
    for (const parcel of this.#waiting) if (parcel.listener === listener) parcel.client.close();
    this.#waiting = this.#waiting.filter((parcel) => parcel.listener !== listener);
  }

  /** The worker takes connections of these listeners from now on. */
  ready(worker: number, listeners: readonly number[]): void {
    this.#rota.add(worker, listeners);
    this.#pump();
  }

  /** The connection is the worker's. */
  accepted(worker: number, ticket: number): void {
    const parcel = this.#sent.get(worker);
    if (parcel?.ticket !== ticket) return;
    this.#sent.delete(worker);
    parcel.client.close();
    this.#rota.change(worker, { busy: false });
    this.#pump();
  }

  room(worker: number, more: boolean): void {
    this.#rota.change(worker, { room: more });
    this.#pump();
  }

  /**
   * The worker's loop has turned. With two beats and no acknowledgement in between, the connection may never have arrived: a handle gets
   * lost where a process is out of descriptors. It is asked for, since two workers that have one connection would take each other's bytes.
   */
  beat(worker: number): void {
    const parcel = this.#sent.get(worker);
    if (parcel === undefined) return;
    parcel.beats += 1;
    if (parcel.beats === 2) this.#options.send(worker, { tsgi: "missing", ticket: parcel.ticket });
  }

  /** The worker has not got the connection with this ticket, unless it has acknowledged it. */
  lost(worker: number, ticket: number): void {
    if (this.#sent.get(worker)?.ticket !== ticket) return;
    this.#takeBack(worker);
    this.#rota.change(worker, { busy: false });
    this.#pump();
  }

  /** The worker was told to leave: it gets connections only while nobody else is there. */
  leaving(worker: number): void {
    this.#rota.change(worker, { leaving: true });
    this.#pump();
  }

  /** The worker's code is old: it gets none from now on, whoever else is there or is not. */
  outdated(worker: number): void {
    this.#rota.remove(worker);
    this.#pump();
  }

  /** The worker leaves, and wants to know when it has had its last one. */
  asks(worker: number): void {
    this.#asking.add(worker);
    this.leaving(worker);
    this.#answer();
  }

  /** The worker is gone. What it had not acknowledged is for another one. */
  gone(worker: number): void {
    this.#rota.remove(worker);
    this.#asking.delete(worker);
    this.#takeBack(worker);
    this.#pump();
  }

  #takeBack(worker: number): void {
    const parcel = this.#sent.get(worker);
    if (parcel === undefined) return;
    this.#sent.delete(worker);
    if (!this.#sources.has(parcel.listener)) {
      parcel.client.close();
      return;
    }
    parcel.beats = 0;
    // It has waited longest.
    this.#waiting = [parcel, ...this.#waiting];
  }

  #pump(): void {
    this.#waiting = this.#waiting.filter((parcel) => !this.#handOver(parcel));
    for (const [listener, source] of this.#sources) {
      const waiting = this.#waiting.filter((parcel) => parcel.listener === listener).length;
      const shallBeOpen = waiting < MOST_WAITING && this.#rota.has(listener);
      if (source.isOpen === shallBeOpen) continue;
      source.isOpen = shallBeOpen;
      if (shallBeOpen) source.acceptance.resume();
      else source.acceptance.pause();
    }
  }

  #handOver(parcel: Parcel): boolean {
    const { listener, ticket, client } = parcel;
    const worker = this.#rota.take(listener);
    if (worker === undefined) return false;
    this.#sent.set(worker, parcel);
    this.#options.send(worker, { tsgi: "connection", listener, ticket }, client);
    return true;
  }

  /** Those who leave beside others may go at once. The last ones take what is queued now, as a worker does that accepts by itself. */
  #answer(): void {
    for (const worker of this.#asking) if (this.#rota.canSpare(worker)) this.#sayNoMore(worker);
    if (this.#asking.size === 0 || this.#settling) return;
    this.#settling = true;
    this.#settle(-1, { startedAt: performance.now(), ticket: this.#lastTicket });
  }

  /** libuv accepts one connection a turn of the loop, so the queue is empty when a whole turn brought none. */
  #settle(before: number, start: { readonly startedAt: number; readonly ticket: number }): void {
    const ticket = this.#lastTicket;
    const limitMs = ticket - start.ticket < A_FEW ? STARVED_MS : QUEUE_MS;
    const isDry = ticket === before && this.#waiting.length === 0;
    if (isDry || performance.now() - start.startedAt >= limitMs) {
      this.#settling = false;
      for (const worker of this.#asking) this.#sayNoMore(worker);
    } else setImmediate(() => setImmediate(() => this.#settle(ticket, start)));
  }

  #sayNoMore(worker: number): void {
    this.#asking.delete(worker);
    this.#rota.remove(worker);
    this.#options.send(worker, { tsgi: "no-more" });
    this.#pump();
  }
}
