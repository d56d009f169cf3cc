// What the main thread leaves in memory that its watchdog thread shares: when its loop turned last, what it is about, which requests
// it holds. Read when the main thread cannot be asked any more, so all of it is written beforehand and has to cost next to nothing.

import { Buffer } from "node:buffer";
import process from "node:process";
import type { RequestInFlight } from "../ipc/messages.ts";

/** A request as the main thread keeps it. */
export interface OpenRequest {
  readonly id: string;
  readonly method: string;
  readonly target: string;
  /** On the clock of `monotonicMs`, as of the last sweep before it. */
  readonly startedAt: number;
}

export interface KnownRequests {
  readonly requests: readonly RequestInFlight[];
  /** How long ago the main thread wrote them down. */
  readonly agoMs: number;
}

// Numbers of 32 bits, so that none is ever seen half written. Times are milliseconds modulo 2^32: differences stay right for 24 days.
const BEAT_AT = 0;
const BLOCKED_MS = 1;
const BLOCKED_COUNT = 2;
/** 1 while the thread's debugger session is open. */
const SESSION = 3;
const LEAVING = 4;
const STAGE_LENGTH = 5;
const LIST_LENGTH = 6;
/** Odd while the list is being written. */
const LIST_TURN = 7;
const LIST_AT = 8;
const WORDS = 16;

const STAGE = { from: WORDS * 4, size: 256 };
const LIST = { from: STAGE.from + STAGE.size, size: 8_192 };
const BOARD_BYTES = LIST.from + LIST.size;

/** A target may be long; this much of it says which one it is. */
const TARGET_CHARACTERS = 300;

export class Board {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #bytes: Buffer;

  /** @param memory That of another thread's board; fresh otherwise. */
  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(BOARD_BYTES)) {
    this.memory = memory;
    this.#words = new Int32Array(memory, 0, WORDS);
    this.#bytes = Buffer.from(memory);
  }

  // The main thread writes.

  /** The loop turns. */
  beat(now: number): void {
    Atomics.store(this.#words, BEAT_AT, now | 0);
  }

  /** The loop turns again, after it was blocked. */
  blocked(ms: number): void {
    Atomics.store(this.#words, BLOCKED_MS, ms | 0);
    Atomics.add(this.#words, BLOCKED_COUNT, 1);
  }

  /** What the worker is about while it does not serve: completes "the event loop is idle, and ...". Null when it serves. */
  stage(text: string | null): void {
    const length = text === null ? 0 : this.#bytes.write(text, STAGE.from, STAGE.size, "utf8");
    Atomics.store(this.#words, STAGE_LENGTH, length);
  }

  /** Which requests are open, the first ones where there is no room for all. */
  list(requests: readonly OpenRequest[], now: number): void {
    const words = this.#words;
    Atomics.add(words, LIST_TURN, 1);
    let at = LIST.from;
    for (const { id, method, target, startedAt } of requests) {
      const row = `${JSON.stringify([id, method, target.slice(0, TARGET_CHARACTERS), startedAt | 0])}\n`;
      if (at + Buffer.byteLength(row) > LIST.from + LIST.size) break;
      at += this.#bytes.write(row, at, "utf8");
    }
    words[LIST_LENGTH] = at - LIST.from;
    words[LIST_AT] = now | 0;
    Atomics.add(words, LIST_TURN, 1);
  }

  /**
   * The process ends. A debugger session that is still open then would hold it up, and Node would complain about it on standard error:
   * it has a moment to close.
   */
  leave(patienceMs: number): void {
    const words = this.#words;
    Atomics.store(words, LEAVING, 1);
    if (Atomics.load(words, SESSION) === 0) return;
    Atomics.wait(words, SESSION, 1, patienceMs);
    // The session's end is a message to this thread, which the engine reads when it looks for interrupts.
    Atomics.wait(words, LEAVING, 1, 1);
  }

  // The thread reads.

  /** Tells one beat from the next. */
  get beatAt(): number {
    return Atomics.load(this.#words, BEAT_AT);
  }

  beatAgeMs(now: number): number {
    return this.#age(BEAT_AT, now);
  }

  /** How often the loop was blocked until it turned again, and for how long the last time. */
  get blockedSoFar(): { readonly count: number; readonly ms: number } {
    return { count: Atomics.load(this.#words, BLOCKED_COUNT), ms: Atomics.load(this.#words, BLOCKED_MS) };
  }

  get stageText(): string | null {
    const length = Atomics.load(this.#words, STAGE_LENGTH);
    return length === 0 ? null : this.#bytes.toString("utf8", STAGE.from, STAGE.from + length);
  }

  /** The requests that were open when the main thread wrote them down last; null when it never did, or is at it. */
  known(now: number): KnownRequests | null {
    const words = this.#words;
    const turn = Atomics.load(words, LIST_TURN);
    const agoMs = this.#age(LIST_AT, now);
    const text = this.#bytes.toString("utf8", LIST.from, LIST.from + Atomics.load(words, LIST_LENGTH));
    if (turn === 0 || turn % 2 !== 0 || turn !== Atomics.load(words, LIST_TURN)) return null;
    const rows = text.split("\n").slice(0, -1);
    return { requests: rows.map((row) => readRow(row, now)), agoMs };
  }

  /** A debugger session is about to be opened. False when the process is about to end: then it must not be. */
  openSession(): boolean {
    Atomics.store(this.#words, SESSION, 1);
    if (Atomics.load(this.#words, LEAVING) === 0) return true;
    this.closeSession();
    return false;
  }

  closeSession(): void {
    Atomics.store(this.#words, SESSION, 0);
    Atomics.notify(this.#words, SESSION);
  }

  #age(word: number, now: number): number {
    return ((now | 0) - Atomics.load(this.#words, word)) | 0;
  }
}

function readRow(row: string, now: number): RequestInFlight {
  const [id, method, target, startedAt] = JSON.parse(row) as [string, string, string, number];
  return { id, method, target, ageMs: ((now | 0) - startedAt) | 0 };
}

/** `performance.now()` of each thread counts from another moment; this one is the same for all, and never goes back. */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1e6;
}
