// What an old master gives its heir: a variable that says which descriptor is which, and two words that come back over the channel.
// Both sides read this file, perhaps of different versions of tsgi: nothing that stands in it may change its meaning.

import type { PassedSocket } from "../config/passed.ts";
import { TsgiError } from "../errors.ts";
import type { InheritedSocket } from "./estate.ts";

/** Holds a `Handover` as JSON. */
export const HANDOVER_VARIABLE = "TSGI_HEIR_OF";

export interface Handover {
  /** The old master. Another process that finds the variable is nobody's heir. */
  readonly parent: number;
  readonly sockets: readonly InheritedSocket[];
  readonly passed: readonly PassedSocket[];
  /** The old master's pid file, which the heir removes in the end if it writes another. */
  readonly pidfile: string | null;
}

/** What the heir tells the old master: its first generation serves; it leaves, whoever told it to. */
export type HeirNews = "serving" | "leaving";

export interface HeirMessage {
  readonly tsgi: "heir";
  readonly news: HeirNews;
}

export const isHeirMessage = (m: unknown): m is HeirMessage =>
  typeof m === "object" && m !== null && "tsgi" in m && m.tsgi === "heir" && "news" in m;

/**
 * Takes the variable out of the environment, so that no worker takes it for its own.
 *
 * @param ppid Our parent process.
 * @returns null when we are nobody's heir.
 * @throws {TsgiError} `internal` when our own parent wrote something that we do not understand.
 */
export function takeHandover(env: NodeJS.ProcessEnv, ppid: number): Handover | null {
  const text = env[HANDOVER_VARIABLE];
  delete env[HANDOVER_VARIABLE];
  if (text === undefined) return null;
  const handover = read(text);
  if (handover === undefined || !isHandover(handover)) {
    const what = `${HANDOVER_VARIABLE} does not say what an old master hands over`;
    throw new TsgiError("internal", `${what}; stop the server and start it instead of upgrading it`);
  }
  return handover.parent === ppid ? handover : null;
}

function read(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

const isList = (value: unknown, fits: (row: Readonly<Record<string, unknown>>) => boolean): boolean =>
  Array.isArray(value) && value.every((row) => isRecord(row) && fits(row));

const isText = (value: unknown): boolean => typeof value === "string";
const isNumber = (value: unknown): boolean => Number.isSafeInteger(value);

const isHandover = (value: unknown): value is Handover =>
  isRecord(value) &&
  isNumber(value["parent"]) &&
  (value["pidfile"] === null || isText(value["pidfile"])) &&
  isList(
    value["sockets"],
    ({ bind, fd, identity }) => isText(bind) && isNumber(fd) && (identity === null || isText(identity)),
  ) &&
  isList(value["passed"], ({ fd, name }) => isNumber(fd) && isText(name));
