// What can happen to a master: the closed list of facts, and the signals that make some of them.
// Handlers do nothing but queue a fact. What a fact means is plan.ts's business.

import process from "node:process";
import { isatty } from "node:tty";
import type { ListenerInfo, Report } from "../ipc/messages.ts";
import type { Sight } from "./proc.ts";
import type { Merged } from "./reload.ts";

/** The signals a master answers, and what each asks for. docs/reference/signals is generated from this table. */
export const SIGNALS = {
  SIGTERM:
    "stop gracefully: serve on for --drain-delay, then finish what is open within --graceful-timeout; a second one stops quickly, a third one kills",
  SIGINT:
    "stop quickly: what is open is dropped, the applications' shutdown() runs, within 2 seconds; a second one kills",
  SIGQUIT: "the same as INT",
  SIGHUP:
    "read the configuration again and replace the workers by a new generation; if that fails, the old one goes on. One that comes while a reload is under way is answered by another reload after it. When it comes because the terminal was closed: the same as TERM. Of an upgrade's old master whose workers were sent home by WINCH: start them again",
  SIGTTIN: "one worker more",
  SIGTTOU: "one worker less, down to one",
  SIGUSR1: "open the log files again",
  SIGUSR2:
    "upgrade: start a new master, possibly of a newer tsgi, that serves on the same sockets beside this one; TERM to this one completes it, TERM to the new one takes it back. Ignored while one is under way, and by process 1 of a container, with which everything would end",
  SIGWINCH:
    "during an upgrade, in the old master: its workers leave, and the master stays for the way back; else nothing, since terminals send it when their window changes",
} as const;

export type ControlSignal = keyof typeof SIGNALS;

/** A configuration that was read again, as far as it may be used without a restart. */
export interface Configuration extends Merged {
  /** What the workers of these settings accept on: bound already, those that were kept among them. */
  readonly listeners: readonly ListenerInfo[];
}

/** What is known of a death beside its code and signal. */
export interface Evidence {
  /**
   * Whose memory the kernel's OOM killer made room in, by its own counts: that of the process's control group, or of the machine. `none`
   * when no count rose; null when they cannot be read, or there was no reason to.
   */
  readonly oomKill: "cgroup" | "machine" | "none" | null;
  /** What V8 wrote down before it gave up. */
  readonly fatal: FatalError | null;
}

export interface FatalError {
  /** `Allocation failed - JavaScript heap out of memory`. */
  readonly event: string;
  readonly isOutOfMemory: boolean;
  readonly heapUsed: number | null;
  readonly heapLimit: number | null;
}

/** What `tsgi ctl` can ask for, where the plan has to decide. */
export type Order =
  | { readonly order: "reload"; readonly wait: boolean }
  | { readonly order: "scale"; readonly count: number }
  | { readonly order: "restart"; readonly pid: number }
  | { readonly order: "stop"; readonly style: "graceful" | "quick" }
  | { readonly order: "reopen" };

export type Fact =
  /** Everything is bound; the workers may be started. */
  | { readonly fact: "start" }
  | { readonly fact: "signal"; readonly signal: ControlSignal }
  /** Answered with the action `answer` and the same ticket, at once or when the outcome is known. */
  | { readonly fact: "order"; readonly ticket: number; readonly order: Order }
  | { readonly fact: "forked"; readonly id: number; readonly pid: number }
  | { readonly fact: "report"; readonly id: number; readonly report: Report }
  /** A worker's process is gone, or (`trouble`) never came to be. Nothing more will be heard of this id. */
  | {
      readonly fact: "exit";
      readonly id: number;
      readonly code: number | null;
      readonly signal: string | null;
      readonly trouble: string | null;
      readonly evidence?: Evidence;
    }
  | { readonly fact: "configured"; readonly configuration: Configuration }
  | { readonly fact: "not-configured"; readonly message: string }
  /** The new master of an upgrade: its process exists, it serves, it was told to stop, it is gone. */
  | { readonly fact: "heir-forked"; readonly pid: number }
  | { readonly fact: "heir-ready" }
  | { readonly fact: "heir-leaving" }
  | { readonly fact: "heir-gone"; readonly how: string }
  /** We are the new master, and the old one is gone. */
  | { readonly fact: "parent-gone" }
  /** With `--reload`: a file of the program is not as it was when it was loaded. */
  | { readonly fact: "dirty" }
  /** Nothing more changes: these files have, absolute; the configuration, or what it is read from, is among them. */
  | { readonly fact: "changed"; readonly files: readonly string[]; readonly configuration: boolean }
  /** Time has passed: at least every second, and when the last plan asked for it. `rss` is by worker, where it could be read. */
  | { readonly fact: "tick"; readonly seen?: ReadonlyMap<number, Sight> };

/**
 * Takes all signals of the table for the life of the process. SIGUSR1 is among them: without a listener Node answers it by
 * opening a debugger's port, and the others would end the master.
 */
export function listenForSignals(enqueue: (fact: Fact) => void): void {
  const hadTerminal = isatty(2);
  for (const signal of Object.keys(SIGNALS) as ControlSignal[]) {
    process.on(signal, () => {
      // The terminal was closed, and the kernel says so with HUP: whoever started the server there wants it gone, not reloaded.
      const hungUp = signal === "SIGHUP" && hadTerminal && !isatty(2);
      enqueue({ fact: "signal", signal: hungUp ? "SIGTERM" : signal });
    });
  }
}
