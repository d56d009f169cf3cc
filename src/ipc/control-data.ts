// What a server tells `tsgi ctl`: plain JSON, one object for each question. Times are seconds and sizes bytes, unless the name has a unit.
// A key may be added in any version; none changes its meaning.

import type { Frame } from "./messages.ts";

/** `down` is a server that has begun to serve and has no worker that does; its places are filled again by themselves. */
export type ServerState =
  | "starting"
  | "serving"
  | "reloading"
  | "upgrading"
  | "resting"
  | "down"
  | "drain-delay"
  | "stopping";

/** `tsgi ctl status` */
export interface StatusData {
  readonly version: string;
  readonly pid: number;
  readonly app: string;
  readonly state: ServerState;
  /** Whether a load balancer may send clients: it has begun to serve, some worker takes requests, and it does not stop. */
  readonly ready: boolean;
  readonly uptime: number;
  readonly generation: number;
  readonly workers: {
    /** How many there shall be now, and between which bounds that moves. */
    readonly wanted: number;
    readonly min: number;
    readonly max: number;
    /** Of any generation, and taking requests. */
    readonly ready: number;
    readonly booting: number;
    /** On their way out. */
    readonly leaving: number;
  };
  /** Sums over the workers that are there. */
  readonly load: {
    readonly served: number;
    readonly errors: number;
    readonly inFlight: number;
    readonly connections: number;
    /** Those of the connections that are websockets, or were upgraded to another protocol. */
    readonly websockets: number;
    readonly rss: number;
  };
  readonly listeners: readonly string[];
  /** The reload under way. */
  readonly reload: {
    readonly stage: "reading" | "booting" | "quiet" | "canary" | "settling";
    /** Null while the configuration is being read. */
    readonly generation: number | null;
    readonly ready: number;
    readonly wanted: number;
    readonly age: number;
    /** Another one follows it. */
    readonly queued: boolean;
  } | null;
  readonly lastReload: { readonly ok: boolean; readonly message: string; readonly age: number } | null;
  /** Two masters serve beside each other: which of them this one is, and the other one's process. */
  readonly upgrade: {
    readonly role: "old" | "new";
    readonly pid: number | null;
    /** Whether the new one serves. */
    readonly ready: boolean;
  } | null;
  readonly stop: {
    readonly style: "graceful" | "quick" | "kill";
    readonly by: string | null;
    readonly age: number;
  } | null;
}

/** A `spare` has the place 0 and serves nobody: with `--reload` it waits for the next restart. */
export type WorkerPhase = "spare" | "starting" | "loading" | "loaded" | "opening" | "ready" | "draining" | "leaving";

/** One row of `tsgi ctl workers`. What a worker has not said yet is null. */
export interface WorkerRow {
  readonly slot: number;
  readonly pid: number | null;
  readonly generation: number;
  readonly phase: WorkerPhase;
  /** Since its process was started. */
  readonly age: number;
  readonly served: number | null;
  readonly errors: number | null;
  readonly inFlight: number | null;
  readonly connections: number | null;
  readonly websockets: number | null;
  readonly rss: number | null;
  /** The share of time in which its event loop was busy, from 0 to 1. */
  readonly utilization: number | null;
  readonly loopDelayMs: number | null;
  /** Since its last sign of life. */
  readonly silent: number | null;
  /** Why it leaves, or gets a successor. */
  readonly leaves: string | null;
  /** How the worker before it in this place ended. */
  readonly lastExit: ExitData | null;
}

export interface ExitData {
  readonly how: string;
  readonly age: number;
}

/** A place of the serving generation that waits for its next worker. */
export interface EmptyPlace {
  readonly slot: number;
  /** Workers in a row that died young in it. */
  readonly failures: number;
  /** When the next one starts, in seconds from now. */
  readonly startsIn: number;
  readonly lastExit: ExitData | null;
}

/** `tsgi ctl workers` */
export interface WorkersData {
  readonly workers: readonly WorkerRow[];
  readonly empty: readonly EmptyPlace[];
}

/** `tsgi ctl requests`: what the applications have in their hands, the oldest first. */
export interface RequestsData {
  readonly requests: readonly RequestRow[];
  /** The workers that could not be asked. */
  readonly silent: readonly { readonly slot: number; readonly pid: number | null; readonly why: string }[];
}

export interface RequestRow {
  readonly slot: number;
  readonly pid: number | null;
  readonly id: string;
  readonly method: string;
  readonly target: string;
  readonly age: number;
}

/** `tsgi ctl stack PID` */
export interface StackData {
  readonly slot: number;
  readonly pid: number;
  /** Innermost first. Null when it cannot be had: `note` says what is known instead. */
  readonly frames: readonly Frame[] | null;
  readonly place: string | null;
  readonly note: string | null;
  readonly requests: readonly Omit<RequestRow, "slot" | "pid">[] | null;
}

/** What an order is answered with. */
export interface DoneData {
  readonly message: string;
}
