// The hooks of the configuration file: what they are called, what each is given, and that nothing else stands there. Calls none.
// docs/hooks.md is about them, and its table of order is held by a test.

import type { Frame, RequestInFlight } from "../ipc/messages.ts";
import { isPlainObject, refuseConfig } from "../modules/config-module.ts";
import type { Settings } from "./options.ts";
import { quote } from "./quote.ts";
import { didYouMean } from "./suggest.ts";

/** Where each hook runs, in the order of a server's life. `workerAbort` runs in a thread of the worker's process. */
export const HOOKS = {
  onStarting: "master",
  whenReady: "master",
  nworkersChanged: "master",
  preFork: "master",
  postFork: "worker",
  postWorkerInit: "worker",
  onServing: "master",
  preRequest: "worker",
  postRequest: "worker",
  onReload: "master",
  preExec: "master",
  workerAbort: "worker",
  workerInt: "worker",
  workerExit: "worker",
  childExit: "master",
  onExit: "master",
} as const satisfies Readonly<Record<keyof Hooks, "master" | "worker">>;

export type HookName = keyof typeof HOOKS;

/**
 * Functions that are called at points of a server's life. All may be left out. One that throws or rejects is logged and changes
 * nothing else. Only where it is said, what a hook returns is waited for.
 */
export interface Hooks {
  /** Master: the settings are known, nothing is bound. Waited for, up to 10 seconds. */
  readonly onStarting?: ((event: OnStartingEvent) => void | Promise<void>) | undefined;
  /** Master: all addresses are bound, there is no worker yet. Waited for, up to 10 seconds. */
  readonly whenReady?: ((event: WhenReadyEvent) => void | Promise<void>) | undefined;
  /** Master: another number of workers is wanted: at the start, by TTIN, TTOU, `tsgi ctl scale`, the load, or a reload. */
  readonly nworkersChanged?: ((event: NworkersChangedEvent) => void) | undefined;
  /** Master: a worker is about to be started. What it returns is for this worker alone. A promise is too late. */
  readonly preFork?: ((event: PreForkEvent) => ForkAdditions | undefined) | undefined;
  /** Worker: its process has started; it is still the master's user, the application is not loaded. Waited for, up to 10 seconds. */
  readonly postFork?: ((event: PostForkEvent) => void | Promise<void>) | undefined;
  /** Worker: the application is loaded; nothing is accepted yet. Waited for, up to 10 seconds. */
  readonly postWorkerInit?: ((event: PostWorkerInitEvent) => void | Promise<void>) | undefined;
  /** Master: all workers of the first generation accept connections. */
  readonly onServing?: ((event: OnServingEvent) => void) | undefined;
  /** Worker: a request is here; the application is called when this is done. */
  readonly preRequest?: ((event: PreRequestEvent) => void | Promise<void>) | undefined;
  /** Worker: a request is over. */
  readonly postRequest?: ((event: PostRequestEvent) => void) | undefined;
  /** Master: a reload begins; its settings were read and fit, its workers are not started yet. */
  readonly onReload?: ((event: OnReloadEvent) => void) | undefined;
  /** Master: a new master is about to be started beside this one (USR2). */
  readonly preExec?: ((event: PreExecEvent) => void) | undefined;
  /**
   * Worker, in a thread of its own with its own copy of the file: the event loop was blocked for longer than `--timeout`, and the
   * worker is about to be killed. The main thread does not run, so what is printed with `console` never appears.
   */
  readonly workerAbort?: ((event: WorkerAbortEvent) => void) | undefined;
  /** Worker: it is told to stop quickly. */
  readonly workerInt?: ((event: WorkerIntEvent) => void) | undefined;
  /** Worker: its process ends, by itself or because of an error, but not by a kill. Nothing asynchronous happens any more. */
  readonly workerExit?: ((event: WorkerExitEvent) => void) | undefined;
  /** Master: a worker's process is gone, whatever the reason. */
  readonly childExit?: ((event: ChildExitEvent) => void) | undefined;
  /** Master: the last thing, whenever there was an `onStarting`. Waited for, up to 5 seconds. */
  readonly onExit?: ((event: OnExitEvent) => void | Promise<void>) | undefined;
}

export interface OnStartingEvent {
  readonly version: string;
  /** The master's. */
  readonly pid: number;
  readonly settings: Settings;
}

export interface WhenReadyEvent extends OnStartingEvent {
  /** What is bound: `http://127.0.0.1:8000`, `unix:/run/app.sock`. */
  readonly urls: readonly string[];
}

export interface NworkersChangedEvent {
  /** How many are wanted now. */
  readonly count: number;
  /** Undefined the first time. */
  readonly previous: number | undefined;
}

export interface PreForkEvent {
  /** The place that the worker fills, from 1. Its successor has the same. */
  readonly slot: number;
  /** Raised by each reload, from 1. */
  readonly generation: number;
  /** Those the worker will have. */
  readonly settings: Settings;
}

/** What `preFork` may give a worker. */
export interface ForkAdditions {
  /** Variables, over those of `--env`. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Options of Node, behind those of the master. */
  readonly execArgv?: readonly string[] | undefined;
}

