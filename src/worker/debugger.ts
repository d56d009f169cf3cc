// --inspect: a debugger may attach to this worker, at the same address after each restart, and may hold it for as long as it likes.
// Knows Node's inspector and who may have the port at the moment. Does not know who attaches, nor what is done there.

import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import type { Settings } from "../config/options.ts";
import type { Logger } from "../observe/log.ts";
import { mayInspect } from "./inspect.ts";

/** Of the workers, the one in this place has the debugger: an address is for one process. */
const SLOT = 1;
/** The predecessor closes the port when it is told to quit, or is killed half a second later. */
const PREDECESSOR_MS = 1_000;
const RETRY_MS = 20;
/** Somebody else has the port, and may keep it. */
const PATIENT_RETRY_MS = 500;

type Place = Pick<Settings, "inspect">;

const isDebugged = ({ inspect }: Place, slot: number): boolean => inspect !== null && slot === SLOT;

/** Settings without the limits that a breakpoint would exceed, for the worker that may stand at one. */
export const unhurried = (settings: Settings, slot: number): Settings =>
  isDebugged(settings, slot) ? { ...settings, timeout: 0, slowLoop: 0, bootTimeout: 0, requestTimeout: 0 } : settings;

export interface DebuggerParts {
  readonly settings: Pick<Settings, "inspect" | "workers">;
  readonly slot: number;
  /** Nothing was said of the address before. */
  readonly isFirst: boolean;
  readonly logger: Pick<Logger, "debug" | "info" | "warn">;
}

/** Ends the hold on the port, and every session; undefined while there is none. */
let close: (() => void) | undefined;
let isOver = false;

/**
 * Opens the inspector, where it is wanted in this worker; to be awaited before the application is imported, so that breakpoints in its first
 * lines hit. Waits a second for a predecessor to leave the port, then goes on without. Never rejects.
 */
export async function openDebugger({ settings, slot, isFirst, logger }: DebuggerParts): Promise<void> {
  const { inspect, workers } = settings;
  if (inspect === null || !isDebugged(settings, slot)) return;
  if (!mayInspect()) {
    logger.warn("--inspect: Node's permission model withholds its inspector (--allow-inspector)");
    return;
  }
  const inspector = await import("node:inspector");
  const own = inspector.url();
  if (own !== undefined) {
    logger.warn(`--inspect: Node's own --inspect has opened ${own} already, which is left as it is`);
    return;
  }
  const { host, port } = inspect;
  const { bindSocket } = await import("./bound-socket.ts");
  /** Node itself would print a line for each attempt that fails. */
  const attempt = async (): Promise<string | null> => {
    try {
      (await bindSocket(host, port, 1)).close();
    } catch (error) {
      return (error as Error).message;
    }
    if (isOver) return null;
    inspector.open(port, host);
    const url = inspector.url();
    if (url === undefined) return `cannot listen on ${host}:${port}`;
    close = () => inspector.close();
    // A port that is free each time is another one each time.
    logger[isFirst || port === 0 ? "info" : "debug"](
      `a debugger may attach to worker ${slot} at ${hostOf(url)}: chrome://inspect, or "attach" in an editor`,
    );
    return null;
  };
  if (isFirst && workers.max > 1) logger.info(`--inspect is for one worker, and the other ones have no debugger`);
  if (isFirst && !isLocal(host)) {
    logger.warn(`--inspect: whoever reaches ${host}:${port} can run any code in this server`);
  }
  let failed = await attempt();
  for (let left = PREDECESSOR_MS; failed !== null && left > 0 && !isOver; left -= RETRY_MS) {
    await sleep(RETRY_MS);
    failed = await attempt();
  }
  if (failed === null || isOver) return;
  const which = port === 0 ? "" : ` (\`ss -ltnp 'sport = :${port}'\` shows which)`;
  logger.warn(`--inspect: ${failed}${which}; it is tried again until that is free`);
  void keepTrying(attempt);
}

async function keepTrying(attempt: () => Promise<string | null>): Promise<void> {
  while (!isOver && (await attempt()) !== null) await sleep(PATIENT_RETRY_MS, undefined, { ref: false });
}

/**
 * At once when this worker is told to leave: its successor wants the port. Sessions are cut, which debuggers take for a reason to attach
 * again. To be called before the process ends too, for Node would wait then until every debugger has left by itself.
 */
export function closeDebugger(): void {
  isOver = true;
  close?.();
  close = undefined;
}

process.on("exit", closeDebugger);

const hostOf = (url: string): string => new URL(url).host;

const isLocal = (host: string): boolean => host === "localhost" || host === "::1" || /^127\./.test(host);
