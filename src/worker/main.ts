// A worker process from its first line to its last: signals, orders of the master, boot, beats, leaving.
// Decides nothing about other workers; says what happened and does what it is told.

import cluster from "node:cluster";
import process from "node:process";
import { type FailureCode, TsgiError } from "../errors.ts";
import type { LeaveCode } from "../gateway/exchange.ts";
import { gatewayFor } from "../gateway/run.ts";
import { openWorkerChannel } from "../ipc/channel.ts";
import { sayAtOnce } from "../ipc/lifeline.ts";
import type { Command } from "../ipc/messages.ts";
import { detailsOf } from "../modules/details.ts";
import { errorText, withCode } from "../modules/error-text.ts";
import { type AccessLog, openAccessLog } from "../observe/access-log.ts";
import { createLogger, type Logger } from "../observe/log.ts";
import { SOFTWARE } from "../version.ts";
import type { BellHandle } from "./bell.ts";
import { BootClock } from "./boot-clock.ts";
import { bring, flushFiles, partsOf } from "./bring.ts";
import { closeDebugger, openDebugger, unhurried } from "./debugger.ts";
import { type Development, isProduction, loadDevelopment, unlessProduction } from "./development.ts";
import { reportFatalErrors } from "./fatal-report.ts";
import { WorkerHooks } from "./hooks.ts";
import { lastWords } from "./last-words.ts";
import { Leaving } from "./leaving.ts";
import { Lifespan } from "./lifespan.ts";
import { linted } from "./lint.ts";
import type { ListenGuardParts } from "./listen-guard.ts";
import { describeLoaded } from "./loader.ts";
import { askApplication } from "./own-request.ts";
import { dropPrivileges, resolveIdentity } from "./privileges.ts";
import { Pulse } from "./pulse.ts";
import { untilReady } from "./readiness.ts";
import type { Gateway } from "./reception.ts";
import { requestIds } from "./request-id.ts";
import type { ListenHandle } from "./transport.ts";
import { troubleReporter } from "./trouble.ts";
import { Watchdog } from "./watchdog.ts";
import { Worker } from "./worker.ts";
import type { Freshness } from "./worker-options.ts";

const BEAT_MS = 1_000;
/** How many requests in flight are told of when an error ends the worker. */
const REQUESTS_NAMED = 50;

let worker: Worker | undefined;
let lifespan: Lifespan | undefined;
let leaving: Leaving | undefined;
let clock: BootClock | undefined;
let logger: Logger | undefined;
let accessLog: AccessLog | undefined;
let hooks: WorkerHooks | undefined;
let development: Development | undefined;
let graceMs = 30_000;
let isEnding = false;
/** What a spare loads before it is told what to serve. */
let spare: Promise<void> | undefined;
const pulse = new Pulse();

// First thing: without a handler, SIGUSR1 opens a debugger. A terminal's Ctrl-C reaches the whole process group, and
// workers leave when the master says so.
process.on("SIGUSR1", () => {});
process.on("SIGUSR2", () => {});
reportFatalErrors();
process.on("SIGHUP", () => {});
process.on("SIGINT", () => {});
// One that was told to leave by itself gets a successor. Where a whole process group was told, the code is wrong for a moment: its
// clients come again, and find nobody.
process.on("SIGQUIT", () => quit({ style: "quick", graceMs: 0, why: "SIGQUIT to this worker", code: 1012 }));
process.on("SIGTERM", () => quit({ style: "graceful", graceMs, why: "SIGTERM to this worker", code: 1012 }));
// Whoever ends the process: an order, an error, the application.
process.on("exit", (code) => {
  hooks?.workerExit(code);
  flushFiles();
  // The application may end the process itself when it is told to.
  accessLog?.flushSync();
  logger?.flush();
});
// The master is gone. Node would end the process at once; what is open is finished first.
if (cluster.worker !== undefined) cluster.worker.exitedAfterDisconnect = true;
const channel = openWorkerChannel({
  onCommand: obey,
  onMasterGone() {
    logger?.error("the master is gone: finishing what is open and leaving", { inFlight: worker?.inFlight ?? 0 });
    worker?.alone();
    // Nobody replaces it.
    quit({ style: "graceful", graceMs, why: "the master is gone", code: 1001 });
  },
});
void channel.report({ tsgi: "hello" });

