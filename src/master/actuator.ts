// Does what plan.ts decided: the one place of the master that forks, sends, kills, logs and leaves.
// Decides nothing. What comes of an action later (a pid, a report, an exit, a configuration) goes back as a fact.

import type { ChildProcess } from "node:child_process";
import cluster, { type Worker } from "node:cluster";
import process from "node:process";
import { hooksFileFor } from "../config/hooks.ts";
import type { Settings } from "../config/options.ts";
import { onReport, sendCommand } from "../ipc/channel.ts";
import type { Command, Whereabouts } from "../ipc/messages.ts";
import type { Logger } from "../observe/log.ts";
import type { Configuration, Fact } from "./facts.ts";
import type { MasterHooks } from "./hooks.ts";
import type { Listeners } from "./listeners.ts";
import type { Action } from "./moves.ts";
import { MASTER_TITLE, type Pidfile } from "./pidfile.ts";
import { residentBytes } from "./proc.ts";
import { titleName, workerArgs, workerExecArgv } from "./program.ts";

export interface ActuatorParts {
  /** The file that a worker runs. */
  readonly entry: string;
  readonly listeners: Listeners;
  readonly pidfile: Pidfile | null;
  /** The server log under given settings. Called again when they change. */
  readonly openLog: (settings: Settings) => Logger;
  readonly settings: Settings;
  /** Reads the configuration again; what it rejects with is logged. */
  readonly configure: (current: Settings) => Promise<Configuration>;
  /** Ends that; it rejects then. */
  readonly stopReading: () => void;
  readonly hooks: MasterHooks;
  readonly enqueue: (fact: Fact) => void;
  /** Tells whoever gave an order over the control socket. */
  readonly answer: (ticket: number, ok: boolean, message: string) => void;
  /** The last thing that happens. */
  readonly leave: (exitCode: number) => void;
}

/** How long the reports of a dead worker may still be under way when its exit is already known. */
const LAST_WORDS_MS = 250;

export class Actuator {
  readonly #parts: ActuatorParts;
  readonly #workers = new Map<number, ChildProcess>();
  #settings: Settings;
  #log: Logger;

  constructor(parts: ActuatorParts) {
    this.#parts = parts;
    this.#settings = parts.settings;
    this.#log = parts.openLog(parts.settings);
  }

