// A load in a process of its own, so that the work of whoever started it is not counted as the server's. Its counts are here a
// moment later than there; its answers come when it is stopped.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { LoadOptions } from "../load.ts";
import type { MixtureName } from "./asks.ts";
import { type Answer, type Failure, type LoadResult, Tally } from "./record.ts";

const PROGRAM = fileURLToPath(new URL("child.ts", import.meta.url));

export type ForkedOptions = Omit<LoadOptions, "mixture"> & { readonly mixture?: MixtureName };

/** What the child says: everything since the last time. */
export interface News {
  readonly answered: number;
  readonly reopened: number;
  readonly failures: readonly Failure[];
  readonly pids: readonly (readonly [number, number])[];
  readonly versions: readonly (readonly [string, number])[];
  /** Only with the last one. */
  readonly answers?: readonly Answer[];
}

export class ForkedLoad extends Tally {
  readonly #child: ChildProcess;
  readonly #last: Promise<void>;

  private constructor(options: ForkedOptions) {
    super();
    this.#child = fork(PROGRAM, [], { execArgv: ["--import", "tsx"], serialization: "advanced" });
    this.#child.on("message", (news) => this.#hear(news as News));
    this.#last = once(this.#child, "exit").then(() => {
      this.over = true;
      this.wake();
    });
    this.#child.send({ start: options });
  }

  /** Starts, and waits until it is well under way. */
  static async start(owner: { after(undo: () => unknown): void }, options: ForkedOptions): Promise<ForkedLoad> {
    const load = new ForkedLoad(options);
    owner.after(() => load.stop());
    await load.more(50);
    return load;
  }

  async stop(): Promise<LoadResult> {
    if (this.#child.connected && !this.over) this.#child.send("stop");
    await this.#last;
    return this.result;
  }

  #hear({ answered, reopened, failures, pids, versions, answers }: News): void {
    this.answered = answered;
    this.reopened = reopened;
    this.failures.push(...failures);
    for (const [pid, count] of pids) this.pids.set(pid, count);
    for (const [version, count] of versions) this.versions.set(version, count);
    if (answers !== undefined) this.answers = [...answers];
    this.wake();
  }
}
