// What the client gets of a request that failed, and whether the application is to blame: wsgiref's handle_error, where a server also
// tells applications to end. Pure; who logs and sends it is run.ts.

import { ContractError } from "./body.ts";
import { RequestError } from "./exchange.ts";

/** How far the request had come. */
export interface Progress {
  /** The application was told to end, and this is how such a one ends. */
  readonly told: boolean;
  readonly headSent: boolean;
  /** The response is an event stream whose end can be put out at any time. */
  readonly endless: boolean;
}

export interface Verdict {
  /** A status; an end that the client cannot tell from any other; or a cut that it can see. */
  readonly answer: number | "end" | "cut";
  /** Nobody here did wrong: nothing is logged. */
  readonly blameless: boolean;
}

/** Service Unavailable: another worker, or the same server a moment later, may answer. */
const LEAVES = 503;

/** @param error What the application threw, or what a part of it failed with. */
export function verdictOn(error: unknown, { told, headSent, endless }: Progress): Verdict {
  // Where the client's part failed and the application let it through, or the server gave it up.
  const isRequestError = error instanceof RequestError;
  const blameless = isRequestError || told;
  if (!headSent) return { answer: isRequestError ? error.status : told ? LEAVES : 500, blameless };
  return { answer: told && endless ? "end" : "cut", blameless };
}

/** What a log has of an error: where it was thrown, unless it says itself what broke the contract. */
export function failureText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error instanceof ContractError ? error.message : (error.stack ?? error.message);
}

/** Whether the fields are those of an event stream (HTML, Server-sent events), which ends whenever its server likes. */
export function isEventStream(fields: readonly string[]): boolean {
  for (let i = 0; i < fields.length; i += 2) {
    if (fields[i]!.toLowerCase() === "content-type") return /^text\/event-stream *(?:;|$)/i.test(fields[i + 1]!);
  }
  return false;
}
