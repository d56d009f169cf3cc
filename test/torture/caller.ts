// A client that may do anything with its socket, many at a time. Keeps the beginning of what it was told and when its
// connection began and ended; does not parse more than a status.

import { once } from "node:events";
import net from "node:net";
import { performance } from "node:perf_hooks";

const KEEP = 512;

export interface CallerOptions {
  /** Whether it reads what comes; default true. */
  readonly reads?: boolean;
  /** Whether it stays able to write when the server ended its side. */
  readonly halfOpen?: boolean;
}

export class Caller {
  readonly socket: net.Socket;
  /** The first bytes that came. */
  said = "";
  /** How many came. */
  received = 0;
  connectedAt = Number.NaN;
  /** When the server ended it, or it failed; NaN while it is open. */
  endedAt = Number.NaN;
  error: string | undefined;
  readonly ended: Promise<void>;

  constructor(port: number, { reads = true, halfOpen = false }: CallerOptions = {}) {
    this.socket = new net.Socket({ allowHalfOpen: halfOpen });
    this.socket.setNoDelay(true);
    this.socket.once("connect", () => {
      this.connectedAt = performance.now();
    });
    this.ended = new Promise((resolve) => {
      const end = (): void => {
        if (Number.isNaN(this.endedAt)) this.endedAt = performance.now();
        resolve();
      };
      this.socket.once("end", end);
      this.socket.once("close", end);
      this.socket.on("error", (error: NodeJS.ErrnoException) => {
        this.error ??= error.code ?? error.message;
      });
    });
    if (reads) {
      this.socket.on("data", (bytes: Buffer) => {
        this.received += bytes.length;
        if (this.said.length < KEEP) this.said += bytes.toString("latin1", 0, KEEP - this.said.length);
      });
    }
    this.socket.connect(port, "127.0.0.1");
  }

  get isOpen(): boolean {
    return Number.isNaN(this.endedAt);
  }

  /** Of the first response; 0 when none came. */
  get status(): number {
    return Number(/^HTTP\/1\.1 (\d{3}) /.exec(this.said)?.[1] ?? 0);
  }

  get connected(): Promise<unknown> {
    return Number.isNaN(this.connectedAt) ? once(this.socket, "connect") : Promise.resolve();
  }

  send(bytes: string | Uint8Array): void {
    if (this.socket.writable) this.socket.write(bytes, "latin1");
  }

  /** The peer sees a reset, not an end. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  close(): void {
    this.socket.destroy();
  }
}

/** How many may be connecting at once: the rest of the backlog is for others. */
const AT_ONCE = 250;

/** So many callers, each connected or refused. */
export async function crowd(count: number, port: number, options: CallerOptions = {}): Promise<Caller[]> {
  const callers: Caller[] = [];
  while (callers.length < count) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - callers.length) }, () => new Caller(port, options));
    await Promise.all(some.map((caller) => Promise.race([caller.connected, caller.ended]).catch(() => {})));
    callers.push(...some);
  }
  return callers;
}

/** One conversation that the server ends: what came of it. */
export async function converse(
  port: number,
  act: (caller: Caller) => void | Promise<void>,
  options: CallerOptions = {},
): Promise<Caller> {
  const caller = new Caller(port, options);
  await Promise.race([caller.connected, caller.ended]).catch(() => {});
  await act(caller);
  await caller.ended;
  caller.close();
  return caller;
}

/** Does something `count` times, at most `width` of them at once. */
export async function inParallel(count: number, width: number, act: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      await act(index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, lane));
}

/** Waits for all of these to be ended by the server, at most so long. */
export async function allEnded(callers: readonly Caller[], limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((done) => {
    timer = setTimeout(done, limitMs);
  });
  await Promise.race([Promise.all(callers.map(({ ended }) => ended)), late]);
  clearTimeout(timer);
}
