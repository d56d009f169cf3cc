// What the log says when an application failed a request: the answer, the request, and the application's own file and line,
// also where nothing was thrown that would have said it; and whether it was taken for what it is not.

import { ContractError } from "../gateway/body.ts";
import type { Trouble } from "../gateway/host.ts";
import { ValidationError } from "../gateway/validate.ts";
import { mistakenFor } from "../interfaces/mistaken.ts";
import { locateFunction } from "../modules/locate.ts";
import { placeOf, read, summary } from "../modules/stack.ts";
import type { Logger } from "../observe/log.ts";
import type { LoadedApplication } from "./loader.ts";

/** Writes one record for each trouble. `loaded` says where the application is when an error does not. */
export function troubleReporter(
  logger: Logger,
  loaded: Pick<LoadedApplication, "application" | "file"> & Partial<Pick<LoadedApplication, "interface" | "subject">>,
): (trouble: Trouble) => void {
  let location: string | undefined;
  // Asked once: the answer costs a debugger session, and does not change.
  const applicationLocation = () => {
    location ??= writtenAt(loaded.application) ?? loaded.file;
    return location;
  };
  return ({ requestId, method, target, error, answer }) => {
    const place = placeOf(error);
    const where = place === null ? applicationLocation() : `${place.file}:${place.line}:${place.column}`;
    const saysWho = error instanceof ContractError || error instanceof ValidationError;
    // In a record, a field that is undefined is none.
    const failed = error === undefined ? `the application failed: ${summary(error)}` : "the application failed";
    const what = saysWho ? error.message : failed;
    const hint = loaded.interface === "tsgi" ? mistakenFor(loaded.subject, error) : null;
    logger.error(`${what} (${where})${hint === null ? "" : `; ${hint}`}`, {
      requestId,
      request: `${method} ${target}`,
      answer,
      ...(saysWho ? {} : { err: error }),
    });
  };
}

/** Where somebody wrote it; of an object, its fetch(). A framework's own is no place where the mistake could be. */
function writtenAt(application: unknown): string | undefined {
  const called = typeof application === "function" ? application : read(application, "fetch");
  const place = typeof called === "function" ? locateFunction(called as () => unknown) : undefined;
  return place === undefined || /[\\/]node_modules[\\/]/.test(place) ? undefined : place;
}
