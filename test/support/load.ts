// Clients that never tire: kept and closing connections, GET and POST, at a bounded rate. Each request has a number, the answer must
// name it, and whatever a client of a server without faults could not see is a failure. Serves test/programs/apps/echo.js.
//
// A server may close a kept connection between requests, and a client that has seen it opens another one. Before each request the
// loop has polled its sockets, so that an end that was there to be seen was seen: what is sent after that must be answered.

import net from "node:net";
import { performance } from "node:perf_hooks";
import type { TestContext } from "node:test";

export interface LoadOptions {
  /** A port of 127.0.0.1, or the path of a Unix socket. */
  readonly where: number | string;
  readonly keepAlive?: number;
  readonly closing?: number;
  /** Requests of all clients together. */
  readonly perSecond?: number;
}

export interface Failure {
  readonly why: string;
  /** Who had answered on this connection before; undefined on its first request. */
  readonly pid: number | undefined;
}

export interface LoadResult {
  readonly answered: number;
  readonly failures: readonly Failure[];
  /** Answers by the process that gave them. */
  readonly pids: ReadonlyMap<number, number>;
  /** Answers by the version of the application that gave them. */
  readonly versions: ReadonlyMap<string, number>;
  /** Kept connections that the server closed between requests. */
  readonly reopened: number;
}

const HANG_MS = 15_000;
/** A promise that is not kept fails instead of hanging the run. */
const LIMIT_MS = 20_000;
const POST_BYTES = 2_048;

export class Load {
  answered = 0;
  readonly failures: Failure[] = [];
  readonly pids = new Map<number, number>();
  readonly versions = new Map<string, number>();
  reopened = 0;
  readonly #where: number | string;
  readonly #gapMs: number;
  readonly #clients: readonly Promise<void>[];
  readonly #waiting = new Set<() => void>();
  #number = 0;
  #stopping = false;

  private constructor({ where, keepAlive = 8, closing = 8, perSecond = 800 }: LoadOptions) {
    this.#where = where;
    const count = keepAlive + closing;
    this.#gapMs = (count * 1_000) / perSecond;
    this.#clients = Array.from({ length: count }, (_none, index) => this.#client(index < keepAlive));
  }

  /** Starts, and waits until it is well under way. */
  static async start(t: TestContext, options: LoadOptions): Promise<Load> {
    const load = new Load(options);
    t.after(() => load.stop());
    await load.more(50);
    return load;
  }

  /** Waits for so many answers or failures from now on. */
  async more(count: number): Promise<void> {
    const wanted = this.#finished + count;
    await this.until(() => this.#finished >= wanted);
  }

  /** Waits until something is true that answers decide. */
  async until(test: () => boolean): Promise<void> {
    const late = performance.now() + LIMIT_MS;
    while (!test()) {
      if (this.#stopping || performance.now() > late) {
        throw new Error(`it never came true, with ${this.answered} answers and ${this.failures.length} failures`);
      }
      await new Promise<void>((heard) => this.#waiting.add(heard));
    }
  }

  /** Finishes what is open. */
  async stop(): Promise<LoadResult> {
    this.#stopping = true;
    this.#wake();
    await Promise.all(this.#clients);
    const { answered, failures, pids, versions, reopened } = this;
    return { answered, failures, pids, versions, reopened };
  }

  get #finished(): number {
    return this.answered + this.failures.length;
  }

  async #client(keep: boolean): Promise<void> {
    let link: Link | undefined;
    while (!this.#stopping) {
      const startedAt = performance.now();
      // See the head of this file: sockets are polled between a timer and setImmediate.
      await new Promise((polled) => setImmediate(polled));
      if (link?.closed === true) {
        this.reopened += 1;
        link = undefined;
      }
      link = await this.#request(link, keep);
      this.#wake();
      const rest = this.#gapMs - (performance.now() - startedAt);
      await new Promise((due) => setTimeout(due, Math.max(0, rest)));
    }
    link?.destroy();
  }

  /** One request; the connection, if it can be used again. */
  async #request(kept: Link | undefined, keep: boolean): Promise<Link | undefined> {
    this.#number += 1;
    const number = this.#number;
    const body = number % 2 === 0 ? "" : `${number} `.repeat(POST_BYTES).slice(0, POST_BYTES);
    const link = kept ?? new Link(this.#where);
    try {
      const { pid, version, last } = await link.exchange(number, body, keep);
      this.answered += 1;
      this.pids.set(pid, (this.pids.get(pid) ?? 0) + 1);
      this.versions.set(version, (this.versions.get(version) ?? 0) + 1);
      link.pid = pid;
      if (keep && !last) return link;
    } catch (error) {
      this.failures.push({ why: (error as Error).message, pid: link.pid });
    }
    link.destroy();
    return undefined;
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const heard of waiting) heard();
  }
}

