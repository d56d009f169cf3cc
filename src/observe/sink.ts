// Whole lines to one descriptor, for a process that must go on when nobody takes them: full disk, stopped reader, gone reader.
// Decides when to write, what to keep and what to drop. Does not know what a line says, nor who is told.
// Not sonic-boom: its flushSync retries every error for ever (a full disk would hang the exit), and its flush is an fsync.

import { close, closeSync, constants, fstatSync, openSync, write, writeSync } from "node:fs";
import process from "node:process";

/** A descriptor to write on, and how large one write may be so that the lines of several processes do not mix. */
export interface Target {
  readonly fd: number;
  /** Whether the sink closes the descriptor. Standard streams stay open. */
  readonly owned: boolean;
  /** Bytes of one write, as whole lines. A longer line travels alone. */
  readonly atomicBytes: number;
}

export interface SinkOptions {
  /** Write each line at once where the descriptor takes it, and wait only where it does not. */
  readonly immediate: boolean;
  /** Writing began to fail. Told once for each trouble. */
  readonly onTrouble: (error: Error) => void;
  /** Writing works again; `lost` lines were dropped meanwhile. */
  readonly onRecovery: (lost: number) => void;
}

/** With O_APPEND the kernel orders whole writes to a regular file; the size only bounds the delay of the first line. */
const FILE_BATCH_BYTES = 16_384;
/** PIPE_BUF on Linux: a larger write to a pipe may be cut by another process's (pipe(7)). */
const PIPE_BATCH_BYTES = 4_096;
const MAX_PENDING_BYTES = 16 * 1024 * 1024;
const MAX_AGE_MS = 250;
/** How soon a full pipe is asked again, and how often before it counts as trouble. */
const BUSY_RETRY_MS = 20;
const BUSY_RETRIES = 50;
const STALLED_RETRY_MS = 100;
/** How soon a full disk is asked again. */
const FAILED_RETRY_MS = 1_000;
/** How long an exit may wait for a full pipe. */
const EXIT_PATIENCE_MS = 250;
const NEWLINE = 10;

/**
 * Open a file or named pipe for appending, or adopt standard output or standard error.
 *
 * @throws the system's error when a path cannot be opened.
 */
export function openTarget(target: string | 1 | 2): Target {
  if (typeof target === "number") return openStandard(target);
  // O_NONBLOCK means nothing to a regular file; a named pipe without a reader answers ENXIO instead of hanging us.
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;
  const fd = openSync(target, flags, 0o644);
  return { fd, owned: true, atomicBytes: fstatSync(fd).isFile() ? FILE_BATCH_BYTES : PIPE_BATCH_BYTES };
}

// A stopped reader must not hang a thread of libuv's pool, which the exit would then wait for. The description behind a
// standard stream is shared with other processes, so a pipe or terminal is opened anew with a flag of its own. A socket
// cannot be (ENXIO); naming process.stdout makes Node set the flag, as any console.log does, and take it back at exit.
function openStandard(fd: 1 | 2): Target {
  const kind = fstatSync(fd);
  if (kind.isFIFO() || kind.isCharacterDevice()) {
    try {
      const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK | constants.O_NOCTTY;
      return { fd: openSync(`/proc/self/fd/${fd}`, flags), owned: true, atomicBytes: PIPE_BATCH_BYTES };
    } catch {
      // No /proc, or a terminal of another user: the descriptor as it is will do.
    }
  } else if (kind.isSocket()) {
    const stream = fd === 1 ? process.stdout : process.stderr;
    // Whoever else writes through it must not bring the process down when the reader leaves.
    if (stream.listenerCount("error") === 0) stream.on("error", () => {});
  }
  return { fd, owned: false, atomicBytes: kind.isFile() ? FILE_BATCH_BYTES : PIPE_BATCH_BYTES };
}

export class Sink {
  #target: Target;
  readonly #options: SinkOptions;
  /** Lines not yet made into bytes. Counted in characters: access lines are ASCII. */
  #lines = "";
  /** Bytes to be written; the first may be what is left of a batch that was written in part. */
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #writing = false;
  #next: Target | undefined;
  #age: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  #busyTries = 0;
  #troubled = false;
  #lost = 0;
  #waiting: (() => void)[] = [];
  #closed = false;
  readonly #atExit = (): void => this.flushSync();

  constructor(target: Target, options: SinkOptions) {
    this.#target = target;
    this.#options = options;
    process.on("exit", this.#atExit);
  }

  /** Take one line, without its line end. Never throws and never waits. */
  write(line: string): void {
    if (this.#closed) return;
    if (this.#options.immediate && this.#idle) {
      this.#writeNow(line);
      return;
    }
    const length = line.length + 1;
    if (this.#queuedBytes + this.#lines.length + length > MAX_PENDING_BYTES) {
      this.#lost += 1;
      this.#trouble(new Error(`${MAX_PENDING_BYTES / 1024 / 1024} MiB of lines are waiting already`));
      return;
    }
    if (this.#lines.length + length > this.#target.atomicBytes) {
      this.#seal();
      this.#pump();
    }
    this.#lines += `${line}\n`;
    this.#age ??= setTimeout(() => {
      this.#age = undefined;
      this.#seal();
      this.#pump();
    }, MAX_AGE_MS).unref();
  }