  /** Never throws for what the world does to an action: that comes back as a fact, or is in the log. */
  perform(action: Action): void {
    const { listeners, pidfile, leave } = this.#parts;
    switch (action.do) {
      case "fork":
        this.#fork(action);
        break;
      case "boot":
        this.#boot(action);
        break;
      case "listen":
        this.#listen(action);
        break;
      case "quit":
        this.#send(action.id, {
          ...{ tsgi: "quit", style: action.style, graceMs: action.graceMs, why: action.why },
        });
        break;
      case "unready":
        this.#send(action.id, { tsgi: "unready" });
        break;
      case "reopen":
        this.#send(action.id, { tsgi: "reopen" });
        break;
      case "kill":
        this.#workers.get(action.id)?.kill("SIGKILL");
        break;
      case "log":
        this.#log[action.level](action.message, action.fields);
        break;
      case "reopen-logs":
        this.#log.reopen();
        break;
      case "read-configuration":
        this.#configure(action.current);
        break;
      case "stop-reading":
        this.#parts.stopReading();
        break;
      case "hook":
        this.#parts.hooks.run(action.call);
        break;
      case "adopt":
        this.#adopt(action.settings);
        break;
      case "close-listeners":
        listeners.close(action.listeners);
        break;
      case "close-all-listeners":
        listeners.closeAll({ keepPath: action.keepPaths });
        break;
      case "complain":
        process.stderr.write(`tsgi: ${action.message}\n`);
        break;
      case "exit":
        if (!action.keepPidfile) pidfile?.remove();
        leave(action.code);
        break;
      case "answer":
        this.#parts.answer(action.ticket, action.ok, action.message);
        break;
      case "ask-whereabouts":
      case "fork-heir":
      case "kill-heir":
      case "tell-parent":
      case "inherit":
        break;
      default:
        action satisfies never;
    }
  }

  /** From the kernel, so that a worker whose loop is blocked cannot hide. Empty where there is no /proc. */
  measure(): ReadonlyMap<number, number> {
    const sizes = [...this.#workers].map(
      ([id, { pid }]) => [id, pid === undefined ? null : residentBytes(pid)] as const,
    );
    return new Map(sizes.filter((row): row is readonly [number, number] => row[1] !== null));
  }

  /** Asks a worker's watchdog thread where its main thread is, or what it has in hand; null when it cannot be asked. */
  inspect(_id: number, _what: "stack" | "requests"): Promise<Whereabouts | null> {
    return Promise.resolve(null);
  }

  /** Something in the master itself is wrong; it goes on. */
  report(fault: unknown): void {
    this.#log.error("internal fault of the master; it goes on", { err: fault });
  }

  #fork({ id, slot, generation, settings }: Action & { do: "fork" }): void {
    const { entry, enqueue, hooks } = this.#parts;
    const { env, execArgv = [] } = hooks.additionsFor({ slot, generation, settings });
    let worker: Worker;
    try {
      cluster.setupPrimary({
        exec: entry,
        args: workerArgs(settings),
        execArgv: [...workerExecArgv(process.execArgv, entry), ...execArgv],
        cwd: settings.chdir,
        serialization: "json",
        // A terminal's input is nobody's in particular.
        stdio: ["ignore", "inherit", "inherit", "ipc"],
      });
      worker = cluster.fork({ ...settings.env, ...env, TSGI_WORKER: String(slot) });
    } catch (error) {
      enqueue({ fact: "exit", id, code: null, signal: null, trouble: reasonOf(error) });
      return;
    }
    const child = worker.process;
    this.#workers.set(id, child);
    this.#watch(id, worker);
    if (child.pid !== undefined) enqueue({ fact: "forked", id, pid: child.pid });
  }

  #watch(id: number, worker: Worker): void {
    const { enqueue } = this.#parts;
    const child = worker.process;
    const gone = (code: number | null, signal: string | null, trouble: string | null): void => {
      if (this.#workers.delete(id)) enqueue({ fact: "exit", id, code, signal, trouble });
    };
    onReport(worker, (report) => enqueue({ fact: "report", id, report }));
    worker.on("error", (error) => {
      // After a fork that worked this is a failed send, and the exit that explains it follows.
      if (child.pid === undefined) gone(null, null, reasonOf(error));
    });
    worker.on("exit", (code: number | null, signal: string | null) => {
      // The exit may be seen before the last report, which says why.
      const settled = (): void => gone(code, signal, null);
      if (!child.connected) {
        settled();
        return;
      }
      child.once("disconnect", settled);
      setTimeout(settled, LAST_WORDS_MS).unref();
    });
  }

  #boot({ id, slot, generation, settings }: Action & { do: "boot" }): void {
    // Jitter keeps workers that started together from asking for successors together.
    const jitter = Math.floor(Math.random() * (settings.maxRequestsJitter + 1));
    const maxRequests = settings.maxRequests === 0 ? 0 : settings.maxRequests + jitter;
    const hooksFile = hooksFileFor("worker", settings.hooks);
    this.#send(id, { tsgi: "boot", settings, slot, generation, maxRequests, hooksFile });
  }

  #listen({ id, listeners, backlog }: Action & { do: "listen" }): void {
    for (const [at, index] of listeners.entries()) {
      const { info, handle } = this.#parts.listeners.get(index);
      this.#send(id, { tsgi: "listen", listener: info, backlog, last: at === listeners.length - 1 }, handle);
    }
  }

  #send(id: number, command: Command, handle?: unknown): void {
    const child = this.#workers.get(id);
    if (child !== undefined) void sendCommand(child, command, handle);
  }

  #configure(current: Settings): void {
    this.#parts.configure(current).then(
      (configuration) => this.#parts.enqueue({ fact: "configured", configuration }),
      (error: unknown) => this.#parts.enqueue({ fact: "not-configured", message: reasonOf(error) }),
    );
  }

  #adopt(settings: Settings): void {
    const { logLevel, logFormat } = this.#settings;
    this.#settings = settings;
    if (settings.logLevel !== logLevel || settings.logFormat !== logFormat) this.#log = this.#parts.openLog(settings);
    process.title = `${MASTER_TITLE} [${titleName(settings)}]`;
    void this.#parts.hooks.adopt(settings.hooks);
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
