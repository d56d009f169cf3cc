// Where a trial takes place: a real server of its own, a prober beside it, and the figures from before. Decides what must be
// true after every fault: the same process is alive, and memory and descriptors are back. Does not know the faults.

import { performance } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ask, get, RawClient } from "../support/client.ts";
import { Server, type ServerOptions } from "../support/server.ts";
import type { Counts, Memory } from "./app.ts";
import { inParallel } from "./caller.ts";
import { atMost, type Check, exactly } from "./check.ts";
import { Probe } from "./probe.ts";
import { descriptors, residentBytes } from "./proc.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const MIB = 1_048_576;
/** How long what was closed may take to be gone: a closing connection lingers for two seconds. */
const SETTLE_MS = 10_000;
/** The two halves of V8's young generation, which grow with the first burst and stay, empty, for the next one. */
const YOUNG_MIB = 32;
const WARM_UP_CLIENTS = 20;
const WARM_UP_REQUESTS = 100;
const WARM_UP_LARGE = 5;

/** A trial's place, and what is to be ended after it. */
export class Arena {
  /** 1 for the figures of the issue; less for a short run. */
  readonly scale: number;
  readonly #after: (() => unknown)[] = [];
  #twin: Victim | undefined;

  constructor(scale: number) {
    this.scale = scale;
  }

  /** Of `full`, never less than `least`. */
  count(full: number, least = 10): number {
    return Math.min(full, Math.max(least, Math.round(full * this.scale)));
  }

  /** `tsgi serve` of the victim, warmed up. One worker unless told otherwise. */
  async serve(args: readonly string[] = [], options: ServerOptions = {}): Promise<Victim> {
    const victim = new Victim(await this.#server(args, options));
    await victim.warmUp();
    return victim;
  }

  /** Probes a server, and an idle one beside it. */
  async probe(victim: Victim): Promise<Probe> {
    this.#twin ??= await this.serve();
    const probe = await Probe.start([victim.port, this.#twin.port], Math.max(1, 5 * this.scale));
    this.after(() => probe.stop());
    return probe;
  }

  after(undo: () => unknown): void {
    this.#after.push(undo);
  }

  async clear(): Promise<void> {
    this.#twin = undefined;
    for (const undo of this.#after.splice(0).reverse()) await undo();
  }

  #server(args: readonly string[], options: ServerOptions): Promise<Server> {
    const workers = args.includes("--workers") ? [] : ["--workers", "1"];
    const level = args.includes("--log-level") ? [] : ["--log-level", "info"];
    return Server.start(this, ["app:application", ...workers, ...level, ...args], {
      cwd: HERE,
      ...options,
    });
  }
}

export interface Footprint {
  readonly rss: number;
  readonly heap: number;
  readonly buffers: number;
  readonly descriptors: number;
}

export interface Afterwards {
  /** Lines of the log that the fault may have cost. */
  readonly lines?: number;
  /** MiB of buffers that may be held on purpose. */
  readonly heldMib?: number;
  /** Whether a worker may have been replaced. */
  readonly replaced?: boolean;
}

export class Victim {
  readonly server: Server;
  readonly port: number;
  readonly worker: number;
  #before: Footprint | undefined;
  #said = 0;

  constructor(server: Server) {
    this.server = server;
    this.port = server.port;
    this.worker = server.workers()[0]!;
  }

  /** The compiler has seen the hot path, and heap and young generation have their sizes, before anything is compared. */
  async warmUp(): Promise<void> {
    const upload = `10000\r\n${"b".repeat(65_536)}\r\n`.repeat(16);
    await inParallel(WARM_UP_CLIENTS, WARM_UP_CLIENTS, async () => {
      const client = await RawClient.connect(this.port);
      for (let i = 0; i < WARM_UP_REQUESTS; i += 1) {
        client.send(get("/hello"));
        await client.response();
        client.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
        await client.response();
      }
      // The allocator keeps what bursts of large pieces took: it has had them before, or the first ones would look like a leak.
      for (let i = 0; i < WARM_UP_LARGE; i += 1) {
        client.send(get(`/stream?n=${MIB}&chunk=65536`));
        await client.response();
        client.send(`POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${upload}0\r\n\r\n`);
        await client.response();
      }
      client.close();
    });
    await this.rebase();
  }

  get before(): Footprint {
    return this.#before!;
  }

  /** Lines of the log since the warm-up. */
  get lines(): readonly string[] {
    return this.server.lines.slice(this.#said);
  }

  async counts(): Promise<Counts> {
    return JSON.parse((await ask(this.port, get("/counts"))).body) as Counts;
  }

  /** What is compared with from now on. */
  async rebase(): Promise<Footprint> {
    this.#before = await this.footprint();
    this.#said = this.server.lines.length;
    return this.#before;
  }

  /** After forced collections, until they free no more: V8 gives pages back later, in a thread of its own. */
  async footprint(): Promise<Footprint> {
    let least = await this.#collected();
    for (let idle = 0; idle < 3; ) {
      await pause(150);
      const now = await this.#collected();
      idle = now.rss < least.rss - MIB / 4 ? 0 : idle + 1;
      if (now.rss < least.rss) least = now;
    }
    return least;
  }

  async #collected(): Promise<Footprint> {
    const { heapUsed, external } = JSON.parse((await ask(this.port, get("/memory"))).body) as Memory;
    return {
      rss: residentBytes(this.worker),
      heap: heapUsed,
      buffers: external,
      descriptors: descriptors(this.worker),
    };
  }

  /** What must be true after any fault. Waits for what is closing to be closed. */
  async afterwards({ lines = 20, heldMib = 1, replaced = false }: Afterwards = {}): Promise<Check[]> {
    const { before } = this;
    await until(() => descriptors(this.worker) <= before.descriptors + 8, SETTLE_MS);
    const alive = this.server.workers().join(" ");
    const checks = [exactly("worker process", alive === String(this.worker) ? "the same" : "another", "the same")];
    if (!replaced && !checks[0]!.ok) return checks;
    const open = descriptors(this.worker) - before.descriptors;
    const now = await this.footprint();
    const { returned, closed } = await this.counts();
    const uncaught = this.lines.filter((line) => /uncaught|unhandled|nobody handled/i.test(line));
    return [
      ...checks,
      atMost("descriptors, change", open, 8),
      atMost("memory after a collection, change", (now.rss - before.rss) / MIB, 16 + YOUNG_MIB, "MiB"),
      // What is still referred to: the bar that a leak cannot pass.
      atMost("heap after a collection, change", (now.heap - before.heap) / MIB, 4, "MiB"),
      atMost("buffers after a collection, change", (now.buffers - before.buffers) / MIB, heldMib, "MiB"),
      exactly("bodies returned less close() calls", returned - closed, 0),
      exactly("uncaught errors in the log", uncaught.length, 0),
      atMost("lines in the log", this.lines.length, lines),
    ];
  }
}

/** Looks again and again, because nobody tells us of another process's state; false when it did not come true. */
export async function until(test: () => boolean | Promise<boolean>, limitMs: number): Promise<boolean> {
  const late = performance.now() + limitMs;
  while (!(await test())) {
    if (performance.now() > late) return false;
    await pause(20);
  }
  return true;
}

export interface Trial {
  /** Of the list of faults, `F14`, or of what must work: `A1`. */
  readonly id: string;
  readonly title: string;
  /** What it may take at full size; one that hangs must not keep the others from being judged. Default 10. */
  readonly minutes?: number;
  readonly run: (arena: Arena) => Promise<Check[]>;
}
