// The server log of one process: pino's records to standard error, as JSON lines or for a person.
// Decides what a record holds. A standard error that is gone or full costs lines, never the process.

import { createRequire } from "node:module";
import process from "node:process";
import type { Level, Logger as Records } from "pino";
import type { Settings } from "../config/options.ts";
import { isColoured } from "./colour.ts";
import { formatDev } from "./dev-log.ts";
import { formatPretty, type LogRecord, printableJson } from "./pretty.ts";
import { openTarget, Sink } from "./sink.ts";

/** What is worth knowing beside the message. An Error goes under `err`, and is shown with its stack and causes. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  trace(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  fatal(message: string, fields?: LogFields): void;
  /** Try at once to write what a full standard error refused; it has no name that could be opened again. */
  reopen(): void;
  /** Write what is waiting before returning, at most a quarter of a second. Called by itself when the process exits. */
  flush(): void;
  /** A logger that adds these fields to each record. */
  child(fields: LogFields): Logger;
}

/** By whoever knows the code. */
export interface Telling {
  readonly error: (error: unknown) => string;
  /** Of a message that perhaps has a stack in it. */
  readonly text: (message: string) => string;
}

/**
 * A logger on standard error (gunicorn's `--log-level`). A record has `time` (ISO 8601), `level` (a word),
 * `pid`, `role`, `msg`, and its fields.
 *
 * @param context.role Who speaks: `master`, `worker 2`.
 * @param context.telling How errors are told to a person; asked for with the format `dev` alone.
 */
export function createLogger(
  settings: Pick<Settings, "logLevel" | "logFormat">,
  context: { readonly role: string; readonly telling?: Telling },
): Logger {
  const render = RENDERERS[settings.logFormat]();
  const telling = settings.logFormat === "dev" ? context.telling : undefined;
  const sink = standardError();
  const records = once(() => {
    const { pino } = createRequire(import.meta.url)("pino") as typeof import("pino");
    return pino(
      {
        level: settings.logLevel,
        base: { pid: process.pid, role: context.role },
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
        serializers: { err: (value: unknown) => safely(() => telling?.error(value) ?? describe(value, 0)) },
      },
      { write: (line: string) => sink.write(render(line.slice(0, -1))) },
    );
  });
  // Pino takes as long to load as all of our own modules in a worker, and somebody who develops waits for each start of both processes,
  // which say nothing until they serve: the master has the time while its worker boots, the worker when it serves. Elsewhere it is
  // loaded at once: later, another user may not read it.
  if (settings.logFormat === "dev") setTimeout(records, context.role === "master" ? 0 : LOAD_AFTER_MS).unref();
  else records();
  const logger = wrap(records, sink, settings.logLevel, telling);
  latest = logger;
  return logger;
}

/** When a start is over. */
const LOAD_AFTER_MS = 1_000;

function once<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

type Render = (line: string) => string;

const RENDERERS: Readonly<Record<Settings["logFormat"], () => Render>> = {
  json: () => printableJson,
  pretty: () => {
    const colour = isColoured(2, { mayForce: false });
    return (line) => formatPretty(JSON.parse(line) as LogRecord, colour);
  },
  dev: () => {
    const how = { isColoured: isColoured(2, { mayForce: true }) };
    return (line) => formatDev(JSON.parse(line) as LogRecord, how);
  },
};

// A process has one standard error: loggers made after a reload share the queue, the descriptor and the hook at exit.
let shared: Sink | undefined;
let latest: Logger | undefined;

function standardError(): Sink {
  shared ??= new Sink(openTarget(2), {
    immediate: true,
    // There is nobody left to tell.
    onTrouble: () => {},
    onRecovery: (lost) => {
      if (lost > 0) latest?.warn("the server log could not be written for a while", { lostLines: lost });
    },
  });
  return shared;
}

/** From the least important on. */
const LEVELS: readonly Settings["logLevel"][] = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

function wrap(
  records: () => Records,
  ...[sink, least, telling]: readonly [Sink, Settings["logLevel"], Telling | undefined]
): Logger {
  type Write = (message: string, fields?: LogFields) => void;
  // A level that is off costs nothing, not even a look at the fields.
  const at = (level: Level): Write =>
    LEVELS.indexOf(level) >= LEVELS.indexOf(least)
      ? (message, fields) => records()[level](plain(fields), telling?.text(message) ?? message)
      : () => {};
  return {
    trace: at("trace"),
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    fatal: at("fatal"),
    reopen: () => sink.retryNow(),
    flush: () => sink.flushSync(),
    child: (fields) =>
      wrap(
        once(() => records().child(plain(fields))),
        sink,
        least,
        telling,
      ),
  };
}

// JSON.stringify makes {} of an Error, wherever it stands.
function plain(fields: LogFields | undefined): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields ?? {})) {
    out[name] = name !== "err" && isError(value) ? safely(() => describe(value, 0)) : value;
  }
  return out;
}

/** A cause may point back at its error; nobody reads deeper than this. */
const MAX_CAUSES = 8;

function describe(value: unknown, depth: number): unknown {
  if (!isError(value)) return typeof value === "object" ? value : String(value);
  const { name, message, stack, cause } = value;
  const out: Record<string, unknown> = { type: name, message, stack: stack ?? `${name}: ${message}` };
  for (const [key, own] of Object.entries(value)) {
    if (typeof own !== "object" && typeof own !== "function" && !(key in out)) out[key] = own;
  }
  if (depth >= MAX_CAUSES) return out;
  if (cause !== undefined) out["cause"] = safely(() => describe(cause, depth + 1));
  if (value instanceof AggregateError) {
    out["errors"] = value.errors.map((inner) => safely(() => describe(inner, depth + 1)));
  }
  return out;
}

/** What was thrown is the program's, and asking it for anything runs the program: a getter or a proxy that throws must not end the process. */
function safely(look: () => unknown): unknown {
  try {
    return look();
  } catch {
    return "an error that throws when it is looked at";
  }
}

function isError(value: unknown): value is Error {
  try {
    return value instanceof Error;
  } catch {
    return false;
  }
}