interface Answer {
  readonly pid: number;
  readonly version: string;
  /** `Connection: close`. */
  readonly last: boolean;
}

/** One connection. */
class Link {
  pid: number | undefined;
  closed = false;
  readonly #socket: net.Socket;
  #received = "";
  #trouble: Error | undefined;
  #changed: (() => void) | undefined;

  constructor(where: number | string) {
    this.#socket = typeof where === "number" ? net.connect(where, "127.0.0.1") : net.connect(where);
    this.#socket.setNoDelay(true).setEncoding("latin1");
    this.#socket.on("data", (text: string) => {
      this.#received += text;
      this.#changed?.();
    });
    this.#socket.on("error", (error) => this.#end(error));
    this.#socket.on("end", () => this.#end(new Error("closed")));
    this.#socket.on("close", () => this.#end(new Error("closed")));
  }

  async exchange(number: number, body: string, keep: boolean): Promise<Answer> {
    // Nobody had asked for it.
    if (this.#received !== "") throw new Error(`bytes between two responses: ${JSON.stringify(this.#received)}`);
    const head = `${body === "" ? "GET" : "POST"} /${number} HTTP/1.1\r\nHost: load\r\n`;
    const length = body === "" ? "" : `Content-Length: ${body.length}\r\n`;
    this.#socket.write(`${head}${length}${keep ? "" : "Connection: close\r\n"}\r\n${body}`);
    const timer = setTimeout(() => this.#end(new Error("hangs")), HANG_MS);
    try {
      return await this.#answer(number, body);
    } finally {
      clearTimeout(timer);
    }
  }

  async #answer(number: number, body: string): Promise<Answer> {
    const head = await this.#take(() => this.#received.indexOf("\r\n\r\n") + 4, 4);
    if (!head.startsWith("HTTP/1.1 200 ")) throw new Error(`answered ${head.slice(0, 40)}`);
    const length = Number(/^content-length: (\d+)\r$/im.exec(head)?.[1]);
    const text = await this.#take(() => length, length);
    const match = /^pid=(\d+) version=(\S+) \/(\d+) body=(.*)$/s.exec(text);
    if (match === null) throw new Error(`answered ${JSON.stringify(text.slice(0, 80))}`);
    const [, pid, version = "", named, echo] = match;
    if (named !== String(number) || echo !== body) throw new Error(`answer ${named} to request ${number}`);
    return { pid: Number(pid), version, last: /^connection: close\r$/im.test(head) };
  }

  /** The first bytes up to where `end` says, once there are at least so many. */
  async #take(end: () => number, least: number): Promise<string> {
    while (end() < least || this.#received.length < end()) {
      if (this.#trouble !== undefined) {
        const { code, message } = this.#trouble as NodeJS.ErrnoException;
        throw new Error(`${code ?? message} after ${JSON.stringify(this.#received.slice(0, 40))}`);
      }
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
    const taken = this.#received.slice(0, end());
    this.#received = this.#received.slice(taken.length);
    return taken;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #end(trouble: Error): void {
    this.closed = true;
    this.#trouble ??= trouble;
    this.#changed?.();
  }
}
