// What a configuration that was read again may change without a restart: the `reload` column of the options table decides.
// Knows values. Does not know how the others come into force.

import { isDeepStrictEqual } from "node:util";
import { OPTION_KEYS, rowOf, type Settings } from "../config/options.ts";

export interface Merged {
  readonly settings: Settings;
  /** The settings that changed and keep their old value until the server is started again. */
  readonly restart: readonly (keyof Settings)[];
}

/** The fresh settings, but with the old values where only a restart can change them; those that wanted to are named. */
export function mergeSettings(current: Settings, fresh: Settings): Merged {
  const restart = OPTION_KEYS.filter(
    (key) => rowOf(key).reload === "restart" && !isDeepStrictEqual(current[key], fresh[key]),
  );
  const kept = Object.fromEntries(restart.map((key) => [key, current[key]]));
  return { settings: { ...fresh, ...kept }, restart };
}
