// What can happen to a master: the closed list of facts, and the signals that make some of them.
// Handlers do nothing but queue a fact. What a fact means is plan.ts's business.

import process from "node:process";
import { isatty } from "node:tty";
import type { Settings } from "../config/options.ts";
import type { Report } from "../ipc/messages.ts";

/** The signals a master answers, and what each asks for. docs/reference/signals is generated from this table. */
export const SIGNALS = {
  SIGTERM: "stop gracefully: finish what is open within --graceful-timeout; a second one stops quickly",
  SIGINT: "the same as TERM; a second one stops quickly",
  SIGQUIT: "stop quickly: what is open is dropped",
  SIGHUP:
    "read the configuration again and replace the workers by a new generation; if that fails, the old one goes on. When it comes because the terminal was closed: the same as TERM",
  SIGTTIN: "one worker more",
  SIGTTOU: "one worker less, down to one",
  SIGUSR1: "open the log files again",
  SIGUSR2: "nothing yet, but a warning in the log",
  SIGWINCH: "nothing; terminals send it when their window changes",
} as const;

export type ControlSignal = keyof typeof SIGNALS;

/** A configuration that was read again, as far as it may be used without a restart. */
export interface Configuration {
  readonly settings: Settings;
  /** The settings that changed and keep their old value until the server is started again. */
  readonly restart: readonly (keyof Settings)[];
}

export type Fact =
  /** Everything is bound; the workers may be started. */
  | { readonly fact: "start" }
  | { readonly fact: "signal"; readonly signal: ControlSignal }
  | { readonly fact: "forked"; readonly id: number; readonly pid: number }
  | { readonly fact: "report"; readonly id: number; readonly report: Report }
  /** A worker's process is gone, or (`trouble`) never came to be. Nothing more will be heard of this id. */
  | {
      readonly fact: "exit";
      readonly id: number;
      readonly code: number | null;
      readonly signal: string | null;
      readonly trouble: string | null;
    }
  | { readonly fact: "configured"; readonly configuration: Configuration }
  | { readonly fact: "not-configured"; readonly message: string }
  /** Time has passed: at least every second, and when the last plan asked for it. */
  | { readonly fact: "tick" };

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
