// The master from its start to its exit code, in the order that leaves nothing half done: settings, sockets, pid file, control socket, workers.
// Wires the parts together. What happens in between is plan.ts's business.

import { performance } from "node:perf_hooks";
import process from "node:process";
import { hooksFileFor } from "../config/hooks.ts";
import type { Settings } from "../config/options.ts";
import { resolveSettings, type SettingsInput } from "../config/resolve.ts";
import { FAILURES, TsgiError } from "../errors.ts";
import { createLogger, type Logger } from "../observe/log.ts";
import { VERSION } from "../version.ts";
import { Actuator } from "./actuator.ts";
import { Arbiter } from "./arbiter.ts";
import { ConfigurationReader } from "./configuration.ts";
import { Control } from "./control.ts";
import { type ControlSocket, openControlSocket } from "./control-socket.ts";
import { type Fact, listenForSignals } from "./facts.ts";
import { EXIT_HOOK_MS, MasterHooks, START_HOOK_MS } from "./hooks.ts";
import { Listeners } from "./listeners.ts";
import { log } from "./moves.ts";
import { MASTER_TITLE, type Pidfile, writePidfile } from "./pidfile.ts";
import { titleName, workerEntry } from "./program.ts";
import { mergeSettings } from "./reload.ts";
import { initialState } from "./state.ts";

/**
 * Serves until it is told to stop.
 *
 * @param entry The program that workers run; it speaks the words of ipc/messages.ts.
 * @param options.accept May throw a TsgiError for settings that cannot be served.
 * @param options.readLimitMs For the configuration file, at a reload.
 * @returns The exit code: 0 after a stop that was asked for, or that of the failure (errors.ts) when no worker ever got
 *   ready, which has then been said on stderr. Whoever calls ends the process with it.
 * @throws {TsgiError} Whatever fails before the first worker is forked; nothing is left behind.
 */
export async function runMaster(
  input: SettingsInput,
  entry: string = workerEntry(),
  options: { readonly accept?: (settings: Settings) => void; readonly readLimitMs?: number } = {},
): Promise<number> {
  const inbox = new Inbox();
  listenForSignals((fact) => inbox.put(fact));
  process.title = MASTER_TITLE;
  const { settings, hooks: exported } = await resolveSettings(input);
  options.accept?.(settings);
  process.title = `${MASTER_TITLE} [${titleName(settings)}]`;
  if (settings.umask !== null) process.umask(settings.umask);
  const listeners = new Listeners();
  const reader = new ConfigurationReader({ limitMs: options.readLimitMs });
  let current: Logger | undefined;
  const openLog = (given: Settings): Logger => {
    current = createLogger(given, { role: "master" });
    return current;
  };
  const own = hooksFileFor("master", settings.hooks) === null ? null : exported;
  const hooks = new MasterHooks(own, (message, fields) => (current ?? openLog(settings)).error(message, fields));
  const about = { version: VERSION, pid: process.pid, settings };
  let exitCode: number = FAILURES.internal.exit;
  let pidfile: Pidfile | null = null;
  let socket: ControlSocket | null = null;
  try {
    await hooks.runWithin(START_HOOK_MS, { name: "onStarting", event: about });
    const listening = await listeners.open(settings);
    pidfile = settings.pid === null ? null : writePidfile(settings.pid);
    const warnings: string[] = [];
    socket = await openControlSocket(settings, { warn: (message) => warnings.push(message) });
    const urls = listening.map(({ url }) => url);
    await hooks.runWithin(START_HOOK_MS, { name: "whenReady", event: { ...about, urls } });
    exitCode = await new Promise<number>((leave) => {
      const warn = (message: string): void => actuator.perform(log("warn", message));
      const actuator = new Actuator({
        ...{ entry, listeners, pidfile, settings, openLog, hooks },
        answer: (...answer) => control?.answer(...answer),
        configure: async (old: Settings) => {
          const merged = mergeSettings(old, (await reader.read(input)).settings);
          return { ...merged, listeners: await listeners.open(merged.settings) };
        },
        stopReading: () => reader.stop(),
        enqueue: (fact) => inbox.put(fact),
        leave: (code) => {
          arbiter.stop();
          void Promise.resolve(control?.close()).then(() => leave(code));
        },
      });
      const arbiter = new Arbiter({
        state: initialState({
          ...{ version: VERSION, pid: process.pid, listeners: listening, settings },
          ...{ seed: process.pid, parent: null },
          // The clock of `performance` starts with the process.
          startedAt: 0,
          now: performance.now(),
        }),
        hands: actuator,
        now: () => performance.now(),
      });
      const hands = {
        enqueue: (fact: Fact) => arbiter.enqueue(fact),
        state: () => arbiter.state,
        now: () => performance.now(),
        inspect: (id: number, what: "stack" | "requests") => actuator.inspect(id, what),
        warn,
        report: (fault: unknown) => actuator.report(fault),
      };
      const control = socket === null ? null : new Control(socket, hands);
      for (const message of warnings) warn(message);
      inbox.open((fact) => arbiter.enqueue(fact));
      inbox.put({ fact: "start" });
    });
    return exitCode;
  } catch (error) {
    if (error instanceof TsgiError) exitCode = error.exitCode;
    pidfile?.remove();
    throw error;
  } finally {
    socket?.close();
    listeners.closeAll();
    await hooks.runWithin(EXIT_HOOK_MS, { name: "onExit", event: { code: exitCode } });
  }
}

/** Signals that come before there is an arbiter wait for it. */
class Inbox {
  readonly #waiting: Fact[] = [];
  #reader: ((fact: Fact) => void) | undefined;

  put(fact: Fact): void {
    if (this.#reader === undefined) this.#waiting.push(fact);
    else this.#reader(fact);
  }

  open(reader: (fact: Fact) => void): void {
    this.#reader = reader;
    for (const fact of this.#waiting.splice(0)) reader(fact);
  }
}
