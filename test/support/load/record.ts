// What a load has seen: answers and failures, counted, and with their times and places so that each failure can be explained.
// Knows no socket. The times are milliseconds of a clock that every process of this machine shares and nobody can set.

import { performance } from "node:perf_hooks";
import process from "node:process";

/** CLOCK_MONOTONIC, so that a kill noted in one process and a loss seen in another can be compared. */
export const machineMs = (): number => Number(process.hrtime.bigint()) / 1e6;

export const FAILURE_KINDS = [
  /** An answer with another status than the right one. */
  "status",
  /** No connection. */
  "refused",
  /** A reset instead of an answer. */
  "reset",
  /** An end instead of an answer. */
  "unanswered",
  /** The beginning of an answer. */
  "truncated",
  /** The answer to something else, or bytes that nobody asked for. */
  "mixed-up",
  /** Nothing at all. */
  "hang",
] as const;

export type FailureKind = (typeof FAILURE_KINDS)[number];

export interface Failure {
  readonly kind: FailureKind;
  /** For a person. */
  readonly why: string;
  /** `POST /12`. */
  readonly request: string;
  /** The worker: named by the beginning of this answer, or by an earlier one on this connection. */
  readonly pid: number | undefined;
  /** Whether it was the first request of its connection. */
  readonly first: boolean;
  /** The client's own port, by which the kernel's tables name the connection; 0 on a Unix socket, or without a connection. */
  readonly port: number;
  readonly sentAt: number;
  readonly lostAt: number;
}

export interface Answer {
  readonly request: string;
  readonly pid: number;
  readonly version: string;
  readonly first: boolean;
  /** Whether the client keeps its connections. */
  readonly kept: boolean;
  readonly sentAt: number;
  readonly tookMs: number;
}

export interface LoadResult {
  readonly answered: number;
  readonly failures: readonly Failure[];
  /** Answers by the process that gave them. */
  readonly pids: ReadonlyMap<number, number>;
  /** Answers by the version of the application that gave them. */
  readonly versions: ReadonlyMap<string, number>;
  /** Kept connections that the server closed between requests, which is no failure. */
  readonly reopened: number;
  /** Every answer, in the order in which they came; empty unless the load was asked to keep them. */
  readonly answers: readonly Answer[];
}

/** A promise that is not kept fails instead of hanging the run. */
const LIMIT_MS = 45_000;

/** The counts of a load, here or in another process, and waiting for them. */
export abstract class Tally implements LoadResult {
  answered = 0;
  readonly failures: Failure[] = [];
  readonly pids = new Map<number, number>();
  readonly versions = new Map<string, number>();
  reopened = 0;
  answers: Answer[] = [];
  protected over = false;
  readonly #waiting = new Set<() => void>();

  /** Finishes what is open. */
  abstract stop(): Promise<LoadResult>;

  /** Waits for so many answers or failures from now on. */
  async more(count: number, limitMs = LIMIT_MS): Promise<void> {
    const wanted = this.finished + count;
    await this.until(() => this.finished >= wanted, limitMs);
  }

  /** Waits until something is true that answers decide. */
  async until(test: () => boolean, limitMs = LIMIT_MS): Promise<void> {
    const late = performance.now() + limitMs;
    while (!test()) {
      if (this.over || performance.now() > late) {
        throw new Error(`it never came true, with ${this.answered} answers and ${this.failures.length} failures`);
      }
      await new Promise<void>((heard) => {
        const timer = setTimeout(heard, limitMs);
        this.#waiting.add(() => {
          clearTimeout(timer);
          heard();
        });
      });
    }
  }

  get finished(): number {
    return this.answered + this.failures.length;
  }

  get result(): LoadResult {
    const { answered, failures, pids, versions, reopened, answers } = this;
    return { answered, failures, pids, versions, reopened, answers };
  }

  protected wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const heard of waiting) heard();
  }
}
