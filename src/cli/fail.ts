// What a failure looks like to the person at the terminal, and the exit code that goes with it.

import { FAILURES, TsgiError } from "../errors.ts";

export interface Ending {
  readonly text: string;
  readonly exitCode: number;
}

/**
 * A failure of the table is the person's to mend: its message, no stack. Anything else is ours, so it shows where.
 *
 * @param error Whatever was thrown.
 */
export function explain(error: unknown): Ending {
  if (error instanceof TsgiError) return { text: `tsgi: ${error.message}\n`, exitCode: error.exitCode };
  const stack =
    error instanceof Error ? (error.stack ?? `${error.name}: ${error.message}`) : `thrown: ${String(error)}`;
  const request =
    "This is a fault of tsgi itself. Please report it with the lines below and the output of `tsgi config`.";
  return { text: `tsgi: ${request}\n${stack}\n`, exitCode: FAILURES.internal.exit };
}
