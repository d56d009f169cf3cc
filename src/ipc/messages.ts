// The only words that master and worker share. Plain JSON; each carries the tag `tsgi`, so that an application's own
// messages over the same channel pass by untouched.

import type { Settings } from "../config/options.ts";
import type { FailureCode } from "../errors.ts";

/** A bound address as the worker needs to know it: the handle itself travels beside the message. */
export interface ListenerInfo {
  readonly index: number;
  /** As printed: `http://127.0.0.1:8000` or `unix:/run/app.sock`. */
  readonly url: string;
  readonly address:
    | { readonly kind: "tcp"; readonly host: string; readonly port: number }
    | { readonly kind: "unix"; readonly path: string };
}

/** Master to worker. */
export type Command =
  /** Load the application with these settings, then report `loaded` or `boot-failed`. */
  | {
      readonly tsgi: "boot";
      readonly settings: Settings;
      readonly slot: number;
      readonly generation: number;
      readonly maxRequests: number;
    }
  /** Accept on this listener; the bound handle travels with it. The last one of a set is answered with `ready`. */
  | { readonly tsgi: "listen"; readonly listener: ListenerInfo; readonly backlog: number; readonly last: boolean }
  /** Stop. Graceful: finish what is open within `graceMs`. Quick: leave now. */
  | { readonly tsgi: "quit"; readonly style: "graceful" | "quick"; readonly graceMs: number }
  /** Open the log files again, because they were renamed. */
  | { readonly tsgi: "reopen" };

/** Worker to master. */
export type Report =
  /** The process is up and waits for `boot`. */
  | { readonly tsgi: "hello" }
  /** The application is loaded and callable; the worker waits for its listeners. */
  | { readonly tsgi: "loaded"; readonly tookMs: number }
  /** Accepting. */
  | { readonly tsgi: "ready" }
  /** Sent by the main loop every second, so its silence means a blocked loop. */
  | { readonly tsgi: "beat"; readonly served: number; readonly inFlight: number; readonly connections: number }
  /** The worker asks for a successor and goes on serving until it is told to quit. */
  | { readonly tsgi: "recycle"; readonly why: string }
  /** No longer accepting; finishing what is open. */
  | { readonly tsgi: "draining"; readonly inFlight: number }
  /** The application could not be loaded; the worker exits by itself. `message` is for a person, many lines perhaps. */
  | { readonly tsgi: "boot-failed"; readonly code: FailureCode; readonly message: string };

const isTagged = (m: unknown): m is { tsgi: string } =>
  typeof m === "object" && m !== null && "tsgi" in m && typeof m.tsgi === "string";

/** Whether a message from the other side of the channel is one of ours. */
export const isReport = (m: unknown): m is Report => isTagged(m);
export const isCommand = (m: unknown): m is Command => isTagged(m);
