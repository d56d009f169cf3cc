// A worker process from its first line to its last: signals, orders of the master, boot, beats, leaving.
// Decides nothing about other workers; says what happened and does what it is told.

import cluster from "node:cluster";
import process from "node:process";
import { type FailureCode, TsgiError } from "../errors.ts";
import { openWorkerChannel } from "../ipc/channel.ts";
import type { Command } from "../ipc/messages.ts";
import { type AccessLog, openAccessLog } from "../observe/access-log.ts";
import { createLogger, type Logger } from "../observe/log.ts";
import { SOFTWARE } from "../version.ts";
import { WorkerHooks } from "./hooks.ts";
import { type LoadedApplication, loadApplication } from "./loader.ts";
import { dropPrivileges, resolveIdentity } from "./privileges.ts";
import { requestIds } from "./request-id.ts";
import type { ListenHandle } from "./transport.ts";
import { troubleReporter } from "./trouble.ts";
import { Worker } from "./worker.ts";

const BEAT_MS = 1_000;

let worker: Worker | undefined;
let logger: Logger | undefined;
let accessLog: AccessLog | undefined;
let hooks: WorkerHooks | undefined;
let graceMs = 30_000;

// First thing: without a handler, SIGUSR1 opens a debugger. A terminal's Ctrl-C reaches the whole process group, and
// workers leave when the master says so.
process.on("SIGUSR1", () => {});
process.on("SIGUSR2", () => {});
process.on("SIGHUP", () => {});
process.on("SIGINT", () => {});
process.on("SIGQUIT", () => quit("quick", 0, "SIGQUIT to itself"));
process.on("SIGTERM", () => quit("graceful", graceMs, "SIGTERM to itself"));
// Whoever ends the process: an order, an error, the application.
process.on("exit", (code) => {
  hooks?.workerExit(code);
  logger?.flush();
});
// The master is gone. Node would end the process at once; what is open is finished first.
if (cluster.worker !== undefined) cluster.worker.exitedAfterDisconnect = true;
const channel = openWorkerChannel({
  onCommand: obey,
  onMasterGone() {
    logger?.error("the master is gone: finishing what is open and leaving", { inFlight: worker?.inFlight ?? 0 });
    quit("graceful", graceMs, "the master is gone");
  },
});
void channel.report({ tsgi: "hello" });

function obey(command: Command, handle: unknown): void {
  switch (command.tsgi) {
    case "boot":
      boot(command).catch(bootFailed);
      return;
    case "listen":
      listen(command, handle as ListenHandle);
      return;
    case "unready":
      return;
    case "quit":
      quit(command.style, command.graceMs, command.why);
      return;
    case "reopen":
      logger?.reopen();
      accessLog?.reopen();
      return;
    default:
      command satisfies never;
  }
}

async function boot(command: Extract<Command, { tsgi: "boot" }>): Promise<void> {
  const { settings, slot, generation } = command;
  const startedAt = performance.now();
  graceMs = settings.gracefulTimeout * 1_000;
  process.title = `tsgi: worker ${slot} [${settings.name ?? settings.app}]`;
  const log = createLogger(settings, { role: `worker ${slot}` });
  logger = log;
  process.on("uncaughtException", (error, origin) => {
    log.fatal(origin === "unhandledRejection" ? "a promise was rejected and nobody handled it" : "uncaught exception", {
      err: error,
      inFlight: worker?.inFlight ?? 0,
    });
    leave(1);
  });
  if (settings.umask !== null) process.umask(settings.umask);
  if (settings.accessLog !== null) {
    accessLog = openAccessLog(settings.accessLog, { onError: (error) => log.error(error.message) });
  }
  hooks = await WorkerHooks.load({ file: command.hooksFile, slot, generation, settings, logger: log });
  await hooks.postFork();
  // Before the first line of the application runs.
  const identity = resolveIdentity(settings.user, settings.group);
  if (identity !== null) dropPrivileges(identity);

  const loaded: LoadedApplication = await loadApplication(settings.app, { cwd: settings.chdir });
  await hooks.postWorkerInit(loaded);
  worker = new Worker({
    settings,
    application: loaded.application,
    software: SOFTWARE,
    slot,
    generation,
    maxRequests: command.maxRequests,
    logger: log,
    accessLog,
    nextRequestId: requestIds(),
    onTrouble: troubleReporter(log, loaded),
    requestHooks: hooks.requests,
    onFull: () => void channel.report({ tsgi: "recycle", why: `served ${command.maxRequests} requests` }),
  });
  setInterval(beat, BEAT_MS);
  void channel.report({ tsgi: "loaded", tookMs: Math.round(performance.now() - startedAt) });
}

function listen(command: Extract<Command, { tsgi: "listen" }>, handle: ListenHandle): void {
  try {
    worker?.listen(handle, command.listener, command.backlog);
    if (!command.last) return;
    logger?.debug("accepting connections");
    void channel.report({ tsgi: "ready" });
  } catch (error) {
    void bootFailed(error);
  }
}

function beat(): void {
  if (worker === undefined) return;
  void channel.report({
    tsgi: "beat",
    served: worker.served,
    errors: 0,
    inFlight: worker.inFlight,
    connections: worker.connections,
    rss: process.memoryUsage.rss(),
    utilization: 0,
    delayMs: 0,
  });
}

/** Tells the master why before leaving: a process that only leaves is a riddle. */
async function bootFailed(error: unknown): Promise<void> {
  const known = error instanceof TsgiError;
  const code: FailureCode = known ? error.code : "internal";
  const message = known
    ? error.message
    : `the worker could not start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  const exitCode = known ? error.exitCode : 1;
  // Before the report: a master that gives up on it kills its workers.
  hooks?.workerExit(exitCode);
  await channel.report({ tsgi: "boot-failed", code, message });
  process.exit(exitCode);
}

function quit(style: "graceful" | "quick", limitMs: number, why: string): void {
  if (style === "quick") hooks?.workerInt(why);
  if (style === "quick" || worker === undefined) {
    worker?.abandon();
    leave(0);
    return;
  }
  // Told twice, by a TERM of its own and by the master: the first time counts.
  if (worker.draining) return;
  const leaving = worker;
  leaving.drain(
    () => {
      const { inFlight, connections } = leaving;
      logger?.debug("no longer accepting connections", { inFlight, connections });
      void channel.report({ tsgi: "draining", inFlight });
    },
    () => leave(0),
  );
  setTimeout(() => {
    const { inFlight, connections } = leaving;
    const what = inFlight === 1 ? "1 request that was" : `${inFlight} requests that were`;
    // Connections that only linger are nobody's loss.
    if (inFlight > 0) {
      logger?.warn(`cut ${what} not finished within ${limitMs / 1_000} s (--graceful-timeout)`, { connections });
    }
    leave(0);
  }, limitMs);
}

/** The application may hold timers and sockets of its own, so the process is ended, not left to run dry. */
function leave(code: number): void {
  worker?.flush();
  accessLog?.flushSync();
  logger?.flush();
  process.exit(code);
}
