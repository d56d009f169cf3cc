// An error as a terminal shows it to the one who wrote the program. Knows no log. Whatever was thrown, this answers.

import { detailsOf, type FailureDetails } from "./details.ts";
import { showDetails } from "./show-details.ts";
import { read } from "./stack.ts";

/** Where a call is shown, the first is the place. */
export const errorText = (thrown: unknown): string => textOf(detailsOf(thrown));

/** The same of what another process has thrown, and has taken apart there (`details`), where its stack was known in full. */
export function toldErrorText(told: unknown): string {
  const details = read(told, "details");
  return typeof details === "object" && details !== null ? textOf(details as FailureDetails) : errorText(told);
}

const textOf = (details: FailureDetails): string =>
  showDetails(details.frames.length > 0 ? { ...details, place: null } : details);
