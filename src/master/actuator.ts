// Does what plan.ts decided: the one place of the master that forks, sends, kills, logs and leaves.
// Decides nothing. What comes of an action later (a pid, a report, an exit, a configuration) goes back as a fact.

import type { ChildProcess } from "node:child_process";
import cluster, { type Worker } from "node:cluster";
import process from "node:process";
import type { Settings } from "../config/options.ts";
import { onReport, sendCommand } from "../ipc/channel.ts";
import type { Command, Whereabouts } from "../ipc/messages.ts";
import type { Logger } from "../observe/log.ts";
import { Distribution } from "./distribution.ts";
import type { Configuration, Fact } from "./facts.ts";
import type { Heir } from "./heir.ts";
import type { Listeners } from "./listeners.ts";
import type { Action } from "./moves.ts";
import type { Parent } from "./parent.ts";
import { masterTitle, type Pidfile } from "./pidfile.ts";
import { residentBytes } from "./proc.ts";
import { workerArgs, workerExecArgv } from "./program.ts";
import type { Notifier } from "./systemd.ts";

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
  readonly enqueue: (fact: Fact) => void;
  /** Tells whoever gave an order over the control socket. */
  readonly answer: (ticket: number, ok: boolean, message: string) => void;
  /** Starts new masters. */
  readonly heir: Pick<Heir, "start" | "signal">;
  /** The old master; null when we are nobody's heir. */
  readonly parent: Pick<Parent, "tell"> | null;
  /** What an heir has under names of its own while the old master lives. */
  readonly heirlooms: readonly Heirloom[];
  /** Null when systemd does not ask. */
  readonly notifier: Pick<Notifier, "tell"> | null;
  /** The last thing that happens. */
  readonly leave: (exitCode: number) => void;
}

/** Something that takes the old master's name when that one is gone. */
export interface Heirloom {
  inherit(): void | Promise<void>;
}

/** How long the reports of a dead worker may still be under way when its exit is already known. */
const LAST_WORDS_MS = 250;

export class Actuator {
  readonly #parts: ActuatorParts;
  readonly #workers = new Map<number, ChildProcess>();
  readonly #distribution: Distribution;
  #settings: Settings;
  #log: Logger;
  #isHeir: boolean;

  constructor(parts: ActuatorParts) {
    this.#parts = parts;
    this.#settings = parts.settings;
    this.#log = parts.openLog(parts.settings);
    this.#isHeir = parts.parent !== null;
    this.#distribution = new Distribution({
      accept: parts.settings.accept,
      send: (id, command, handle) => this.#send(id, command, handle),
      log: (level, message) => this.#log[level](message),
    });
  }

  /** Never throws for what the world does to an action: that comes back as a fact, or is in the log. */
  perform(action: Action): void {
    const { listeners, pidfile, leave, heir, parent, notifier } = this.#parts;
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
        this.#distribution.leaving(action.id);
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
      case "adopt":
        this.#adopt(action.settings);
        break;
      case "close-listeners":
        for (const index of action.listeners) this.#distribution.closing(index);
        listeners.close(action.listeners);
        break;
      case "close-all-listeners":
        this.#distribution.closingAll();
        listeners.closeAll();
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
      case "fork-heir":
        this.#forkHeir();
        break;
      case "signal-heir":
        heir.signal(action.signal);
        break;
      case "reclaim":
        listeners.alone();
        break;
      case "tell-parent":
        parent?.tell(action.news);
        break;
      case "inherit":
        this.#inherit();
        break;
      case "notify":
        notifier?.tell(action.lines);
        break;
      case "ask-whereabouts":
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

  #fork({ id, slot, settings }: Action & { do: "fork" }): void {
    const { entry, enqueue } = this.#parts;
    let worker: Worker;
    try {
      cluster.setupPrimary({
        exec: entry,
        args: workerArgs(settings),
        execArgv: workerExecArgv(process.execArgv, entry),
        cwd: settings.chdir,
        serialization: "json",
        // A terminal's input is nobody's in particular.
        stdio: ["ignore", "inherit", "inherit", "ipc", "ignore", this.#distribution.scoreboardFd],
      });
      worker = cluster.fork({ ...settings.env, TSGI_WORKER: String(slot) });
    } catch (error) {
      enqueue({ fact: "exit", id, code: null, signal: null, trouble: reasonOf(error) });
      return;
    }
    const child = worker.process;
    this.#workers.set(id, child);
    this.#distribution.forked(id, slot);
    this.#watch(id, worker);
    if (child.pid !== undefined) enqueue({ fact: "forked", id, pid: child.pid });
  }

  #watch(id: number, worker: Worker): void {
    const { enqueue } = this.#parts;
    const child = worker.process;
    const gone = (code: number | null, signal: string | null, trouble: string | null): void => {
      if (!this.#workers.delete(id)) return;
      this.#distribution.gone(id);
      enqueue({ fact: "exit", id, code, signal, trouble });
    };
    onReport(worker, (report) => {
      if (!this.#distribution.heard(id, report)) enqueue({ fact: "report", id, report });
    });
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
    this.#send(id, { tsgi: "boot", settings, slot, generation, maxRequests, hooksFile: null });
  }

  #listen({ id, listeners, backlog }: Action & { do: "listen" }): void {
    const sockets = listeners.map((index) => this.#parts.listeners.get(index));
    this.#distribution.open(id, sockets, backlog);
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
    this.#entitle();
  }

  #entitle(): void {
    process.title = masterTitle(this.#settings, { isHeir: this.#isHeir });
  }

  #forkHeir(): void {
    const { heir, listeners } = this.#parts;
    heir.start({ sockets: listeners.handOver(), pidfile: this.#settings.pid });
  }

  #inherit(): void {
    this.#isHeir = false;
    this.#entitle();
    this.#parts.listeners.alone();
    for (const heirloom of this.#parts.heirlooms) {
      // What it can do at once it does now.
      const done = new Promise<void>((resolve) => resolve(heirloom.inherit()));
      done.catch((error: unknown) => this.#log.error(reasonOf(error)));
    }
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
