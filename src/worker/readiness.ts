// Whether a worker may take clients: `--ready-path` is asked of the application inside, again and again until it answers 2xx. And
// which requests are for that path, once the server is not ready any more. Does not know sockets, nor who waits for the worker.

import { performance } from "node:perf_hooks";
import { TsgiError } from "../errors.ts";
import type { Trouble } from "../gateway/host.ts";
import { showThrown } from "../modules/stack.ts";
import type { Logger } from "../observe/log.ts";
import type { BootClock } from "./boot-clock.ts";
import type { OwnAnswer, OwnRequest } from "./own-request.ts";

/** Between two attempts. */
const PAUSE_MS = 250;
/** An attempt that hangs, perhaps for a database that is not there yet, makes way for another. */
const ATTEMPT_MS = 10_000;
const SAY_AGAIN_MS = 5_000;

export interface ReadinessParts {
  /** The path, perhaps with a query. */
  readonly path: string;
  readonly agent: string;
  readonly ask: (request: OwnRequest, report: (trouble: Trouble) => void) => Promise<OwnAnswer>;
  readonly clock: BootClock;
  readonly logger: Logger;
  /** Says what went wrong in the application. */
  readonly onTrouble: (trouble: Trouble) => void;
}

/** @throws {TsgiError} `not-ready` when the clock has run out. */
export async function untilReady({ path, agent, ask, clock, logger, onTrouble }: ReadinessParts): Promise<void> {
  const startedAt = performance.now();
  let saidAt = Number.NEGATIVE_INFINITY;
  let trouble: Trouble | undefined;
  for (let attempt = 1; ; attempt += 1) {
    trouble = undefined;
    const limitMs = Math.min(ATTEMPT_MS, clock.leftMs);
    const answer = await ask({ target: path, agent, limitMs }, (found) => {
      trouble = found;
    });
    const words = `--ready-path ${path} ${inWords(answer, limitMs)}`;
    const took = seconds(performance.now() - startedAt);
    if (isGood(answer)) {
      if (attempt > 1) logger.info(`${words}: ready after ${attempt} attempts in ${took}`);
      return;
    }
    if (performance.now() - saidAt >= SAY_AGAIN_MS) {
      // What the application threw is told as often as the answer is, not four times a second.
      if (trouble !== undefined) onTrouble({ ...(trouble as Trouble), target: `${path} (--ready-path)` });
      logger[attempt === 1 ? "info" : "warn"](`${words}, attempt ${attempt} in ${took}: the worker is not ready`);
      saidAt = performance.now();
    }
    if (clock.leftMs <= PAUSE_MS) throw notReady(`${words}, attempt ${attempt} in ${took}`, clock, trouble);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

const isGood = ({ status, end }: OwnAnswer): boolean =>
  end === "whole" && status !== null && status >= 200 && status < 300;

function inWords({ status, end }: OwnAnswer, limitMs: number): string {
  if (status === null) return end === "cut" ? "broke off" : `did not answer within ${seconds(limitMs)}`;
  if (end === "whole") return `answered ${status}`;
  return `answered ${status} ${end === "cut" ? "and broke off" : `and did not end within ${seconds(limitMs)}`}`;
}

function notReady(words: string, clock: BootClock, trouble: Trouble | undefined): TsgiError {
  const message = `the application is not ready within ${clock.limit}: ${words}`;
  if (trouble === undefined) return new TsgiError("not-ready", message);
  const { error } = trouble;
  return new TsgiError("not-ready", `${message}\n\n${showThrown(error)}`, { cause: error });
}

const seconds = (ms: number): string => `${Number((ms / 1_000).toFixed(1))} s`;

/** Whether a request target is for this path, whatever the query of either. */
export function isFor(target: string, path: string | null): boolean {
  if (path === null) return false;
  // The absolute form of RFC 9112 section 3.2.2.
  const from = target.startsWith("/") ? 0 : target.indexOf("/", target.indexOf("://") + 3);
  return from >= 0 && withoutQuery(target.slice(from)) === withoutQuery(path);
}

const withoutQuery = (path: string): string => path.split("?", 1)[0]!;
