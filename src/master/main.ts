// The master from its start to its exit code, in the order that leaves nothing half done: settings, sockets, pid file, control socket, workers.
// Wires the parts together. What happens in between is plan.ts's business.

import { performance } from "node:perf_hooks";
import process from "node:process";
import { hooksFileFor } from "../config/hooks.ts";
import type { Settings } from "../config/options.ts";
import { PASSED_VARIABLES, strayPassed } from "../config/passed.ts";
import { resolveSettings, type SettingsInput } from "../config/resolve.ts";
import { FAILURES, TsgiError } from "../errors.ts";
import { toldErrorText, withCode } from "../modules/error-text.ts";
import { createLogger, type Logger } from "../observe/log.ts";
import { VERSION } from "../version.ts";
import { Actuator, type Heirloom } from "./actuator.ts";
import { hasCompanions } from "./announce.ts";
import { Arbiter } from "./arbiter.ts";
import type { Companions } from "./companions.ts";
import { ConfigurationReader } from "./configuration.ts";
import { Control } from "./control.ts";
import { type ControlSocket, openControlSocket } from "./control-socket.ts";
import { firstLegacy } from "./estate.ts";
import { type Fact, listenForSignals } from "./facts.ts";
import { type Handover, takeHandover } from "./handover.ts";
import { Heir, originOf } from "./heir.ts";
import { EXIT_HOOK_MS, MasterHooks, START_HOOK_MS } from "./hooks.ts";
import { Listeners } from "./listeners.ts";
import { type LogLevel, log } from "./moves.ts";
import { Parent } from "./parent.ts";
import { heirsPath, MASTER_TITLE, masterTitle, type Pidfile, removePidfile, writePidfile } from "./pidfile.ts";
import { workerEntry } from "./program.ts";
import { mergeSettings } from "./reload.ts";
import { initialState } from "./state.ts";
import { NOTIFY_VARIABLES, Notifier, notifyWish } from "./systemd.ts";
import { Watching } from "./watching.ts";

/** What a program that is not the command line may want otherwise. */
export interface MasterProgram {
  /** What workers run; it speaks the words of ipc/messages.ts. */
  readonly entry?: string;
  /** What a new master may need before its workers boot. */
  readonly heirStartMs?: number;
  /** May throw a TsgiError for settings that cannot be served. */
  readonly accept?: (settings: Settings) => void;
  /** For the configuration file, at a reload. */
  readonly readLimitMs?: number;
}

/**
 * Serves until it is told to stop.
 *
 * @returns The exit code: 0 after a stop that was asked for, or that of the failure (errors.ts) when no worker ever got
 *   ready, which has then been said on stderr. Whoever calls ends the process with it.
 * @throws {TsgiError} Whatever fails before the first worker is forked; nothing is left behind.
 */
