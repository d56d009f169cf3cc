// Who of many websockets is silent for so long that it is pinged, and who has not answered. One timer for all of them, and none while
// there are none. Does not know messages: any byte that came is a sign of life.

import type { Socket } from "node:net";

export interface Pinged {
  readonly wire: Pick<Socket, "bytesRead" | "isPaused"> | undefined;
  /** 1 is open. */
  readonly readyState: number;
  /** What had come when it was last looked at. */
  seenBytes: number;
  /** Looks since something came, or since it was pinged. */
  quietTicks: number;
  isPinged: boolean;
  ping(): void;
  terminate(): void;
}

export interface PingSettings {
  /** Seconds of silence after which a ping is sent; 0 for never. */
  readonly interval: number;
  /** Seconds in which it has to be answered; 0 for ever. */
  readonly timeout: number;
}

/** Looks in the shorter of the two times: how exact they are is a tenth of it. */
const LOOKS = 10;
/** A look at 10,000 sockets takes a millisecond or two. */
const LEAST_TICK_MS = 5;
/** Sockets that are looked at in one go: a ping is a system call, and thousands may be due together. */
const AT_ONCE = 256;
const OPEN = 1;

export class Pings {
  readonly #sockets = new Set<Pinged>();
  readonly #tickMs: number;
  /** Looks that are as long as the settings say. */
  readonly #quiet: number;
  readonly #patience: number;
  #timer: NodeJS.Timeout | undefined;
  #isSweeping = false;

  constructor({ interval, timeout }: PingSettings) {
    const shorter = timeout === 0 ? interval : Math.min(interval, timeout);
    this.#tickMs = Math.max(LEAST_TICK_MS, (shorter * 1_000) / LOOKS);
    this.#quiet = interval === 0 ? Number.POSITIVE_INFINITY : Math.ceil((interval * 1_000) / this.#tickMs);
    this.#patience = timeout === 0 ? Number.POSITIVE_INFINITY : Math.ceil((timeout * 1_000) / this.#tickMs);
  }

  add(socket: Pinged): void {
    if (this.#quiet === Number.POSITIVE_INFINITY) return;
    this.#sockets.add(socket);
    this.#timer ??= setInterval(() => this.#tick(), this.#tickMs).unref();
  }

  delete(socket: Pinged): void {
    if (!this.#sockets.delete(socket) || this.#sockets.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    // The one before is not over: the loop is behind, and nobody is to be blamed for that.
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    this.#sweep(this.#sockets.values());
  }

  #sweep(rest: IterableIterator<Pinged>): void {
    for (let share = AT_ONCE; share > 0; share -= 1) {
      const { done, value } = rest.next();
      if (done === true) {
        this.#isSweeping = false;
        return;
      }
      this.#look(value);
    }
    setImmediate(() => this.#sweep(rest));
  }

  /**
   * Time is counted in looks: after a loop that was blocked for a minute it is one more, and what came meanwhile is read before the next.
   */
  #look(socket: Pinged): void {
    const { wire } = socket;
    // One that is closing has its time from the library. What an application does not read cannot be seen either.
    if (wire === undefined || socket.readyState !== OPEN || wire.isPaused() || wire.bytesRead !== socket.seenBytes) {
      socket.seenBytes = wire?.bytesRead ?? 0;
      socket.quietTicks = 0;
      socket.isPinged = false;
      return;
    }
    socket.quietTicks += 1;
    if (!socket.isPinged && socket.quietTicks >= this.#quiet) {
      socket.isPinged = true;
      socket.quietTicks = 0;
      socket.ping();
    } else if (socket.isPinged && socket.quietTicks >= this.#patience) socket.terminate();
  }
}
