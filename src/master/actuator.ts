// Does what plan.ts decided: the one place of the master that forks, sends, kills, logs and leaves.
// Decides nothing. What comes of an action later (a pid, a report, an exit, a configuration) goes back as a fact.

import type { ChildProcess } from "node:child_process";
import cluster, { type Worker } from "node:cluster";
import process from "node:process";
import type { Duplex } from "node:stream";
import { hooksFileFor } from "../config/hooks.ts";
import type { Settings } from "../config/options.ts";
import { onReport, sendCommand } from "../ipc/channel.ts";
import { type Ask, openLifeline } from "../ipc/lifeline.ts";
import type { Command, Whereabouts } from "../ipc/messages.ts";
import type { Logger } from "../observe/log.ts";
import { takeAhead } from "./ahead.ts";
import { Distribution } from "./distribution.ts";
import type { Configuration, Evidence, Fact } from "./facts.ts";
import { type FatalReport, openFatalReport } from "./fatal-report.ts";
import type { Heir } from "./heir.ts";
import type { MasterHooks } from "./hooks.ts";
import { Inquiries } from "./inquiries.ts";
import type { Listeners } from "./listeners.ts";
import type { Action } from "./moves.ts";
import { OomKills } from "./oom-kills.ts";
import type { Parent } from "./parent.ts";
import { masterTitle, type Pidfile } from "./pidfile.ts";
import { lookAt, type Sight } from "./proc.ts";
import { inspectorArgv, workerArgs, workerExecArgv } from "./program.ts";
import type { Notifier } from "./systemd.ts";
import type { Watching } from "./watching.ts";

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
  /** Starts new masters. */
  readonly heir: Pick<Heir, "start" | "signal">;
  /** The old master; null when we are nobody's heir. */
  readonly parent: Pick<Parent, "tell"> | null;
  /** What an heir has under names of its own while the old master lives. */
  readonly heirlooms: readonly Heirloom[];
  /** Null when systemd does not ask. */
  readonly notifier: Pick<Notifier, "tell"> | null;
  /** Begins to watch what workers load (`--reload`), and tells them through `send` whether that is still so. Left out when nobody does. */
  readonly watch?: ((send: (id: number, command: Command) => void) => Watching) | undefined;
  /** The server serves, at these addresses. */
  readonly greet?: (urls: readonly string[]) => void;
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
  readonly #watching: Watching | null;
  readonly #inquiries = new Inquiries();
  readonly #oomKills = new OomKills();
  #settings: Settings;
  #log: Logger;
  #isHeir: boolean;

  constructor(parts: ActuatorParts) {
    this.#parts = parts;
    this.#settings = parts.settings;
    this.#log = parts.openLog(parts.settings);
    this.#isHeir = parts.parent !== null;
    this.#watching = parts.watch?.((id, command) => this.#send(id, command)) ?? null;
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
      case "prepare":
        this.#send(action.id, { tsgi: "prepare", settings: action.settings });
        break;
      case "listen":
        this.#listen(action);
        break;
      case "quit":
        this.#distribution.leaving(action.id, { handBack: action.handBack });
        this.#watching?.leaving(action.id, { handBack: action.handBack });
        this.#send(action.id, {
          ...{ tsgi: "quit", style: action.style, graceMs: action.graceMs, why: action.why },
          ...{ succeeded: action.succeeded, handBack: action.handBack },
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
      case "stop-watching":
        this.#watching?.close();
        break;
      case "hook":
        this.#parts.hooks.run(action.call);
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
      case "ask-whereabouts":
        this.#inquiries.askForPlan(action.id);
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
      case "greet":
        this.#parts.greet?.(action.urls);
        break;
      case "notify":
        notifier?.tell(action.lines);
        break;
      default:
        action satisfies never;
    }
  }

  /** From the kernel, so that a worker whose loop is blocked cannot hide. Empty where there is no /proc. */
  look(): ReadonlyMap<number, Sight> {
    const seen = [...this.#workers].map(([id, { pid }]) => [id, pid === undefined ? null : lookAt(pid)] as const);
    return new Map(seen.filter((row): row is readonly [number, Sight] => row[1] !== null));
  }

  /** Something in the master itself is wrong; it goes on. */
  report(fault: unknown): void {
    this.#log.error("internal fault of the master; it goes on", { err: fault });
  }

  /**
   * Where a worker's main thread stands and what it holds, or only what it holds; also in the middle of an endless loop, and without
   * stopping it for longer than a few milliseconds. Null when there is no such worker, or it does not answer within two seconds.
   */
  inspect(id: number, what: Ask["tsgi"]): Promise<Whereabouts | null> {
    return this.#inquiries.ask(id, what);
  }

  #fork({ id, slot, generation, settings }: Action & { do: "fork" }): void {
    const { entry, enqueue, hooks } = this.#parts;
    const { env, execArgv = [] } = hooks.additionsFor({ slot, generation, settings });
    const options = {
      exec: entry,
      args: workerArgs(settings),
      execArgv: [...workerExecArgv(process.execArgv, entry), ...inspectorArgv(settings), ...execArgv],
      cwd: settings.chdir,
      serialization: "json" as const,
    };
    // Of what a hook adds, and of a scoreboard for several, it has nothing.
    const isPlain = settings.workers.max === 1 && env === undefined;
    const ahead = takeAhead(isPlain ? { ...options, entry, env: settings.env } : null);
    const fatal = ahead?.fatal ?? openFatalReport();
    let worker: Worker;
    try {
      // A terminal's input is nobody's in particular. Behind the IPC channel: LIFELINE_FD, SCOREBOARD.fd and FATAL_REPORT_FD.
      const board = ahead === undefined ? this.#distribution.scoreboardFd : "ignore";
      const stdio = ["ignore", "inherit", "inherit", "ipc", "pipe", board, fatal.fd ?? "ignore"] as const;
      cluster.setupPrimary({ ...options, stdio: [...stdio] });
      worker = ahead?.worker ?? cluster.fork({ ...settings.env, ...env, TSGI_WORKER: String(slot) });
    } catch (error) {
      fatal.close();
      enqueue({ fact: "exit", id, code: null, signal: null, trouble: reasonOf(error) });
      return;
    }
    const child = worker.process;
    this.#workers.set(id, child);
    this.#distribution.forked(id, slot);
    if (child.pid !== undefined) this.#oomKills.watch(child.pid);
    this.#watch(id, worker, fatal);
    if (child.pid !== undefined) enqueue({ fact: "forked", id, pid: child.pid });
    ahead?.replay();
  }

  #watch(id: number, worker: Worker, fatal: FatalReport): void {
    const child = worker.process;
    onReport(worker, (report, handle) => {
      if (this.#distribution.heard(id, report, handle) || this.#watching?.heard(id, report) === true) return;
      this.#parts.enqueue({ fact: "report", id, report });
    });
    const line = openLifeline(child.stdio?.[4] as Duplex | undefined, (report) => {
      if (!this.#inquiries.heard(report)) this.#parts.enqueue({ fact: "report", id, report });
    });
    this.#inquiries.open(id, line);
    worker.on("error", (error) => {
      // After a fork that worked this is a failed send, and the exit that explains it follows.
      if (child.pid === undefined) this.#gone(id, fatal, { code: null, signal: null, trouble: reasonOf(error) });
    });
    worker.on("exit", (code: number | null, signal: string | null) => {
      // The exit may be seen before the last report or the last words, which say why.
      const settled = (): void => this.#gone(id, fatal, { code, signal, trouble: null });
      const disconnected = new Promise<void>((done) => (child.connected ? child.once("disconnect", done) : done()));
      void Promise.all([disconnected, line.closed]).then(settled);
      setTimeout(settled, LAST_WORDS_MS).unref();
    });
  }

  #gone(id: number, fatal: FatalReport, exit: Pick<Fact & { fact: "exit" }, "code" | "signal" | "trouble">): void {
    const child = this.#workers.get(id);
    if (child === undefined) return;
    this.#workers.delete(id);
    this.#inquiries.close(id);
    this.#distribution.gone(id);
    this.#watching?.gone(id);
    const killed = exit.signal === "SIGKILL" && !child.killed;
    const evidence: Evidence = {
      oomKill: child.pid === undefined ? null : this.#oomKills.gone(child.pid, killed),
      fatal: fatal.read(),
    };
    fatal.close();
    this.#parts.enqueue({ fact: "exit", id, ...exit, evidence });
  }

  #boot({ id, slot, generation, settings, failure }: Action & { do: "boot" }): void {
    // A spare had no place when it was started.
    this.#distribution.forked(id, slot);
    this.#watching?.booting(id, { generation, loads: failure === null });
    // Jitter keeps workers that started together from asking for successors together.
    const jitter = Math.floor(Math.random() * (settings.maxRequestsJitter + 1));
    const maxRequests = settings.maxRequests === 0 ? 0 : settings.maxRequests + jitter;
    const hooksFile = hooksFileFor("worker", settings.hooks);
    this.#send(id, { tsgi: "boot", settings, slot, generation, maxRequests, hooksFile, failure });
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
    this.#watching?.adopt(settings);
    if (settings.logLevel !== logLevel || settings.logFormat !== logFormat) this.#log = this.#parts.openLog(settings);
    this.#entitle();
    void this.#parts.hooks.adopt(settings.hooks);
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
