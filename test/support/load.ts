// Clients that never tire: kept and closing connections, at a bounded rate. Each request has a number, the answer must name it,
// and whatever a client of a server without faults could not see is a failure, of the kinds of load/record.ts. Serves
// test/programs/apps/echo.js. load/forked.ts runs the same in a process of its own.
//
// A server may close a kept connection between requests, and a client that has seen it opens another one. Before each request the
// loop has polled its sockets, so that an end that was there to be seen was seen: what is sent after that must be answered.

import type { TestContext } from "node:test";
import { type Ask, clip, MIXTURES, type Mixture } from "./load/asks.ts";
import { Link, Unanswered } from "./load/link.ts";
import { type Answer, type LoadResult, machineMs, Tally } from "./load/record.ts";
import { Random } from "./random.ts";

export interface LoadOptions {
  /** A port of 127.0.0.1, or the path of a Unix socket. */
  readonly where: number | string;
  readonly keepAlive?: number;
  readonly closing?: number;
  /** Requests of all clients together; Infinity for as many as there can be. */
  readonly perSecond?: number;
  /** Default: plain GET and POST in turn. */
  readonly mixture?: Mixture;
  /** The most requests that a kept connection has under way; default 1. */
  readonly pipeline?: number;
  /** How long nothing may come before a request hangs. */
  readonly hangMs?: number;
  /** Keeps every answer, not only their number. */
  readonly timeline?: boolean;
  readonly seed?: number;
}

const HANG_MS = 15_000;
/** Three of ten batches are pipelined, where that is wanted at all. */
const PIPELINED = 0.3;

export class Load extends Tally {
  readonly #options: Required<LoadOptions>;
  readonly #gapMs: number;
  readonly #clients: readonly Promise<void>[];
  #number = 0;

  constructor(options: LoadOptions) {
    super();
    const { keepAlive = 8, closing = 8, perSecond = 800 } = options;
    this.#options = {
      ...{
        keepAlive,
        closing,
        perSecond,
        mixture: MIXTURES.plain,
        pipeline: 1,
        hangMs: HANG_MS,
        timeline: false,
        seed: 1,
      },
      ...options,
    };
    const count = keepAlive + closing;
    this.#gapMs = (count * 1_000) / perSecond;
    this.#clients = Array.from({ length: count }, (_none, index) => this.#client(index, index < keepAlive));
  }

  /** Starts, and waits until it is well under way. */
  static async start(t: Pick<TestContext, "after">, options: LoadOptions): Promise<Load> {
    const load = new Load(options);
    t.after(() => load.stop());
    await load.more(50);
    return load;
  }

  async stop(): Promise<LoadResult> {
    this.over = true;
    this.wake();
    await Promise.all(this.#clients);
    return this.result;
  }

  async #client(index: number, keep: boolean): Promise<void> {
    const random = new Random(this.#options.seed * 1_000 + index);
    let link: Link | undefined;
    while (!this.over) {
      const startedAt = machineMs();
      // See the head of this file: sockets are polled between a timer and setImmediate.
      await new Promise((polled) => setImmediate(polled));
      if (link?.ended === true) {
        this.reopened += 1;
        link.close();
        link = undefined;
      }
      link = await this.#batch(link, keep, random);
      this.wake();
      if (this.#gapMs === 0) continue;
      // No two clients in step.
      const rest = this.#gapMs * (0.5 + random.next()) - (machineMs() - startedAt);
      await new Promise((due) => setTimeout(due, Math.max(0, rest)));
    }
    link?.close();
  }

  #asks(keep: boolean, random: Random): readonly Ask[] {
    const { pipeline, mixture } = this.#options;
    const count = keep && pipeline > 1 && random.chance(PIPELINED) ? 1 + random.below(pipeline) : 1;
    return Array.from({ length: count }, () => {
      this.#number += 1;
      return mixture(this.#number, () => random.next());
    });
  }

  /** Some requests; the connection, if it can be used again. */
  async #batch(kept: Link | undefined, keep: boolean, random: Random): Promise<Link | undefined> {
    const { where, hangMs } = this.#options;
    const asks = this.#asks(keep, random);
    let link = kept;
    let first = kept === undefined;
    let sentAt = machineMs();
    let at = 0;
    try {
      link ??= await Link.open(where, hangMs);
      if (link.surplus !== "") throw new Unanswered("mixed-up", `bytes between two answers: ${clip(link.surplus)}`);
      sentAt = machineMs();
      link.send(asks, keep);
      for (const ask of asks) {
        const answer = await link.answer(ask, hangMs);
        if (answer.status !== (ask.status ?? 200))
          throw new Unanswered("status", `answered ${answer.head.slice(0, 40)}`);
        const wrong = ask.judge(answer);
        if (wrong !== undefined) throw new Unanswered("mixed-up", wrong);
        this.#right({ request: ask.name, first, kept: keep, sentAt }, link.pid ?? 0, answer.fields["x-version"] ?? "");
        // What was sent behind the last answer is the client's to ask again (RFC 9112 section 9.6).
        if (!keep || answer.fields["connection"]?.toLowerCase() === "close") break;
        first = false;
        at += 1;
      }
      if (at === asks.length) return link;
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
      const { kind, message: why } = error;
      const place = { request: asks[at]!.name, pid: link?.pid, first, port: link?.port ?? 0 };
      this.failures.push({ kind, why, ...place, sentAt, lostAt: machineMs() });
    }
    link?.close();
    return undefined;
  }

  #right(answer: Omit<Answer, "pid" | "version" | "tookMs">, pid: number, version: string): void {
    this.answered += 1;
    this.pids.set(pid, (this.pids.get(pid) ?? 0) + 1);
    this.versions.set(version, (this.versions.get(version) ?? 0) + 1);
    if (this.#options.timeline) this.answers.push({ ...answer, pid, version, tookMs: machineMs() - answer.sentAt });
  }
}
