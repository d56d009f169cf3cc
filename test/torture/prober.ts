// The other client: asks two servers in turn at a steady rate, in a process of its own so that the load's own work does not
// count as the server's. The second server stands idle beside the first and shows what the machine alone makes of a request.
// Half of the requests go over a kept connection, half over a fresh one.

import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { ask, get, RawClient } from "../support/client.ts";

export interface Seen {
  readonly count: number;
  readonly failed: number;
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
  /** Why the first one failed. */
  readonly why: string;
}

export interface Window {
  readonly victim: Seen;
  readonly twin: Seen;
}

const GIVE_UP_MS = 10_000;

class Lane {
  readonly #port: number;
  readonly #gapMs: number;
  #kept: RawClient | undefined;
  #tookMs: number[] = [];
  #failed: string[] = [];

  constructor(port: number, gapMs: number) {
    this.#port = port;
    this.#gapMs = gapMs;
  }

  async run(): Promise<never> {
    let due = performance.now();
    for (let turn = 0; ; turn += 1) {
      due += this.#gapMs;
      const early = due - performance.now();
      if (early > 0) await pause(early);
      // A probe that had to wait for the one before counts from when it should have begun: a stall is not one sample. One that
      // merely started a little late by this process's own timer counts from its start.
      const from = early > 0 ? performance.now() : due;
      try {
        await this.#probe(turn);
        this.#tookMs.push(performance.now() - from);
      } catch (error) {
        this.#failed.push((error as Error).message);
      }
    }
  }

  async #probe(turn: number): Promise<void> {
    const work = turn % 2 === 0 ? this.#fresh() : this.#reused();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_ok, no) => {
      timer = setTimeout(() => no(new Error(`no answer in ${GIVE_UP_MS} ms`)), GIVE_UP_MS);
    });
    try {
      await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
      work.catch(() => {});
    }
  }

  async #fresh(): Promise<void> {
    const { status, body } = await ask(this.#port, get("/hello?probe", "Connection: close\r\n"));
    if (status !== 200 || body !== "hello probe") throw new Error(`answered ${status} ${body.slice(0, 40)}`);
  }

  async #reused(): Promise<void> {
    if (this.#kept?.ended === true) this.#kept = undefined;
    this.#kept ??= await RawClient.connect(this.#port, false);
    const client = this.#kept;
    try {
      client.send(get("/hello?probe"));
      const { status, body } = await client.response();
      if (status !== 200 || body !== "hello probe") throw new Error(`answered ${status} ${body.slice(0, 40)}`);
    } catch (error) {
      client.close();
      this.#kept = undefined;
      throw error;
    }
  }

  /** What was seen since the last time. */
  take(): Seen {
    const took = this.#tookMs.sort((a, b) => a - b);
    const failed = this.#failed;
    this.#tookMs = [];
    this.#failed = [];
    const at = (share: number): number =>
      took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? Number.NaN;
    const count = took.length + failed.length;
    return { count, failed: failed.length, p50: at(0.5), p99: at(0.99), worst: at(1), why: failed[0] ?? "" };
  }
}

const [victimPort = 0, twinPort = 0, perSecond = 100] = process.argv.slice(2).map(Number);
// Each lane has half of the rate.
const gapMs = 2_000 / perSecond;
const victim = new Lane(victimPort, gapMs);
const twin = new Lane(twinPort, gapMs);
void victim.run();
void twin.run();
process.on("message", () => process.send!({ victim: victim.take(), twin: twin.take() } satisfies Window));
process.on("disconnect", () => process.exit());
