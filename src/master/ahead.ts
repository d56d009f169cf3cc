// `tsgi dev`: the first worker's process is started before it is known what it will serve. Node, and what every worker loads, take as long as
// the command line, the settings and the sockets take here: side by side they take half of it. A process that turns out not to fit is ended,
// and one like any other is forked. Imports little, since nothing else has begun yet.

import cluster, { type Worker } from "node:cluster";
import process from "node:process";
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

/** What Node and the C library read once, when a process begins. The others can be set later. */
const READ_ONCE = /^(?:NODE_|UV_|LD_|LC_|LANG|MALLOC_|OPENSSL_|SSL_|ICU_|TZ$|HOME$|TMPDIR$|PATH$)/;

interface Started extends Ahead {
  readonly execArgv: readonly string[];
  readonly cwd: string;
  readonly hush: () => void;
}

let started: Started | undefined;

/** @param app The application, as far as it is known, for the list of processes. */
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
  const keep = (message: unknown, handle: unknown): void => void said.push([message, handle]);
  // A process that never came to be is found out by who takes it.
  const ignore = (): void => {};
  worker.on("message", keep).on("error", ignore);
  const hush = (): void => void worker.off("message", keep).off("error", ignore);
  const replay = (): void => {
    for (const [message, handle] of said.splice(0)) worker.emit("message", message, handle);
  };
  started = { worker, fatal, execArgv, cwd, hush, replay };
}

/** The process that was started ahead, once, where it fits. One that does not is ended. */
export function takeAhead({ entry, execArgv, cwd, env }: Wish): Ahead | undefined {
  const ahead = started;
  started = undefined;
  if (ahead === undefined) return undefined;
  const { worker, fatal, hush } = ahead;
  hush();
  const fits =
    entry === workerEntry() &&
    cwd === ahead.cwd &&
    execArgv.join("\0") === ahead.execArgv.join("\0") &&
    !Object.keys(env).some((name) => READ_ONCE.test(name));
  if (fits && worker.process.pid !== undefined && !worker.isDead() && worker.isConnected()) return ahead;
  worker.on("error", () => {});
  worker.process.kill("SIGKILL");
  fatal.close();
  return undefined;
}
