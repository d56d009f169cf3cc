// The question that follows an unknown word, in the one form that every message of tsgi uses.

import { nearest } from "../modules/nearest.ts";

/**
 * ` (did you mean --workers?)`, or nothing when no candidate is near.
 *
 * @param prefix Stands before every candidate and counts for nothing: `--`, `TSGI_`.
 */
export function didYouMean(word: string, candidates: readonly string[], prefix = ""): string {
  const given = plain(word);
  const same = candidates.find((candidate) => plain(candidate) === given);
  const near = same === undefined ? nearest(given, candidates.map(plain)) : null;
  const meant = same ?? candidates.find((candidate) => plain(candidate) === near);
  return meant === undefined ? "" : ` (did you mean ${prefix}${meant}?)`;
}

// Case, dashes and underscores are how the same name looks in a flag, a variable and a file.
const plain = (word: string): string => word.toLowerCase().replace(/[-_]/g, "").slice(0, 64);