export async function runMaster(given: SettingsInput, program: MasterProgram = {}): Promise<number> {
  const inbox = new Inbox();
  let companions: Companions | null = null;
  const enqueue = (fact: Fact): void => {
    if (companions?.swallows(fact) !== true) inbox.put(fact);
  };
  listenForSignals(enqueue);
  process.title = MASTER_TITLE;
  const handover = takeHandover(process.env, process.ppid);
  const wish = notifyWish(given.variables, process.pid);
  // What was meant for this process is not for its workers, nor for what the configuration file may start.
  for (const name of [...PASSED_VARIABLES, ...NOTIFY_VARIABLES]) delete process.env[name];
  const passed = handover?.passed ?? given.passed ?? [];
  const input: SettingsInput = { ...given, passed };
  const resolution = await resolveSettings(input);
  const { settings, hooks: exported } = resolution;
  let sources = resolution.watch;
  program.accept?.(settings);
  process.title = masterTitle(settings, { isHeir: handover !== null });
  const umask = settings.umask === null ? null : process.umask(settings.umask);
  const listeners = new Listeners(handover === null ? firstLegacy(passed) : { ...handover, isHeir: true });
  const reader = new ConfigurationReader({ limitMs: program.readLimitMs });
  let current: Logger | undefined;
  const openLog = (wanted: Settings): Logger => {
    current = createLogger(wanted, { role: "master", telling: { error: toldErrorText, text: withCode } });
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
    listeners.closeRest();
    pidfile = settings.pid === null ? null : writePidfile(settings.pid, handover?.parent);
    const warnings: string[] = [];
    const ending = handover === null ? "" : heirsPath("");
    socket = await openControlSocket(settings, { ending, warn: (message) => warnings.push(message) });
    const heirlooms = [pidfile, socket, leftover(handover, settings)].filter((one) => one !== null);
    const urls = listening.map(({ url }) => url);
    await hooks.runWithin(START_HOOK_MS, { name: "whenReady", event: { ...about, urls } });
    const beside = handover === null && hasCompanions(settings) ? await import("./companions.ts") : null;
    exitCode = await new Promise<number>((leave) => {
      const warn = (message: string): void => actuator.perform(log("warn", message));
      const notifier = wish === null ? null : new Notifier({ socket: wish.socket, warn });
      const actuator = new Actuator({
        ...{ listeners, pidfile, settings, enqueue, notifier, heirlooms, openLog, hooks },
        entry: program.entry ?? workerEntry(),
        heir: new Heir(originOf({ env: given.variables, umask, passed }), enqueue),
        parent: handover === null ? null : new Parent(enqueue),
        answer: (...answer) => control?.answer(...answer),
        configure: async (old: Settings) => {
          const read = await reader.read(input);
          sources = read.watch;
          const merged = mergeSettings(old, read.settings);
          return { ...merged, listeners: await listeners.open(merged.settings) };
        },
        ...(settings.reload === "on" && {
          watch: (send) =>
            new Watching({
              ...{ settings, enqueue, send, sources: () => sources },
              // The system may refuse to watch the very first folder, when the actuator is only being made: its log is there.
              say: (level, message) => current?.[level](message),
            }),
        }),
        stopReading: () => reader.stop(),
        greet: (urls) => companions?.greet(urls),
        leave: (code) => {
          arbiter.stop();
          // The last message to systemd may be the one that says who is the main process now.
          void Promise.all([control?.close(), socket?.settled(), notifier?.settled()]).then(() => leave(code));
        },
      });
      const arbiter = new Arbiter({
        state: initialState({
          ...{ version: VERSION, pid: process.pid, listeners: listening, settings, notify: wish },
          ...{ seed: process.pid, parent: handover?.parent ?? null },
          ...(program.heirStartMs === undefined ? {} : { heirStartMs: program.heirStartMs }),
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
      const stray = handover === null ? strayPassed(given.variables, process.pid) : undefined;
      if (stray !== undefined) warn(stray);
      const unused = listeners.unused.join(", ");
      if (unused !== "")
        warn(`sockets that systemd passed and no --bind names are left alone, and their clients wait: ${unused}`);
      const say = (level: LogLevel, message: string): void => actuator.perform(log(level, message));
      if (beside !== null) companions = new beside.Companions({ settings, enqueue, say });
      inbox.open((fact) => arbiter.enqueue(fact));
      inbox.put({ fact: "start" });
    });
    return exitCode;
  } catch (error) {
    if (error instanceof TsgiError) exitCode = error.exitCode;
    pidfile?.remove();
    throw error;
  } finally {
    (companions as Companions | null)?.close();
    socket?.close();
    listeners.closeAll();
    await hooks.runWithin(EXIT_HOOK_MS, { name: "onExit", event: { code: exitCode } });
  }
}

/** An old master leaves its pid file to us. Where ours is another one, nobody else would ever remove it. */
function leftover(handover: Handover | null, { pid }: Settings): Heirloom | null {
  const file = handover?.pidfile ?? null;
  if (handover === null || file === null || file === pid) return null;
  return { inherit: () => removePidfile(file, handover.parent) };
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