/** The worker that a hook runs in, or is about. */
export interface WorkerFacts {
  readonly slot: number;
  readonly generation: number;
  readonly pid: number;
}

export interface PostForkEvent extends WorkerFacts {
  readonly settings: Settings;
}

export interface PostWorkerInitEvent extends WorkerFacts {
  readonly settings: Settings;
  /** The application's module. */
  readonly file: string;
  /** Which of its exports: `application`, `default`, `create()`. */
  readonly exportName: string;
}

export interface OnServingEvent {
  readonly urls: readonly string[];
  readonly workers: number;
  /** Since the process started. */
  readonly tookMs: number;
}

export interface PreRequestEvent {
  /** The same as in the logs and in the environ. */
  readonly requestId: string;
  readonly method: string;
  /** As it was sent. */
  readonly target: string;
  /** The peer's address, which may be a proxy's; `""` on a Unix socket. */
  readonly remoteAddress: string;
  /** Names in lower case, in the order they came. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

export interface PostRequestEvent {
  readonly requestId: string;
  readonly method: string;
  readonly target: string;
  /** 0 when the client left before there was a response. */
  readonly status: number;
  /** Of the response's body, as far as it was handed to the system. */
  readonly bytes: number;
  /** With the time of `preRequest`. */
  readonly durationMs: number;
  /** The client left, or the response was cut. */
  readonly aborted: boolean;
}

export interface OnReloadEvent {
  /** The one that boots. */
  readonly generation: number;
  /** The new ones. */
  readonly settings: Settings;
}

export interface PreExecEvent {
  /** Of the master that stays for the time being. */
  readonly pid: number;
  readonly settings: Settings;
}

export interface WorkerAbortEvent extends WorkerFacts {
  /** How long the event loop has been blocked. */
  readonly blockedMs: number;
  /** Where the main thread stands, innermost first; null when that cannot be had. */
  readonly frames: readonly Frame[] | null;
  /** The application's own innermost frame, `app.ts:41:5`, where there is one. */
  readonly place: string | null;
  /** Null when they cannot be had. */
  readonly requests: readonly RequestInFlight[] | null;
}

export interface WorkerIntEvent extends WorkerFacts {
  /** `the server stops on SIGINT` */
  readonly why: string;
}

export interface WorkerExitEvent extends WorkerFacts {
  readonly code: number;
}

/** What a worker died of, from evidence. */
export type DeathCause =
  | "not-started"
  | "asked"
  | "recycled"
  | "timeout"
  | "memory"
  | "boot-failed"
  | "uncaught"
  | "heap-out-of-memory"
  | "oom-killer"
  | "killed"
  | "native-crash"
  | "exited";

export interface ChildExitEvent {
  readonly slot: number;
  readonly generation: number;
  /** Null when it could not be started. */
  readonly pid: number | null;
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
  readonly cause: DeathCause;
  /** The log's words: `was killed by SIGKILL, ...`. */
  readonly reason: string;
}

export interface OnExitEvent {
  /** The exit code of the server. */
  readonly code: number;
}

export type HookEvent<Name extends HookName> = Parameters<NonNullable<Hooks[Name]>>[0];

type NamesIn<Where> = { [Name in HookName]: (typeof HOOKS)[Name] extends Where ? Name : never }[HookName];

export type MasterHookName = NamesIn<"master">;
export type WorkerHookName = NamesIn<"worker">;

/** A hook of the master with what it is given. */
export type MasterHookCall = {
  [Name in MasterHookName]: { readonly name: Name; readonly event: HookEvent<Name> };
}[MasterHookName];

/** Where the hooks are, as plain data: whoever calls one imports the file itself. */
export interface HooksSource {
  /** The configuration file, absolute. */
  readonly file: string;
  readonly names: readonly HookName[];
}

const NAMES = Object.keys(HOOKS) as readonly HookName[];

/**
 * Checks what a configuration file has under `hooks`.
 *
 * @returns The names of those that are there; none of `undefined`.
 * @throws TsgiError `config-file`.
 */
export function hookNames(path: string, given: unknown): readonly HookName[] {
  if (given === undefined) return [];
  if (path.endsWith(".json")) {
    throw refuseConfig(
      path,
      "hooks are functions, which JSON cannot hold: use tsgi.config.ts, .mts, .js, .mjs or .cjs",
    );
  }
  if (!isPlainObject(given)) throw refuseConfig(path, `hooks is ${quote(given)}: expected an object of functions`);
  for (const name of Object.keys(given)) {
    if (!(NAMES as readonly string[]).includes(name)) {
      throw refuseConfig(path, `unknown hook ${quote(name)}${didYouMean(name, NAMES)}`);
    }
  }
  // Also those of a class: its methods are no keys of its own.
  return NAMES.filter((name) => {
    const hook = given[name];
    if (hook !== undefined && typeof hook !== "function") {
      throw refuseConfig(path, `hooks.${name} is ${quote(hook)}: expected a function`);
    }
    return hook !== undefined;
  });
}

/** The file, where it has hooks that run there; else null, and nobody needs to import it. */
export const hooksFileFor = (where: "master" | "worker", source: HooksSource | null): string | null =>
  source?.names.some((name) => HOOKS[name] === where) === true ? source.file : null;
