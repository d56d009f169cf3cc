// The side line: a pipe beside Node's IPC channel, on which a worker is still heard when its event loop turns no more. Its main
// thread writes its last words to it at once, its watchdog thread says where the main thread stands. Lines of JSON in both directions.
// Knows that anybody in the worker may write to the descriptor, and that either end may be gone. Does not know what a report means.

import { fstatSync, writeSync } from "node:fs";
import type { Duplex } from "node:stream";
import { readLine, type SideReport, toLine } from "./side-reports.ts";

/** The worker's descriptor. 0 to 2 are the standard ones, 3 is the IPC channel. */
export const LIFELINE_FD = 4;
/** Beside it, the nameless file for what V8 dies of. */
export const FATAL_REPORT_FD = 6;

/** What the main thread writes while it dies has to fit into a socket's buffer, with what the thread may have written before. */
const LAST_WORDS_CHARACTERS = 65_536;
const ANSWER_CHARACTERS = 262_144;
/** A line that is longer comes from somebody else. */
const LONGEST_LINE = 1_048_576;
/** How long a dying worker waits for a master that does not read. */
const PATIENCE_MS = 250;
const RETRY_MS = 5;

/** Master to watchdog thread. Answered by `whereabouts` with the same ticket. */
export interface Ask {
  readonly tsgi: "stack" | "requests";
  readonly ticket: number;
}

/** The master's end. */
export interface Lifeline {
  ask(what: Ask["tsgi"], ticket: number): void;
  /** Every holder of the worker's end is gone, and everything that was written to it has been heard. */
  readonly closed: Promise<void>;
}

/** Cuts a stream of text into lines. What is no line within a sensible length is skipped up to its end. */
export class Lines {
  #held = "";
  #skipping = false;
  readonly #longest: number;

  constructor(longest: number = LONGEST_LINE) {
    this.#longest = longest;
  }

  /** @returns The lines that are whole now, without their ends. */
  push(chunk: string): readonly string[] {
    const parts = chunk.split("\n");
    const last = parts.pop()!;
    const whole = parts.flatMap((part) => {
      const line = this.#held + part;
      const fits = !this.#skipping && line.length <= this.#longest;
      this.#held = "";
      this.#skipping = false;
      return fits ? [line] : [];
    });
    if (!this.#skipping) this.#held += last;
    if (this.#held.length > this.#longest) {
      this.#held = "";
      this.#skipping = true;
    }
    return whole;
  }
}

/** @param pipe Our end of the worker's descriptor, which is not there when the worker could not be started. */
export function openLifeline(pipe: Duplex | null | undefined, heard: (report: SideReport) => void): Lifeline {
  if (pipe === null || pipe === undefined) return { ask() {}, closed: Promise.resolve() };
  const lines = new Lines();
  pipe.setEncoding("utf8");
  pipe.on("data", (text: string) => {
    for (const line of lines.push(text)) {
      const report = readLine(line);
      if (report !== null) heard(report);
    }
  });
  // The worker's exit explains it.
  pipe.on("error", () => {});
  const closed = new Promise<void>((resolve) => {
    pipe.once("end", resolve);
    pipe.once("close", resolve);
  });
  return {
    ask(what, ticket) {
      if (pipe.writable) pipe.write(`${JSON.stringify({ tsgi: what, ticket } satisfies Ask)}\n`);
    },
    closed,
  };
}

/** Whether this process was started with a side line: its number may be taken by something else otherwise. */
export function hasLifeline(fd: number = LIFELINE_FD): boolean {
  try {
    const kind = fstatSync(fd);
    return kind.isSocket() || kind.isFIFO();
  } catch {
    return false;
  }
}

/** For the main thread, which may be about to die. False when nobody can have read it. */
export const sayAtOnce = (report: SideReport, fd: number = LIFELINE_FD): boolean =>
  writeAll(fd, new TextEncoder().encode(`${toLine(report, LAST_WORDS_CHARACTERS)}\n`));

/** For the watchdog thread. */
export const answerLine = (report: SideReport): string => `${toLine(report, ANSWER_CHARACTERS)}\n`;

/** What the master asks, as the watchdog thread reads it; null when it is nothing of ours. */
export function readAsk(line: string): Ask | null {
  try {
    const { tsgi, ticket } = JSON.parse(line) as Partial<Ask>;
    return (tsgi === "stack" || tsgi === "requests") && typeof ticket === "number" ? { tsgi, ticket } : null;
  } catch {
    return null;
  }
}

function writeAll(fd: number, bytes: Uint8Array): boolean {
  const until = performance.now() + PATIENCE_MS;
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      // The thread has made the pipe one that does not block.
      const full = error instanceof Error && "code" in error && error.code === "EAGAIN";
      if (!full || performance.now() >= until) return false;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
  return true;
}
