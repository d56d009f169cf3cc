// `tsgi dev`: the first worker's process is started before it is known what it will serve. Node, and what every worker loads, take as long as
// the command line, the settings and the sockets take here: side by side they take half of it. A process that turns out not to fit is ended,
// and one like any other is forked. Imports little, since nothing else has begun yet.

import cluster, { type Worker } from "node:cluster";
import process from "node:process";
import { isDeepStrictEqual } from "node:util";
import { sendCommand } from "../ipc/channel.ts";
import { type FatalReport, openFatalReport } from "./fatal-report.ts";
import { workerArgs, workerEntry, workerExecArgv } from "./program.ts";

/** A worker's process before it has a number. */
export interface Ahead {
  readonly worker: Worker;
  readonly fatal: FatalReport;
  /** To be called when somebody listens: what it has said until now is said again. */
  readonly replay: () => void;
}

/** What the first worker's process has to be. */
export interface Wish {
  readonly entry: string;
  readonly execArgv: readonly string[];
  readonly cwd: string;
  /** Beside the environment of this process. */
  readonly env: Readonly<Record<string, string>>;
}

/** What Node, the C library and the loader of TypeScript read once, when a process begins. The others can be set later. */
const READ_ONCE = /^(?:NODE_|UV_|LD_|LC_|LANG|MALLOC_|OPENSSL_|SSL_|ICU_|TSX_|ESBUILD_|TZ$|HOME$|TMPDIR$|PATH$)/;

interface Started extends Ahead {
  readonly execArgv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<NodeJS.ProcessEnv>;
  /** Nobody but who takes it has to do with it any more. */
  readonly release: () => void;
}

let started: Started | undefined;

/** @param app The application, as far as it is known: its loader is got ready, should the settings be long in coming. */
export function startAhead(app: string | undefined): void {
  const entry = workerEntry();
  const execArgv = workerExecArgv(process.execArgv, entry);
  const cwd = process.cwd();
  const fatal = openFatalReport();
  const name = app ?? "application";
  cluster.setupPrimary({
    ...{
      exec: entry,
      args: workerArgs({ name: null, app: name }),
      execArgv: [...execArgv],
      cwd,
      serialization: "json",
    },
    // As the actuator has it; one worker alone needs no scoreboard.
    stdio: ["ignore", "inherit", "inherit", "ipc", "pipe", "ignore", fatal.fd ?? "ignore"],
  });
  let worker: Worker;
  try {
    worker = cluster.fork({ TSGI_WORKER: "1" });
  } catch {
    // The next attempt is told of.
    fatal.close();
    return;
  }
  const said: [unknown, unknown][] = [];
  const keep = (message: unknown, handle: unknown): void => {
    // Its first word. What it is sent before that is lost, because Node's cluster reads it and has nobody to give it to.
    if (said.push([message, handle]) === 1) prepare(worker, app);
  };
  // A process that never came to be is found out by who takes it.
  const ignore = (): void => {};
  worker.on("message", keep).on("error", ignore);
  // A command that ends before there is a master takes it along: by itself it would say, with a stack, that nobody listens.
  const end = (): void => void worker.process.kill("SIGKILL");
  process.once("exit", end);
  const release = (): void => {
    worker.off("message", keep).off("error", ignore);
    process.off("exit", end);
  };
  const replay = (): void => {
    for (const [message, handle] of said.splice(0)) worker.emit("message", message, handle);
  };
  started = { worker, fatal, execArgv, cwd, env: { ...process.env }, release, replay };
}

function prepare(worker: Worker, app: string | undefined): void {
  if (app === undefined) return;
  const settings = {
    app,
    chdir: process.cwd(),
    name: null,
    reload: "on",
    errorPages: "on",
    liveReload: "off",
  } as const;
  void sendCommand(worker.process, { tsgi: "prepare", settings });
}

/**
 * The process that was started ahead, once, where it fits. One that does not is ended.
 *
 * @param wish Null where only one that is made for its place will do.
 */
export function takeAhead(wish: Wish | null): Ahead | undefined {
  const ahead = started;
  started = undefined;
  if (ahead === undefined) return undefined;
  const { worker, fatal, release } = ahead;
  release();
  const isThere = worker.process.pid !== undefined && !worker.isDead() && worker.isConnected();
  if (wish !== null && isThere && fits(ahead, wish)) return ahead;
  worker.on("error", () => {});
  worker.process.kill("SIGKILL");
  fatal.close();
  return undefined;
}

function fits(ahead: Started, { entry, execArgv, cwd, env }: Wish): boolean {
  return (
    entry === workerEntry() &&
    cwd === ahead.cwd &&
    isDeepStrictEqual(execArgv, ahead.execArgv) &&
    !Object.keys(env).some((name) => READ_ONCE.test(name)) &&
    // A configuration file may have loaded variables of its own.
    isDeepStrictEqual({ ...process.env }, ahead.env)
  );
}
