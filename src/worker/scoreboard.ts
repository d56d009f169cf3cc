// How many connections each worker has open, as far as the others know: a page of a file that all of them have open, one row each.
// Apache's word for it. Knows rows and their age; decides nothing.

import fs from "node:fs";
import process from "node:process";
import { SCOREBOARD } from "../ipc/messages.ts";

/** How often a row is written at least, and the age at which nobody believes it any more: its worker is gone, or stuck. */
const BEAT_MS = 250;
const STALE_MS = 1_000;

/** Two numbers of 32 bits: connections, and the time of writing. */
const NUMBERS = SCOREBOARD.rowBytes / 4;

export class Scoreboard {
  readonly #fd: number;
  readonly #row: number;
  readonly #connections: () => number;
  readonly #own = new Uint32Array(NUMBERS);
  readonly #all = new Uint32Array(NUMBERS * SCOREBOARD.rows);
  readonly #timer: NodeJS.Timeout;
  #broken = false;

  /** @param connections How many are open just now. */
  constructor(row: number, connections: () => number, fd: number = SCOREBOARD.fd) {
    this.#fd = fd;
    this.#row = row;
    this.#connections = connections;
    this.#timer = setInterval(() => this.#write(now()), BEAT_MS).unref();
    this.#write(now());
  }

  /** How many are open just now. */
  get connections(): number {
    return this.#connections();
  }

  /**
   * Writes the own row and answers the mean of all that can be believed, the own one among them: a write and a read of memory. Infinity
   * where the page is out of reach, because an application may close any descriptor.
   */
  mean(): number {
    const at = now();
    this.#write(at);
    const rows =
      this.#attempt(() => fs.readSync(this.#fd, this.#all, 0, this.#all.byteLength, 0)) / SCOREBOARD.rowBytes;
    if (this.#broken) return Number.POSITIVE_INFINITY;
    let sum = 0;
    let count = 0;
    for (let index = 0; index < rows * NUMBERS; index += NUMBERS) {
      const writtenAt = this.#all[index + 1]!;
      if (writtenAt === 0 || (at - writtenAt) >>> 0 > STALE_MS) continue;
      sum += this.#all[index]!;
      count += 1;
    }
    return sum / count;
  }

  /** This worker takes nothing any more: its row does not count. */
  close(): void {
    clearInterval(this.#timer);
    this.#own.fill(0);
    this.#put();
  }

  #write(at: number): void {
    this.#own[0] = this.#connections();
    this.#own[1] = at;
    this.#put();
  }

  #put(): void {
    const { rowBytes } = SCOREBOARD;
    this.#attempt(() => fs.writeSync(this.#fd, this.#own, 0, rowBytes, this.#row * rowBytes));
  }

  #attempt(work: () => number): number {
    if (this.#broken) return 0;
    try {
      return work();
    } catch {
      this.#broken = true;
      clearInterval(this.#timer);
      return 0;
    }
  }
}

/** Milliseconds on the clock that all processes of a machine share, and that nobody can set; 0 stands for never. */
function now(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return (seconds * 1_000 + Math.floor(nanoseconds / 1e6)) >>> 0 || 1;
}