  /** Write to another target from the next whole write on. The old one is closed once nothing more goes to it. */
  swap(target: Target): void {
    if (this.#next?.owned) closeSync(this.#next.fd);
    this.#next = target;
    if (!this.#writing) this.#adopt();
    this.retryNow();
  }

  /** Try what is waiting at once, without the pause after a failure. */
  retryNow(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#seal();
    this.#pump();
  }

  /** Settles when every line taken so far is written, dropped, or refused by the target for now. Never rejects. */
  flush(): Promise<void> {
    this.retryNow();
    if (!this.#writing) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /**
   * Write what is waiting before returning, for an exit: at most a quarter of a second of patience with a full pipe. A
   * batch that is on its way already may arrive after these.
   */
  flushSync(): void {
    this.#seal();
    // A write in progress is finished by libuv's thread, at exit too; writing its bytes here would double them.
    const first = this.#writing ? 1 : 0;
    const deadline = performance.now() + EXIT_PATIENCE_MS;
    while (this.#queue.length > first) {
      const bytes = this.#queue[first]!;
      try {
        this.#consume(first, bytes, writeSync(this.#target.fd, bytes));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EAGAIN" || performance.now() > deadline) return;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      }
    }
  }

  /** Write what is waiting and let the descriptor go. Later lines are ignored. */
  close(): void {
    if (this.#closed) return;
    this.flushSync();
    this.#closed = true;
    process.off("exit", this.#atExit);
    clearTimeout(this.#age);
    clearTimeout(this.#retry);
    if (!this.#writing) this.#release();
  }

  get #idle(): boolean {
    return !this.#writing && this.#lines === "" && this.#queue.length === 0;
  }

  #writeNow(line: string): void {
    const bytes = Buffer.from(`${line}\n`);
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    try {
      this.#consume(0, bytes, writeSync(this.#target.fd, bytes));
      this.#wrote();
    } catch (error) {
      this.#failed(error as NodeJS.ErrnoException);
    }
  }

  #seal(): void {
    if (this.#lines === "") return;
    const bytes = Buffer.from(this.#lines);
    this.#lines = "";
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
  }

  #pump(): void {
    const bytes = this.#queue[0];
    if (this.#writing || this.#retry !== undefined || bytes === undefined) return;
    this.#writing = true;
    write(this.#target.fd, bytes, 0, bytes.length, null, (error, count) => {
      this.#writing = false;
      if (error === null) this.#consume(0, bytes, count);
      if (this.#next !== undefined) this.#adopt();
      if (this.#closed) return this.#release();
      if (error === null) this.#wrote();
      else this.#failed(error);
    });
  }

  #consume(index: number, bytes: Buffer, count: number): void {
    this.#queuedBytes -= count;
    if (count < bytes.length) this.#queue[index] = bytes.subarray(count);
    else if (index === 0) this.#queue.shift();
    else this.#queue.splice(index, 1);
  }

  #wrote(): void {
    this.#busyTries = 0;
    if (this.#queue.length > 0) {
      this.#pump();
      return;
    }
    if (this.#troubled) {
      const lost = this.#lost;
      this.#troubled = false;
      this.#lost = 0;
      this.#options.onRecovery(lost);
    }
    this.#settle();
  }

  #failed(error: NodeJS.ErrnoException): void {
    const busy = error.code === "EAGAIN";
    if (busy) this.#busyTries += 1;
    const patient = busy && !this.#troubled && this.#busyTries <= BUSY_RETRIES;
    if (error.code === "EPIPE" || error.code === "EBADF") {
      // The reader will not come back for these; a later line may find a new one.
      this.#lost += this.#queue.reduce((sum, bytes) => sum + countLines(bytes), 0);
      this.#queue = [];
      this.#queuedBytes = 0;
    } else {
      const pause = patient ? BUSY_RETRY_MS : busy ? STALLED_RETRY_MS : FAILED_RETRY_MS;
      this.#retry = setTimeout(() => this.retryNow(), pause);
      // Only somebody who waits for a flush keeps the process up for it; an exit writes what is waiting anyway.
      if (this.#waiting.length === 0 || !patient) this.#retry.unref();
    }
    if (patient) return;
    this.#settle();
    this.#trouble(error);
  }

  #trouble(error: Error): void {
    if (this.#troubled) return;
    this.#troubled = true;
    this.#options.onTrouble(error);
  }

  #settle(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  #adopt(): void {
    const old = this.#target;
    this.#target = this.#next!;
    this.#next = undefined;
    if (old.owned) close(old.fd, () => {});
  }

  #release(): void {
    this.#settle();
    if (this.#next?.owned) closeSync(this.#next.fd);
    if (this.#target.owned) close(this.#target.fd, () => {});
  }
}

function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}
