// The master's side of the configuration's hooks: calls them, and never throws whatever they do. They run in this process, which is
// what their authors ask for and the reason why the file is imported here at all. Does not know when a hook is due.

import process from "node:process";
import {
  type ForkAdditions,
  type HooksSource,
  hooksFileFor,
  type MasterHookCall,
  type PreForkEvent,
} from "../config/hooks.ts";
import { isPlainObject } from "../modules/config-module.ts";
import { read, showThrown } from "../modules/stack.ts";
import { callHook, callHookWithin, type HookTrouble, hasHook, isThenable, loadHooks } from "../modules/user-hooks.ts";
import type { LogFields } from "../observe/log.ts";

/** How long the start waits for `onStarting` and for `whenReady`. */
export const START_HOOK_MS = 10_000;
/** How long the end waits for `onExit`. A service manager that stops a server does not wait for ever either. */
export const EXIT_HOOK_MS = 5_000;

export type SayError = (message: string, fields: LogFields) => void;

export class MasterHooks {
  readonly #say: SayError;
  #hooks: object | null = null;
  #adoptions = 0;

  /**
   * @param hooks What the configuration file has, as it was evaluated for the first start.
   * @param say To the server log.
   */
  constructor(hooks: object | null, say: SayError) {
    this.#say = say;
    this.#use(hooks);
  }

  /** Calls a hook, if there is one of that name, and waits for nothing. */
  run({ name, event }: MasterHookCall): void {
    if (this.#hooks !== null) void callHook(this.#hooks, name, event, this.#trouble());
  }

  /** The same, and waits for what it promises, but not for ever. */
  async runWithin(limitMs: number, { name, event }: MasterHookCall): Promise<void> {
    if (this.#hooks !== null) await callHookWithin(limitMs, this.#hooks, name, event, this.#trouble());
  }

  /** What `preFork` gives a worker; nothing when there is no such hook, or when it failed. */
  additionsFor(event: PreForkEvent): ForkAdditions {
    if (this.#hooks === null || !hasHook(this.#hooks, "preFork")) return {};
    const trouble = this.#trouble("; the worker starts without additions");
    const additions = readAdditions(callHook(this.#hooks, "preFork", event, trouble));
    if (typeof additions !== "string") return additions;
    trouble({ name: "preFork", message: `hook preFork ${additions}` });
    return {};
  }

  /**
   * A generation has taken over: its hooks hold from now on. Imports the file again where it has hooks for the master, which costs the
   * memory of what it imported before; until that is done, and when it fails, the old ones hold.
   */
  async adopt(source: HooksSource | null): Promise<void> {
    this.#adoptions += 1;
    const turn = this.#adoptions;
    const file = hooksFileFor("master", source);
    try {
      const hooks = file === null ? null : await loadHooks(file, { fresh: true });
      if (turn === this.#adoptions) this.#use(hooks);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#say(`the hooks could not be loaded again, the old ones hold: ${why}`, { err: error });
    }
  }

  #use(hooks: object | null): void {
    this.#hooks = hooks;
    if (hooks === null || process.listenerCount("uncaughtException", this.#uncaught) > 0) return;
    process.on("uncaughtException", this.#uncaught);
  }

  /** A timer of a hook's, or a promise that nobody waits for: it must not end the process that holds the sockets. */
  readonly #uncaught = (error: unknown): void =>
    this.#say(`an error that nobody caught, in a hook perhaps; the master goes on\n\n${showThrown(error)}`, {
      err: error,
    });

  #trouble(consequence = "") {
    return ({ message, err }: HookTrouble): void =>
      this.#say(`${message}${consequence}`, err === undefined ? {} : { err });
  }
}

/** @returns A copy, or what is wrong with it: that completes "hook preFork ...". */
function readAdditions(given: unknown): ForkAdditions | string {
  if (given === undefined || given === null) return {};
  if (isThenable(given)) return "gave a promise: the worker starts at once, so what it needs must be there at once";
  if (typeof given !== "object") return `gave ${typeof given}: expected { env, execArgv } or nothing`;
  const stranger = Object.keys(given).find((key) => key !== "env" && key !== "execArgv");
  if (stranger !== undefined) return `gave ${stranger}: expected { env, execArgv }`;
  const [env, execArgv] = [read(given, "env"), read(given, "execArgv")];
  if (env !== undefined && !isPlainObject(env)) return "gave an env that is no object of text";
  if (execArgv !== undefined && !Array.isArray(execArgv)) return "gave an execArgv that is no list of text";
  const names = Object.keys(env ?? {});
  const values = names.map((name) => read(env, name));
  if (!names.every(isText) || !values.every(isText)) return "gave an env that is no object of text";
  const options: readonly unknown[] = [...(execArgv ?? [])];
  if (!options.every(isText)) return "gave an execArgv that is no list of text";
  return { env: Object.fromEntries(names.map((name, at) => [name, values[at]!])), execArgv: options };
}

/** Text that a process can be given. */
const isText = (value: unknown): value is string => typeof value === "string" && !value.includes("\0");
