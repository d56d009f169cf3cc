// What the child of `tsgi check` and its parent say to each other. Tagged like the words of master and worker.

import type { Settings } from "../config/options.ts";
import type { FailureCode } from "../errors.ts";

/** To the child, once: load the application as a worker with these settings would. */
export interface CheckCommand {
  readonly tsgi: "check";
  readonly settings: Settings;
  /** The configuration file, where it has hooks for workers. */
  readonly hooksFile: string | null;
}

/** From the child, once; it exits by itself afterwards. */
export type CheckReport =
  | {
      readonly tsgi: "checked";
      /** What was found, where, and what serves it: a line for a person. */
      readonly text: string;
      /** By `--interface` or by recognition. */
      readonly interface: Exclude<Settings["interface"], "auto">;
      /** What it was recognised by. */
      readonly why: string;
      /** What a worker would warn of. */
      readonly warnings: readonly string[];
    }
  | { readonly tsgi: "boot-failed"; readonly code: FailureCode; readonly message: string };

const tagOf = (message: unknown): unknown =>
  typeof message === "object" && message !== null && "tsgi" in message ? message.tsgi : undefined;

/** The application's own messages over the same channel pass by. */
export const isCheckCommand = (message: unknown): message is CheckCommand => tagOf(message) === "check";
export const isCheckReport = (message: unknown): message is CheckReport =>
  tagOf(message) === "checked" || tagOf(message) === "boot-failed";
