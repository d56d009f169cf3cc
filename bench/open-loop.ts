// A load at a fixed rate over a fixed number of connections, whatever the server does: wrk only ever asks as fast as it is
// answered. Speaks just enough HTTP to see a 200 with the right body and an announced close.

import { connect, type Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { Pace, percentile } from "./pace.ts";

export interface OpenLoad {
  readonly rate: number;
  readonly seconds: number;
  /** The first part, whose latencies are not counted. */
  readonly warmSeconds: number;
  /** How long answers are waited for after the last request was due. What is not answered by then counts as this late. */
  readonly graceSeconds: number;
  readonly connections: number;
  /** What each answer must end with. */
  readonly body: string;
}

export interface Latencies {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly answered: number;
  readonly complaints: readonly string[];
}

/** @throws Error when no connection could be made. */
export async function runOpenLoop(url: string, load: OpenLoad): Promise<Latencies> {
  return new OpenLoop(new URL(url), load).run();
}

// One buffer for all connections: a read is followed by its callback at once.
const READ_BUFFER = Buffer.allocUnsafeSlow(65_536);
const FREE = -1;

/** One connection; `asked` is the request that waits for its answer. */
interface Client {
  readonly socket: Socket;
  asked: number;
  said: string;
  closing: boolean;
}

class OpenLoop {
  readonly #url: URL;
  readonly #load: OpenLoad;
  readonly #request: string;
  /** Used in turn, so that all connections stay in use however fast the server is. */
  readonly #free: Client[] = [];
  readonly #all = new Set<Client>();
  readonly #complaints = new Set<string>();
  #latencies = new Float64Array(0);
  #counted = 0;
  #answered = 0;
  #pace = new Pace({ startMs: 0, rate: 1, seconds: 0 });
  #firstCounted = 0;

  constructor(url: URL, load: OpenLoad) {
    this.#url = url;
    this.#load = load;
    this.#request = `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`;
  }

  async run(): Promise<Latencies> {
    const { rate, seconds, warmSeconds, connections } = this.#load;
    await Promise.all(Array.from({ length: connections }, () => this.#connect()));
    this.#pace = new Pace({ startMs: performance.now(), rate, seconds: warmSeconds + seconds });
    this.#latencies = new Float64Array(this.#pace.planned);
    this.#firstCounted = Math.floor(rate * warmSeconds);
    try {
      await this.#sendAll();
    } finally {
      for (const { socket } of this.#all) socket.destroy();
    }
    return this.#result();
  }

  // A server that cannot keep up is slow, which is a figure. One that answers nothing has none.
  #result(): Latencies {
    if (this.#answered === 0) this.#complaints.add("no request was answered");
    const counted = this.#pace.planned - this.#firstCounted;
    const sorted = this.#latencies
      .subarray(0, counted)
      .fill(this.#load.graceSeconds * 1000, this.#counted)
      .sort();
    return {
      p50Ms: percentile(sorted, 0.5),
      p99Ms: percentile(sorted, 0.99),
      answered: this.#answered,
      complaints: [...this.#complaints],
    };
  }

  // A timer is a millisecond wide, which is a hundred requests. The loop turns as fast as it can instead, on a processor of its own.
  #sendAll(): Promise<void> {
    const pace = this.#pace;
    const endMs = pace.dueMs(pace.planned) + this.#load.graceSeconds * 1000;
    let next = 0;
    return new Promise((resolve) => {
      const turn = (): void => {
        const nowMs = performance.now();
        while (this.#free.length > 0 && pace.isDue(next, nowMs)) {
          this.#send(this.#free.shift()!, next);
          next += 1;
        }
        if (this.#answered === pace.planned || nowMs > endMs || this.#all.size === 0) resolve();
        else setImmediate(turn);
      };
      turn();
    });
  }

  #send(client: Client, index: number): void {
    client.asked = index;
    client.said = "";
    client.socket.write(this.#request, "latin1");
  }

  #connect(): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = connect({
        host: this.#url.hostname,
        port: Number(this.#url.port),
        onread: {
          buffer: READ_BUFFER,
          callback: (size: number): boolean => {
            this.#hear(client, READ_BUFFER.toString("latin1", 0, size));
            return true;
          },
        },
      });
      const client: Client = { socket, asked: FREE, said: "", closing: false };
      this.#all.add(client);
      socket.setNoDelay(true);
      socket.once("connect", () => {
        this.#free.push(client);
        resolve();
      });
      socket.on("error", (error) => {
        this.#complaints.add(`a connection failed: ${error.message}`);
        reject(error);
      });
      socket.once("close", () => this.#gone(client));
    });
  }

  #hear(client: Client, text: string): void {
    client.said += text;
    if (!client.said.endsWith(this.#load.body)) return;
    if (client.asked === FREE || !client.said.startsWith("HTTP/1.1 200 ")) {
      this.#complaints.add(`an answer that nobody waits for or that is no success: ${client.said.slice(0, 80)}`);
      client.socket.destroy();
      return;
    }
    if (client.asked >= this.#firstCounted) {
      this.#latencies[this.#counted] = performance.now() - this.#pace.dueMs(client.asked);
      this.#counted += 1;
    }
    this.#answered += 1;
    client.asked = FREE;
    if (/\r\nconnection: close\r\n/i.test(client.said)) {
      client.closing = true;
      client.socket.destroy();
    } else this.#free.push(client);
  }

  #gone(client: Client): void {
    this.#all.delete(client);
    const at = this.#free.indexOf(client);
    if (at >= 0) this.#free.splice(at, 1);
    if (this.#answered === this.#pace.planned) return;
    // What a server announced is its right; the new connection is part of what its clients pay.
    if (client.closing) this.#connect().catch(() => undefined);
    else this.#complaints.add("the server closed a connection without a word");
  }
}
