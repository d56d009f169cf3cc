// Whether the validator stands between this worker and its application, and where the log takes what it says. What it judges is the
// gateway's business (validate.ts).

import type { Settings } from "../config/options.ts";
import type { Application } from "../gateway/types.ts";
import { type ValidationError, validator } from "../gateway/validate.ts";
import { locateFunction } from "../modules/locate.ts";
import type { Logger } from "../observe/log.ts";
import type { LoadedApplication } from "./loader.ts";

export interface LintParts {
  readonly lint: Settings["lint"];
  /** NODE_ENV, as the application has it. */
  readonly mode: string | undefined;
  readonly logger: Pick<Logger, "debug" | "info" | "warn" | "error">;
  /** `tsgi dev` has it on, and starts anew all the time: nobody wants to be told each time. */
  readonly isExpected?: boolean;
}

/** `auto` is for development, where an error is worth more than the time that it costs to find it. */
export const isLinted = ({ lint, mode }: Pick<LintParts, "lint" | "mode">): boolean =>
  lint === "on" || (lint === "auto" && mode === "development");

/** The application itself, or with the validator around it. Says which. */
export function linted(loaded: Pick<LoadedApplication, "application" | "file">, parts: LintParts): Application {
  if (!isLinted(parts)) return loaded.application;
  const { logger, lint, isExpected = false } = parts;
  const why = lint === "on" ? "--lint on" : "NODE_ENV is development; --lint off turns it off";
  logger[isExpected ? "debug" : "info"](`the validator is on: every request is checked against the contract (${why})`);
  let place: string | undefined;
  // An error that is thrown has the place in its stack; here nothing was thrown, so it is the application's own.
  const at = (error: ValidationError): string => {
    place ??= locateFunction(loaded.application) ?? loaded.file;
    return `${error.message} (${place})`;
  };
  return validator(loaded.application, {
    warn: (warning) => logger.warn(at(warning), { rule: warning.code }),
    report: (violation) => logger.error(at(violation), { rule: violation.code }),
  });
}
