// What the master says to the process that reads the configuration for a reload, and what that answers. Tagged like the words of
// master and worker.

import type { OptionKey, Settings } from "../config/options.ts";
import type { Origin, SettingsInput } from "../config/resolve.ts";
import type { FailureCode } from "../errors.ts";

/** To the reader, once. */
export interface ReadCommand {
  readonly tsgi: "read-configuration";
  readonly input: SettingsInput;
  /** The master's pid, for the reader to know when it is alone. */
  readonly master: number;
  /** `NODE_OPTIONS` as the master has it; the reader was started without a debugger. */
  readonly nodeOptions: string | null;
}

/** From the reader: that it begins, then one of the others; it exits by itself afterwards. */
export type ReadAnswer =
  | { readonly tsgi: "reading" }
  | {
      readonly tsgi: "configuration";
      readonly settings: Settings;
      readonly origins: Readonly<Record<OptionKey, Origin>>;
      readonly file: string | undefined;
      readonly watch: readonly string[];
    }
  | { readonly tsgi: "no-configuration"; readonly code: FailureCode; readonly message: string };

const ANSWERS = ["reading", "configuration", "no-configuration"] as const satisfies readonly ReadAnswer["tsgi"][];

const tagOf = (message: unknown): unknown =>
  typeof message === "object" && message !== null && "tsgi" in message ? message.tsgi : undefined;

export const isReadCommand = (message: unknown): message is ReadCommand => tagOf(message) === "read-configuration";
/** The configuration file's own messages over the same channel pass by. */
export const isReadAnswer = (message: unknown): message is ReadAnswer =>
  (ANSWERS as readonly unknown[]).includes(tagOf(message));
