// The only words that master and worker share. Plain JSON; each carries the tag `tsgi`, so that an application's own
// messages over the same channel pass by untouched.

import type { Settings } from "../config/options.ts";
import type { FailureCode } from "../errors.ts";
import type { FailureDetails } from "../modules/details.ts";

/** A bound address as the worker needs to know it: the handle itself travels beside the message. */
export interface ListenerInfo {
  /** Never used twice, also when a reload binds the same address again. */
  readonly index: number;
  /** As printed: `http://127.0.0.1:8000` or `unix:/run/app.sock`. */
  readonly url: string;
  readonly address:
    | { readonly kind: "tcp"; readonly host: string; readonly port: number }
    | { readonly kind: "unix"; readonly path: string };
}

/**
 * A page that the master and all workers have open, at this descriptor of a worker: a row of so many bytes for each worker, in which it
 * says how many connections it has. worker/scoreboard.ts knows what stands in it.
 */
export const SCOREBOARD = { fd: 5, rows: 256, rowBytes: 8 } as const;

/** Why an application cannot be served, for those who answer in its place. */
export interface BootFailure {
  readonly code: FailureCode;
  /** For a person; many lines perhaps. */
  readonly message: string;
  /** The same in parts; null where nothing was thrown. */
  readonly details?: FailureParts | null;
}

/** `withheld`: the application says that it is run in production, so its clients are told nothing. */
export type FailureParts = FailureDetails | "withheld";

/** A request that is in the application's hands. */
export interface RequestInFlight {
  readonly id: string;
  readonly method: string;
  readonly target: string;
  readonly ageMs: number;
}

