// A worker in this process, on a real socket, without a master: for tests that look at one connection closely.

import net from "node:net";
import type { TestContext } from "node:test";
import type { Settings } from "../../src/config/options.ts";
import type { Trouble } from "../../src/gateway/host.ts";
import { gatewayFor } from "../../src/gateway/run.ts";
import type { Application } from "../../src/gateway/types.ts";
import type { AccessLog } from "../../src/observe/access-log.ts";
import type { Logger } from "../../src/observe/log.ts";
import type { Gateway } from "../../src/worker/reception.ts";
import type { ListenHandle } from "../../src/worker/transport.ts";
import { Worker } from "../../src/worker/worker.ts";
import type { WorkerOptions } from "../../src/worker/worker-options.ts";
import { RawClient } from "./client.ts";
import { SETTINGS } from "./settings.ts";

export interface InProcess {
  readonly port: number;
  readonly worker: Worker;
  readonly troubles: Trouble[];
  readonly log: { readonly level: string; readonly message: string; readonly fields: unknown }[];
  readonly accessLines: string[];
  /** How often the worker asked for a successor. */
  full: number;
  close(): void;
}

/** What most tests do without. */
type More = Pick<WorkerOptions, "requestHooks" | "freshness">;

/** A moment of a worker that nobody waits for. */
export const nothing = (): void => {};

/** Binds a port of its own; end it with `close`. */
export const serveInProcess = (
  application: Application,
  settings: Partial<Settings> = {},
  more: More = {},
): InProcess => serveGateway((host) => gatewayFor(application, host), settings, more);

/** The same for an application of any interface. */
export function serveGateway(gateway: Gateway, settings: Partial<Settings> = {}, more: More = {}): InProcess {
  const handle = (
    net as unknown as { _createServerHandle(host: string, port: number, family: 4): BoundHandle }
  )._createServerHandle("127.0.0.1", 0, 4);
  const name: { port?: number } = {};
  handle.getsockname(name);
  // As a handle that came over a channel: only what was opened from a descriptor can be taken out of the poll set.
  handle.open(handle.fd);
  const port = name.port!;
  const log: InProcess["log"] = [];
  const accessLines: string[] = [];
  const note = (level: string) => (message: string, fields?: unknown) => void log.push({ level, message, fields });
  const logger: Logger = {
    trace: note("trace"),
    debug: note("debug"),
    info: note("info"),
    warn: note("warn"),
    error: note("error"),
    fatal: note("fatal"),
    reopen() {},
    flush() {},
    child: () => logger,
  };
  const accessLog: AccessLog = {
    write: (line: string) => void accessLines.push(line),
    reopen() {},
    flush: async () => {},
    flushSync() {},
    close() {},
  };
  const all = { ...SETTINGS, ...settings };
  let ids = 0;
  const server: InProcess = {
    port,
    troubles: [],
    log,
    accessLines,
    full: 0,
    worker: new Worker({
      settings: all,
      gateway,
      software: "tsgi/test",
      slot: 1,
      generation: 1,
      maxRequests: all.maxRequests,
      logger,
      accessLog: all.accessLog === null ? undefined : accessLog,
      nextRequestId: () => `id-${++ids}`,
      onTrouble: (trouble) => server.troubles.push(trouble),
      onFull: () => {
        server.full += 1;
      },
      ...more,
    }),
    close() {
      server.worker.abandon(nothing, "the test is over");
      server.worker.deadlines.close();
    },
  };
  const url = `http://127.0.0.1:${port}`;
  server.worker.listen(handle, { index: 0, url, address: { kind: "tcp", host: "127.0.0.1", port } }, 511);
  return server;
}

/** The same for one test, with a client on it. */
export async function open(
  t: TestContext,
  application: Application,
  settings: Partial<Settings> = {},
): Promise<[RawClient, InProcess]> {
  const server = serveInProcess(application, settings);
  t.after(() => server.close());
  const client = await RawClient.connect(server.port);
  t.after(() => client.close());
  return [client, server];
}

interface BoundHandle extends ListenHandle {
  readonly fd: number;
  open(fd: number): number;
  getsockname(out: { port?: number }): number;
}
