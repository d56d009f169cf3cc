// Flags that may stand alone: `--lint` is `--lint on`. Decides by the word that follows, so that an application behind such a flag is not taken
// for its value. Knows words and the table of options; whoever parses them sees a value each time.

import { OPTION_KEYS, OPTIONS, type OptionKey, type Row } from "./options.ts";

const rowOf = (key: OptionKey): Row<unknown, unknown> => OPTIONS[key] as unknown as Row<unknown, unknown>;

/** By the flag as it is written. */
const ALONE: ReadonlyMap<string, Row<unknown, unknown>> = new Map(
  OPTION_KEYS.map(rowOf).flatMap((row) => (row.alone === undefined ? [] : [[row.flags, row] as const])),
);

/** The same words, where each flag that stands alone says what that means: `--lint app` becomes `--lint=on app`. */
export function withLoneFlags(words: readonly string[]): readonly string[] {
  const end = words.indexOf("--");
  return words.map((word, i) => {
    const row = end >= 0 && i > end ? undefined : ALONE.get(word);
    if (row === undefined || isValue(row, words[i + 1])) return word;
    return `${word}=${row.alone}`;
  });
}

/** Kinds that depend on the surroundings, as paths do, have no such flags. */
const isValue = ({ parse }: Row<unknown, unknown>, word: string | undefined): boolean =>
  word !== undefined && parse.read(word, NOWHERE).ok;

const NOWHERE = { absolute: (path: string): string => path } as Parameters<Row<unknown, unknown>["parse"]["read"]>[1];
