// The process that reads the configuration for a reload: evaluates the file, answers with the settings or with what is wrong, and is gone.
// So what the file leaves behind, blocks or ends is this process, and never the master.

import process from "node:process";
import { Worker } from "node:worker_threads";
import { resolveSettings } from "../config/resolve.ts";
import { TsgiError } from "../errors.ts";
import { isReadCommand, type ReadAnswer, type ReadCommand } from "../ipc/reading.ts";
import { showThrown } from "../modules/stack.ts";

/**
 * A thread, because the file may block the main one: without it, a reader whose master was killed would spin for ever. The master is the
 * parent; when it is gone, another process is.
 */
const ORPHAN_WATCH = `
const { workerData: master } = require("node:worker_threads");
setInterval(() => process.ppid === master || process.kill(process.pid, "SIGKILL"), 250);
`;

// The signals of a terminal and of a service manager reach every process of the server. The master decides what they mean, and ends
// this process when it is not needed; without a handler, SIGUSR1 would open a debugger.
for (const signal of ["SIGINT", "SIGTERM", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const) {
  process.on(signal, () => {});
}
process.on("disconnect", () => process.exit(1));
process.title = "tsgi: configuration";
process.on("message", (message) => {
  if (isReadCommand(message)) begin(message);
});

function begin({ input, master, nodeOptions }: ReadCommand): void {
  // Nothing that NODE_OPTIONS preloads belongs there.
  new Worker(ORPHAN_WATCH, { eval: true, execArgv: [], env: {}, workerData: master }).unref();
  if (nodeOptions === null) delete process.env["NODE_OPTIONS"];
  else process.env["NODE_OPTIONS"] = nodeOptions;
  // A timer of the file's, or a promise that nobody waits for.
  process.on("uncaughtException", (error) => answer(failure(error, "an error that nobody caught")));
  // Out before the file can block: the master's clock starts with it.
  process.send?.({ tsgi: "reading" } satisfies ReadAnswer, () => {
    resolveSettings(input).then(
      ({ settings, origins, file, watch }) => answer({ tsgi: "configuration", settings, origins, file, watch }),
      (error: unknown) => answer(failure(error, "the configuration could not be read")),
    );
  });
}

function failure(error: unknown, what: string): ReadAnswer {
  if (error instanceof TsgiError) return { tsgi: "no-configuration", code: error.code, message: error.message };
  return { tsgi: "no-configuration", code: "config-file", message: `${what}\n\n${showThrown(error)}` };
}

/** The file may hold timers and sockets of its own, so the process is ended, not left to run dry. */
function answer(message: ReadAnswer): void {
  process.send?.(message, () => process.exit(0));
}