/** One call of a stack, in the language it was written in where there is a source map. */
export interface Frame {
  /** Empty for a function without a name. */
  readonly function: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Where a worker's main thread stands. */
export interface Whereabouts {
  /** Innermost first. Null when it cannot be had: `note` says what is known instead. */
  readonly frames: readonly Frame[] | null;
  /** The application's own innermost frame: `app.ts:41:5`. */
  readonly place: string | null;
  readonly note: string | null;
  /** Null when nobody could be asked. */
  readonly requests: readonly RequestInFlight[] | null;
}

/** What a worker has done and how it is. */
export interface Figures {
  /** Requests answered since the start. */
  readonly served: number;
  /** Those of them that were answered with 5xx, or cut by the application. */
  readonly errors: number;
  readonly inFlight: number;
  readonly connections: number;
  /** Those of them that are websockets, or were upgraded to another protocol. */
  readonly websockets: number;
  /** Resident memory in bytes. */
  readonly rss: number;
  /** The share of time in which the event loop was busy since the last beat, from 0 to 1. */
  readonly utilization: number;
  /** The longest time the loop was late since the last beat. */
  readonly delayMs: number;
}

/** What a spare has to know of the settings. */
export type SpareSettings = Pick<Settings, "app" | "chdir" | "name" | "reload" | "errorPages" | "liveReload">;

/** Master to worker. */
export type Command =
  /**
   * You are a spare: load whatever an application with these settings will need, but nothing of the application, and report `prepared`.
   * `boot` may come before that.
   */
  | { readonly tsgi: "prepare"; readonly settings: SpareSettings }
  /** Load the application with these settings, then report `loaded` or `boot-failed`. */
  | {
      readonly tsgi: "boot";
      readonly settings: Settings;
      readonly slot: number;
      readonly generation: number;
      readonly maxRequests: number;
      /** The configuration file, where it has hooks for workers. */
      readonly hooksFile: string | null;
      /** Do not load the application, which fails: answer in its place. Null otherwise. */
      readonly failure: BootFailure | null;
    }
  /**
   * Accept on this listener; the bound handle travels with it. The last one of a set is answered with `ready`. `socket` tells the
   * sockets of a listener apart that has several. Without a handle, `handed`: its connections come as `connection`.
   */
  | {
      readonly tsgi: "listen";
      readonly listener: ListenerInfo;
      readonly backlog: number;
      readonly last: boolean;
      readonly socket?: number;
      readonly handed?: true;
    }
  /** Before `listen`: another handle of its socket. Share that socket with the other workers evenly; `row` is yours of the scoreboard. */
  | { readonly tsgi: "share"; readonly listener: number; readonly row: number }
  /** Accept no more on this socket of a listener. Others do. */
  | { readonly tsgi: "release"; readonly listener: number; readonly socket: number }
  /**
   * A connection, whose handle travels with it. Answered with `accepted` before anything is read from it. `read` is what another worker
   * has read of it already, in base64.
   */
  | { readonly tsgi: "connection"; readonly listener: number; readonly ticket: number; readonly read?: string }
  /** Answered with `lost`. Messages keep their order: a connection with this ticket has arrived and was acknowledged by then, or it never does. */
  | { readonly tsgi: "missing"; readonly ticket: number }
  /** The answer to `ask-fresh`: what you have loaded is what was on disk when you asked. */
  | { readonly tsgi: "fresh"; readonly ticket: number }
  /** The answer to `leaving`: no `connection` comes after this. */
  | { readonly tsgi: "no-more" }
  /** The server will stop soon: go on serving, but answer `--ready-path` with 503. */
  | { readonly tsgi: "unready" }
  /**
   * Stop. Graceful: finish what is open within `graceMs`. Quick: leave now. `why` is for the application and the log;
   * `succeeded` for clients whose connection is more than a request: others serve on, so they may come again at once.
   * `handBack`: your code is old. Accept nothing more, not even what is in the queue, and give connections without a request back
   * (`hand-back`): a successor that boots answers them.
   */
  | {
      readonly tsgi: "quit";
      readonly style: "graceful" | "quick";
      readonly graceMs: number;
      readonly why: string;
      readonly succeeded: boolean;
      readonly handBack: boolean;
    }
  /** Open the log files again, because they were renamed. */
  | { readonly tsgi: "reopen" };

/** Worker to master. */
export type Report =
  /** The process is up and waits for `boot`. */
  | { readonly tsgi: "hello" }
  /** A spare that waits for `boot`. */
  | { readonly tsgi: "prepared" }
  /** Local files that were loaded since the last such report, absolute; and files that were looked for and are not there. */
  | { readonly tsgi: "files"; readonly loaded: readonly string[]; readonly missing: readonly string[] }
  /** A request has come: is the code that is on disk still the one that is loaded? Answered with `fresh`, or with `quit`. */
  | { readonly tsgi: "ask-fresh"; readonly ticket: number }
  /** The application is loaded and callable; the worker waits for its listeners. */
  | { readonly tsgi: "loaded"; readonly tookMs: number }
  /** Accepting. */
  | { readonly tsgi: "ready" }
  /** Sent by the main loop every second, so its silence means a blocked loop. */
  | ({ readonly tsgi: "beat" } & Figures)
  /** The worker asks for a successor and goes on serving until it is told to quit. */
  | { readonly tsgi: "recycle"; readonly why: string }
  /** No longer accepting; finishing what is open. */
  | { readonly tsgi: "draining"; readonly inFlight: number }
  /** The application could not be loaded; the worker exits by itself. `message` is for a person, many lines perhaps. */
  | ({ readonly tsgi: "boot-failed" } & BootFailure)
  | LastWords
  /** The loop is blocked for longer than --timeout. */
  | { readonly tsgi: "stuck"; readonly silentMs: number; readonly at: Whereabouts }
  /** The loop was, or is, blocked for longer than --slow-loop; `skipped` earlier reports were left out. */
  | { readonly tsgi: "slow-loop"; readonly blockedMs: number; readonly skipped: number; readonly at: Whereabouts }
  /** Where the main thread is, because it was asked. */
  | { readonly tsgi: "whereabouts"; readonly ticket: number; readonly at: Whereabouts };

/** An error that nobody caught ends the worker; written synchronously just before. */
export interface LastWords {
  readonly tsgi: "crashed";
  readonly origin: "uncaughtException" | "unhandledRejection";
  /** The first line, `TypeError: x is not a function`. */
  readonly message: string;
  readonly stack: string;
  /** The application's own line: `app.ts:12:5`. */
  readonly place: string | null;
  readonly details?: FailureParts | null;
  readonly requests: readonly RequestInFlight[];
}

/** Worker to master, where the master accepts and hands the connections over (`--accept round-robin`). */
export type HandingReport =
  /** The connection with this ticket is the worker's. It may have the next one. */
  | { readonly tsgi: "accepted"; readonly ticket: number }
  /** The answer to `missing`. */
  | { readonly tsgi: "lost"; readonly ticket: number }
  /** Whether it takes more. */
  | { readonly tsgi: "room"; readonly more: boolean }
  /** A connection without a request, whose handle travels with it, is given back; `read` is what was read of it, in base64. */
  | { readonly tsgi: "hand-back"; readonly listener: number; readonly read: string }
  /** It is about to stop taking connections, and waits for `no-more`. */
  | { readonly tsgi: "leaving" };

const isTagged = (m: unknown): m is { tsgi: string } =>
  typeof m === "object" && m !== null && "tsgi" in m && typeof m.tsgi === "string";

/** Whether a message from the other side of the channel is one of ours. */
export const isReport = (m: unknown): m is Report => isTagged(m);
export const isCommand = (m: unknown): m is Command => isTagged(m);