function obey(command: Command, handle: unknown): void {
  switch (command.tsgi) {
    case "boot":
      boot(command).catch(bootFailed);
      return;
    case "prepare":
      // Imported only by a spare: there are none in production.
      spare = import("./spare.ts").then(({ prepare }) => prepare(command.settings));
      void spare.then(() => channel.report({ tsgi: "prepared" }));
      return;
    case "fresh":
      worker?.gate?.fresh(command.ticket);
      return;
    case "listen":
      listen(command, command.handed ? undefined : (handle as ListenHandle));
      return;
    case "share":
      worker?.share(handle as BellHandle, command.listener, command.row);
      return;
    case "release":
      worker?.release(command.listener, command.socket);
      return;
    case "connection":
      worker?.take({ ...command, client: handle });
      return;
    case "missing":
      void channel.report({ tsgi: "lost", ticket: command.ticket });
      return;
    case "no-more":
      worker?.noMore();
      return;
    case "unready":
      worker?.unready();
      return;
    case "quit":
      quit({ ...command, code: command.succeeded ? 1012 : 1001 });
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
  const { slot, generation } = command;
  const settings = unhurried(command.settings, slot);
  const startedAt = performance.now();
  // A spare's environment is from before it had a place, and perhaps from before the settings were known.
  Object.assign(process.env, settings.env, { TSGI_WORKER: String(slot) });
  await spare;
  graceMs = settings.gracefulTimeout * 1_000;
  process.title = `tsgi: worker ${slot} [${settings.name ?? settings.app}]`;
  const log = createLogger(settings, { role: `worker ${slot}`, telling: { error: errorText, text: withCode } });
  logger = log;
  const watchdog = new Watchdog({
    ...{ settings, worker: { slot, generation, pid: process.pid } },
    onTrouble: (err) =>
      log.warn("the worker has no watchdog: a blocked loop is found by the master alone, which cannot say where", {
        err,
      }),
  });
  watchdog.stage("the hooks before the application are not over");
  process.on("uncaughtException", (error, origin) => {
    const said = lastWords(error, origin, watchdog.requests(REQUESTS_NAMED));
    const isShown = settings.reload === "on" || settings.logFormat === "dev";
    const words = isShown ? { ...said, details: isProduction() ? ("withheld" as const) : detailsOf(error) } : said;
    // The master has one line for it. Without a master the line is ours.
    if (!sayAtOnce(words)) {
      const { message, stack, place, requests } = words;
      log.fatal(`${origin}: ${message}`, { err: { message, stack }, place, requests });
    }
    // It may come again meanwhile.
    if (development === undefined || isEnding) return leave(1);
    isEnding = true;
    void development.answerLast(error).finally(() => leave(1));
  });
  if (settings.umask !== null) process.umask(settings.umask);
  if (settings.accessLog !== null) {
    const onError = (error: Error): void => log.error(error.message);
    accessLog = openAccessLog(settings.accessLog, { onError, format: settings.accessLogFormat });
  }
  // A stand-in runs nothing of the person's: that may be what fails.
  const hooksFile = command.failure === null ? command.hooksFile : null;
  hooks = await WorkerHooks.load({ file: hooksFile, slot, generation, settings, logger: log });
  await hooks.postFork();
  // Before the first line of the application runs.
  const identity = resolveIdentity(settings.user, settings.group);
  if (identity !== null) dropPrivileges(identity);

  const waitedMs = spare === undefined ? 0 : startedAt;
  clock = new BootClock(settings.bootTimeout, () => performance.now() - waitedMs);
  // Before the application's loader is registered, which each import then goes through.
  const around = await loadDevelopment(settings, generation);
  await openDebugger({ settings, slot, isFirst: generation === 1 && command.failure === null, logger: log });
  watchdog.stage("the application's module is still being imported");
  // What every worker would say is said by one.
  const say: ListenGuardParts["say"] = (level, message) => (slot === 1 ? log[level](message) : log.debug(message));
  const timeLeft = clock;
  const loaded = await bring({
    ...{ settings, generation, failure: command.failure, say, limitMs: () => timeLeft.leftMs },
    onFiles: (found) => void channel.report({ tsgi: "files", ...found }),
  });
  log.debug(describeLoaded(settings.app, loaded));
  if (loaded.doubt !== null)
    say("warn", `${loaded.exportName} is served by the interface ${loaded.interface}, but ${loaded.doubt}`);
  const about = { slot, generation, workers: settings.workers.max };
  const onTrouble = troubleReporter(log, loaded);
  const life = new Lifespan({ loaded, target: settings.app, worker: about, logger: log });
  // Also when it begins and another part of the boot fails.
  lifespan = life;
  watchdog.stage("the application is imported, and its startup() is not over");
  await life.start(clock);
  await hooks.postWorkerInit(loaded);
  const isExpected = settings.development !== null;
  const lint = { lint: settings.lint, mode: process.env["NODE_ENV"], logger: log, isExpected };
  const application = loaded.served === null ? linted(loaded, lint) : loaded.application;
  development = unlessProduction(around, command.failure);
  const gateway: Gateway = loaded.served?.gateway ?? ((host) => gatewayFor(application, host));
  const ready = new Worker({
    settings,
    gateway: development?.around(gateway) ?? gateway,
    development,
    software: SOFTWARE,
    slot,
    generation,
    maxRequests: command.maxRequests,
    logger: log,
    accessLog,
    nextRequestId: requestIds(),
    onTrouble,
    requestHooks: hooks.requests,
    onFull: () => void channel.report({ tsgi: "recycle", why: `served ${command.maxRequests} requests` }),
    handing: {
      acknowledge: (ticket) => channel.report({ tsgi: "accepted", ticket }),
      room: (more) => void channel.report({ tsgi: "room", more }),
      leaving: () => void channel.report({ tsgi: "leaving" }),
    },
    ...(settings.reload === "on" && { freshness }),
  });
  worker = ready;
  leaving = new Leaving({
    worker: ready,
    lifespan: life,
    logger: log,
    onDraining: () => void channel.report({ tsgi: "draining", inFlight: ready.inFlight }),
    leave: () => leave(0),
  });
  ready.deadlines.onSweep = (lateMs) => {
    watchdog.sweep();
    pulse.sweep(lateMs, ready.served, ready.inFlight);
  };
  watchdog.watch(ready);
  setInterval(beat, BEAT_MS);
  // With --reload a page of errors now is worth more than a healthy one later, and the old workers have gone.
  if (settings.readyPath !== null && settings.reload === "off") {
    await untilReady({
      path: settings.readyPath,
      agent: SOFTWARE,
      ask: (request, report) => askApplication(ready.serveOwn(report), request),
      ...{ clock, logger: log, onTrouble },
    });
  }
  flushFiles();
  void channel.report({ tsgi: "loaded", tookMs: Math.round(performance.now() - startedAt) });
}

function listen(command: Extract<Command, { tsgi: "listen" }>, handle: ListenHandle | undefined): void {
  try {
    worker?.listen(handle, command.listener, command.backlog, command.socket);
    if (!command.last) return;
    logger?.debug("accepting connections");
    void channel.report({ tsgi: "ready" });
  } catch (error) {
    void bootFailed(error);
  }
}

const freshness: Freshness = {
  ask: (ticket) => void channel.report({ tsgi: "ask-fresh", ticket }),
  giveBack: ({ listener, read, handle }) =>
    channel.report({ tsgi: "hand-back", listener, read: read.toString("base64") }, handle),
};

function beat(): void {
  if (worker === undefined) return;
  void channel.report({
    tsgi: "beat",
    served: worker.served,
    errors: worker.errors,
    inFlight: worker.inFlight,
    connections: worker.connections,
    websockets: worker.websockets,
    rss: process.memoryUsage.rss(),
    ...pulse.take(),
  });
}

/** Tells the master why before leaving: a process that only leaves is a riddle. */
async function bootFailed(error: unknown): Promise<void> {
  // It was told to go while it still waited, and nobody waits for it any more.
  if (leaving?.hasBegun === true) return;
  const known = error instanceof TsgiError;
  const code: FailureCode = known ? error.code : "internal";
  const message = known
    ? error.message
    : `the worker could not start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  // The master kills when it has heard the reason.
  if (clock !== undefined) await lifespan?.stop("the worker could not start", clock.partingMs);
  const exitCode = known ? error.exitCode : 1;
  // Before the report, for the same reason.
  hooks?.workerExit(exitCode);
  // Whatever of it changes is reason for another attempt.
  const details = await partsOf(error);
  flushFiles();
  await channel.report({ tsgi: "boot-failed", code, message, details });
  process.exit(exitCode);
}

interface Farewell {
  readonly style: "graceful" | "quick";
  readonly graceMs: number;
  /** For the application. */
  readonly why: string;
  /** For what was upgraded. */
  readonly code: LeaveCode;
  /** The code is old, and a successor takes what has no request. */
  readonly handBack?: boolean;
}

/** A worker whose startup() is not over yet has nothing to finish. */
function quit({ style, graceMs: limitMs, why, code, handBack = false }: Farewell): void {
  closeDebugger();
  if (style === "quick") hooks?.workerInt(why);
  if (leaving === undefined) leave(0);
  else if (style === "quick") leaving.quickly(why, code);
  else if (handBack) leaving.outdated(limitMs, why);
  else leaving.gracefully(limitMs, why, code);
}

/** The application may hold timers and sockets of its own, so the process is ended, not left to run dry. */
function leave(code: number): void {
  worker?.flush();
  accessLog?.flushSync();
  logger?.flush();
  process.exit(code);
}
