// A worker's side of the configuration's hooks: imports the file where it has hooks for workers, and calls them so that they harm
// nothing. Does not know when a hook is due.

import process from "node:process";
import type { HookEvent, WorkerFacts, WorkerHookName } from "../config/hooks.ts";
import type { Settings } from "../config/options.ts";
import { callHook, callHookWithin, type HookTrouble, isThenable, loadHooks } from "../modules/user-hooks.ts";
import type { Logger } from "../observe/log.ts";
import type { LoadedApplication } from "./loader.ts";
import type { RequestHooks } from "./request-hooks.ts";

/** How long a boot waits for `postFork` and for `postWorkerInit`. */
const BOOT_HOOK_MS = 10_000;
/** A hook that fails for every request must not write as many lines. */
const SAY_AGAIN_MS = 10_000;

export interface WorkerHooksOptions {
  /** Null where there are none for workers. */
  readonly file: string | null;
  readonly slot: number;
  readonly generation: number;
  readonly settings: Settings;
  readonly logger: Logger;
  readonly limitMs?: number;
}

export class WorkerHooks {
  /** Those of requests; undefined where there is no hook at all. */
  readonly requests: RequestHooks | undefined;
  readonly #hooks: object | null;
  readonly #facts: WorkerFacts;
  readonly #options: WorkerHooksOptions;
  #over = false;

  private constructor(hooks: object | null, options: WorkerHooksOptions) {
    const { slot, generation, logger } = options;
    this.#hooks = hooks;
    this.#options = options;
    this.#facts = { slot, generation, pid: process.pid };
    this.requests = hooks === null ? undefined : { hooks, onTrouble: sparing(logger) };
  }

  /** @throws TsgiError `config-file` when the file, which was read by the master, does not load here. */
  static async load(options: WorkerHooksOptions): Promise<WorkerHooks> {
    return new WorkerHooks(options.file === null ? null : await loadHooks(options.file), options);
  }

  async postFork(): Promise<void> {
    await this.#wait("postFork", { ...this.#facts, settings: this.#options.settings });
  }

  async postWorkerInit({ file, exportName }: Pick<LoadedApplication, "file" | "exportName">): Promise<void> {
    await this.#wait("postWorkerInit", { ...this.#facts, settings: this.#options.settings, file, exportName });
  }

  workerInt(why: string): void {
    this.#call("workerInt", { ...this.#facts, why });
  }

  /** Once, however often the end is announced. */
  workerExit(code: number): void {
    if (this.#over) return;
    this.#over = true;
    if (!isThenable(this.#call("workerExit", { ...this.#facts, code }))) return;
    const message = "hook workerExit gave a promise: the process ends now, and what it waits for will not happen";
    this.#onTrouble({ name: "workerExit", message });
  }

  #call<Name extends WorkerHookName>(name: Name, event: HookEvent<Name>): unknown {
    return this.#hooks === null ? undefined : callHook(this.#hooks, name, event, this.#onTrouble);
  }

  async #wait<Name extends WorkerHookName>(name: Name, event: HookEvent<Name>): Promise<void> {
    const { limitMs = BOOT_HOOK_MS } = this.#options;
    if (this.#hooks !== null) await callHookWithin(limitMs, this.#hooks, name, event, this.#onTrouble);
  }

  readonly #onTrouble = (trouble: HookTrouble): void => say(this.#options.logger, trouble);
}

function say(logger: Logger, { message, err }: HookTrouble, more = ""): void {
  logger.error(`${message}${more}`, err === undefined ? {} : { err });
}

/** Of each hook, the first of many at once, then their number with the next one. */
function sparing(logger: Logger): (trouble: HookTrouble) => void {
  const said = new Map<string, { readonly at: number; skipped: number }>();
  return (trouble) => {
    const { name } = trouble;
    const last = said.get(name);
    const now = performance.now();
    if (last !== undefined && now - last.at < SAY_AGAIN_MS) {
      last.skipped += 1;
      return;
    }
    said.set(name, { at: now, skipped: 0 });
    const skipped = last?.skipped ?? 0;
    say(logger, trouble, skipped === 0 ? "" : `; and ${skipped} times more since the last such line`);
  };
}
