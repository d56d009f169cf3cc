// Starts the prober and asks it for what it saw. Decides what p99 a fault is compared with.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { atMost, type Check } from "./check.ts";
import type { Window } from "./prober.ts";

const PROGRAM = fileURLToPath(new URL("prober.ts", import.meta.url));

/** Below this, a p99 is the scheduler's and the load's own work on a small machine; doubling it means nothing. */
const NOISE_MS = 3;

export class Probe {
  readonly #child: ChildProcess;
  #quiet: Window | undefined;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Starts probing, and looks for `quietSeconds` at how it is before anything happens. */
  static async start(
    ports: readonly [victim: number, twin: number],
    quietSeconds: number,
    perSecond = 200,
  ): Promise<Probe> {
    const child = fork(PROGRAM, [...ports, perSecond].map(String), { execArgv: ["--import", "tsx"] });
    const probe = new Probe(child);
    // The first answer says that it runs; what was seen until then is the boot's.
    await probe.take();
    await pause(500);
    await probe.take();
    await pause(quietSeconds * 1_000);
    probe.#quiet = await probe.take();
    return probe;
  }

  /** What was seen since it was asked last. */
  async take(): Promise<Window> {
    const answer = once(this.#child, "message");
    this.#child.send("take");
    return (await answer)[0] as Window;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const gone = once(this.#child, "exit");
    this.#child.disconnect();
    await gone;
  }

  /**
   * The bars for other clients while a fault was going on. `doubled` compares the p99 with the higher of two: the same server's
   * before the fault, and an idle server's at the same time, which bears the same load of the machine. Where the idle server's
   * worst is beyond the bar for the worst, the machine was busy with something else, and the bar is twice that.
   */
  judge({ victim, twin }: Window, bars: { readonly worstMs?: number; readonly doubled?: boolean }): Check[] {
    const failed = atMost("probes failed", victim.failed, 0);
    const checks: Check[] = [{ ...failed, reached: `${failed.reached} of ${victim.count} ${victim.why}`.trim() }];
    if (bars.worstMs !== undefined) {
      const worst = atMost("probes, worst", victim.worst, Math.max(bars.worstMs, 2 * twin.worst), "ms");
      checks.push({ ...worst, bar: `${worst.bar} (idle ${twin.worst.toFixed(1)})` });
    }
    if (bars.doubled === true) {
      const quiet = Math.max(this.#quiet!.victim.p99, twin.p99);
      const p99 = atMost("probes, p99", victim.p99, Math.max(2 * quiet, NOISE_MS), "ms");
      checks.push({ ...p99, bar: `${p99.bar} (quiet ${quiet.toFixed(1)})` });
    }
    return checks;
  }
}
