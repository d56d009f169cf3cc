// One coarse timer for every connection of a worker, and the clock they share. A deadline is a number on the connection, so
// setting one costs nothing; a sweep four times a second finds those that passed. No timer per request or connection.

import { performance } from "node:perf_hooks";

/** Something that may be late. `deadlineAt` is in the milliseconds of `Deadlines.now`; Infinity means that it waits for nothing. */
export interface Timed {
  readonly deadlineAt: number;
  /** Called once for each deadline that passed; must set another or go away. */
  late(): void;
}

/** How late a deadline may be noticed. */
const SWEEP_MS = 250;
/**
 * How many are told at a time, and how long others then have for themselves. Connections that were opened together are late
 * together; each costs some system calls now, and some more when its client goes away in answer.
 */
const TOLD_AT_ONCE = 16;
const RESPITE_MS = 4;

export class Deadlines {
  /** Monotonic milliseconds as of the last sweep: at most SWEEP_MS old while the loop runs. */
  now = performance.now();
  /** The Date field's value for this second (RFC 9110 section 5.6.7). */
  date = new Date().toUTCString();
  /** Told of each sweep, and how late it is. */
  onSweep: (lateMs: number) => void = () => {};
  readonly #timed = new Set<Timed>();
  readonly #timer: NodeJS.Timeout;
  /** Those of a sweep that are still to be looked at. */
  #rest: Iterator<Timed> | undefined;
  #second = Math.floor(Date.now() / 1000);

  constructor() {
    this.#timer = setInterval(() => this.sweep(), SWEEP_MS).unref();
  }

  add(timed: Timed): void {
    this.#timed.add(timed);
  }

  delete(timed: Timed): void {
    this.#timed.delete(timed);
  }

  /** A deadline `seconds` from now; 0 means never. Rounded up, because `now` may be a sweep old. */
  in(seconds: number): number {
    return seconds === 0 ? Number.POSITIVE_INFINITY : this.now + seconds * 1_000 + SWEEP_MS;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Sets the clock and looks who is late: four times a second, and whenever somebody cannot wait for that. */
  sweep(): void {
    const before = this.now;
    this.now = performance.now();
    const wall = Date.now();
    const second = Math.floor(wall / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.date = new Date(wall).toUTCString();
    }
    this.onSweep(Math.max(0, this.now - before - SWEEP_MS));
    // After a stall of the loop, bytes may have arrived that nobody has read yet: let them be read before judging anyone late.
    if (this.now - before > 4 * SWEEP_MS) return;
    if (this.#rest === undefined) this.#judge(this.#timed.values());
  }

  /** A Set goes on where it was, whatever was added or deleted meanwhile. */
  #judge(rest: Iterator<Timed>): void {
    this.#rest = undefined;
    let share = TOLD_AT_ONCE;
    for (let next = rest.next(); next.done !== true; next = rest.next()) {
      if (next.value.deadlineAt > this.now) continue;
      next.value.late();
      share -= 1;
      if (share > 0) continue;
      this.#rest = rest;
      setTimeout(() => this.#judge(rest), RESPITE_MS).unref();
      return;
    }
  }
}
