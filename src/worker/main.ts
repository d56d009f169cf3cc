// A worker process from its first line to its last: signals, orders of the master, boot, beats, leaving.
// Decides nothing about other workers; says what happened and does what it is told.

import cluster from "node:cluster";
import process from "node:process";
import { type FailureCode, TsgiError } from "../errors.ts";
import { openWorkerChannel } from "../ipc/channel.ts";
import { sayAtOnce } from "../ipc/lifeline.ts";
import type { Command } from "../ipc/messages.ts";
import { type AccessLog, openAccessLog } from "../observe/access-log.ts";
import { createLogger, type Logger } from "../observe/log.ts";
import { SOFTWARE } from "../version.ts";
import { reportFatalErrors } from "./fatal-report.ts";
import { lastWords } from "./last-words.ts";
import { type LoadedApplication, loadApplication } from "./loader.ts";
import { dropPrivileges, resolveIdentity } from "./privileges.ts";
import { Pulse } from "./pulse.ts";
import { requestIds } from "./request-id.ts";
import type { ListenHandle } from "./transport.ts";
import { troubleReporter } from "./trouble.ts";
import { Watchdog } from "./watchdog.ts";
import { Worker } from "./worker.ts";

const BEAT_MS = 1_000;
/** How many requests in flight are told of when an error ends the worker. */
const REQUESTS_NAMED = 50;

let worker: Worker | undefined;
let logger: Logger | undefined;
let accessLog: AccessLog | undefined;
let graceMs = 30_000;
const pulse = new Pulse();

// First thing: without a handler, SIGUSR1 opens a debugger. A terminal's Ctrl-C reaches the whole process group, and
// workers leave when the master says so.
process.on("SIGUSR1", () => {});
process.on("SIGUSR2", () => {});
reportFatalErrors();
process.on("SIGHUP", () => {});
process.on("SIGINT", () => {});
process.on("SIGQUIT", () => leave(0));
process.on("SIGTERM", () => quit("graceful", graceMs));
// The master is gone. Node would end the process at once; what is open is finished first.
if (cluster.worker !== undefined) cluster.worker.exitedAfterDisconnect = true;
const channel = openWorkerChannel({
  onCommand: obey,
  onMasterGone() {
    logger?.error("the master is gone: finishing what is open and leaving", { inFlight: worker?.inFlight ?? 0 });
    quit("graceful", graceMs);
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
      quit(command.style, command.graceMs);
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
  const watchdog = new Watchdog({
    settings,
    onTrouble: (err) =>
      log.warn("the worker has no watchdog: a blocked loop is found by the master alone, which cannot say where", {
        err,
      }),
  });
  watchdog.stage("the application's module is still being imported");
  process.on("uncaughtException", (error, origin) => {
    const words = lastWords(error, origin, watchdog.requests(REQUESTS_NAMED));
    // The master has one line for it. Without a master the line is ours.
    if (!sayAtOnce(words)) {
      const { message, stack, place, requests } = words;
      log.fatal(`${origin}: ${message}`, { err: { message, stack }, place, requests });
    }
    leave(1);
  });
  if (settings.umask !== null) process.umask(settings.umask);
  if (settings.accessLog !== null) {
    accessLog = openAccessLog(settings.accessLog, { onError: (error) => log.error(error.message) });
  }
  // Before the first line of the application runs.
  const identity = resolveIdentity(settings.user, settings.group);
  if (identity !== null) dropPrivileges(identity);

  const loaded: LoadedApplication = await loadApplication(settings.app, { cwd: settings.chdir });
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
    onFull: () => void channel.report({ tsgi: "recycle", why: `served ${command.maxRequests} requests` }),
  });
  const serving = worker;
  worker.deadlines.onSweep = (lateMs) => {
    watchdog.sweep();
    pulse.sweep(lateMs, serving.served, serving.inFlight);
  };
  watchdog.watch(worker);
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
    errors: worker.errors,
    inFlight: worker.inFlight,
    connections: worker.connections,
    rss: process.memoryUsage.rss(),
    ...pulse.take(),
  });
}

/** Tells the master why before leaving: a process that only leaves is a riddle. */
async function bootFailed(error: unknown): Promise<void> {
  const known = error instanceof TsgiError;
  const code: FailureCode = known ? error.code : "internal";
  const message = known
    ? error.message
    : `the worker could not start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  await channel.report({ tsgi: "boot-failed", code, message });
  process.exit(known ? error.exitCode : 1);
}

function quit(style: "graceful" | "quick", limitMs: number): void {
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
