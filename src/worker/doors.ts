// The listening sockets that a worker accepts from, and when it does: not while it is full, not while it stands aside for others.
// Knows no connection.

import { performance } from "node:perf_hooks";
import { type Bell, type BellHandle, hangBell } from "./bell.ts";
import { Evenness } from "./evenness.ts";
import type { Scoreboard } from "./scoreboard.ts";
import type { Acceptor } from "./transport.ts";

/**
 * How long a leaving worker goes on accepting what is queued, where clients come faster than it can; and longer, where the machine let it
 * accept no more than a few in that time.
 */
const QUEUE_MS = 200;
const A_FEW = 128;
const STARVED_MS = 2_000;

export class Doors {
  readonly #acceptors = new Map<string, Acceptor>();
  readonly #bells = new Map<string, Bell>();
  #scoreboard: Scoreboard | undefined;
  #evenness: Evenness | undefined;
  #accepted = 0;
  #full = false;

  /** Accepts on one more socket. */
  add(key: string, acceptor: Acceptor): void {
    this.#acceptors.set(key, acceptor);
    if (this.#full || (this.#evenness?.aside === true && this.#bells.has(key))) acceptor.pause();
  }

  /**
   * Shares one of the sockets fairly from now on.
   *
   * @param handle Another handle of that socket.
   * @param scoreboard What this worker and the others have, the same for all sockets.
   */
  share(key: string, handle: BellHandle, scoreboard: Scoreboard): void {
    this.#scoreboard = scoreboard;
    this.#evenness ??= new Evenness({
      connections: () => scoreboard.connections,
      mean: () => scoreboard.mean(),
      close: () => this.#pause(this.#bells.keys()),
      open: () => this.#resume(this.#bells.keys()),
      arm: () => [...this.#bells.values()].every((bell) => bell.arm()),
      now: () => performance.now(),
    });
    this.#bells.get(key)?.close();
    this.#bells.set(
      key,
      hangBell(handle, () => this.#evenness?.ring()),
    );
  }

  /** Accepts no more on one socket. What waits there is left to whoever else has it. */
  remove(key: string): void {
    this.#acceptors.get(key)?.close();
    this.#acceptors.delete(key);
    this.#bells.get(key)?.close();
    this.#bells.delete(key);
  }

  /** A connection was accepted, and is counted. */
  accepted(): void {
    this.#accepted += 1;
    this.#evenness?.accepted();
  }

  /** The worker has all the connections it may have, or has room again. */
  setFull(full: boolean): void {
    this.#full = full;
    this.#forget();
    if (full) this.#pause(this.#acceptors.keys());
    else this.#resume(this.#acceptors.keys());
  }

  /** Calls back when what is queued now has been accepted. This worker's share is nobody's measure from here on. */
  whenQueueIsEmpty(done: () => void): void {
    this.#forget();
    this.#evenness = undefined;
    this.#scoreboard?.close();
    this.#resume(this.#acceptors.keys());
    this.#acceptQueue({ startedAt: performance.now(), accepted: this.#accepted }, done);
  }

  close(): void {
    this.#evenness = undefined;
    for (const key of [...this.#acceptors.keys()]) this.remove(key);
  }

  /** libuv accepts one connection a turn of the loop, so the queue is empty when a whole turn brought none. */
  #acceptQueue(start: { readonly startedAt: number; readonly accepted: number }, done: () => void): void {
    const before = this.#accepted;
    // The first callback may come before this turn's poll phase, the second one cannot.
    setImmediate(() =>
      setImmediate(() => {
        const isStarved = this.#accepted - start.accepted < A_FEW;
        const limitMs = isStarved ? STARVED_MS : QUEUE_MS;
        if (this.#accepted === before || performance.now() - start.startedAt >= limitMs) done();
        else this.#acceptQueue(start, done);
      }),
    );
  }

  #forget(): void {
    this.#evenness?.forget();
    for (const bell of this.#bells.values()) bell.disarm();
  }

  #pause(keys: Iterable<string>): void {
    for (const key of keys) this.#acceptors.get(key)?.pause();
  }

  #resume(keys: Iterable<string>): void {
    if (this.#full) return;
    for (const key of keys) this.#acceptors.get(key)?.resume();
  }
}
