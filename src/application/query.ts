// Fields by name, several of one name in their order: queries and urlencoded forms (WHATWG URL, application/x-www-form-urlencoded). Their
// number is limited, because each costs more than its bytes.

import { TooManyFields } from "./exceptions.ts";
import type { Settings } from "./settings.ts";

/** A URLSearchParams that is not changed. */
export type ReadonlyParams = Omit<URLSearchParams, "append" | "delete" | "set" | "sort"> & Iterable<[string, string]>;

const AMPERSAND = 0x26;

/** @throws TooManyFields */
export function queryOf(text: string, settings: Pick<Settings, "dataUploadMaxNumberFields">): URLSearchParams {
  const most = settings.dataUploadMaxNumberFields ?? Number.POSITIVE_INFINITY;
  let count = 1;
  for (let i = 0; i < text.length; i += 1) if (text.charCodeAt(i) === AMPERSAND) count += 1;
  if (count > most) {
    throw new TooManyFields(`${count} fields, and settings.dataUploadMaxNumberFields is ${most}`);
  }
  // URLSearchParams takes a "?" at the start for the mark of a query; here it is part of a name.
  return new URLSearchParams(text.startsWith("?") ? `&${text}` : text);
}
