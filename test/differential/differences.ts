// Where node:http and tsgi read the same bytes differently, and why ours is right. Every case of test/wire/http1 that the two do
// not treat alike is here, and no other: differential.test.ts holds both. The page docs/differences.md is made of this table.

import { BODIES } from "./differences/bodies.ts";
import { CONNECTIONS } from "./differences/connections.ts";
import { HEADS } from "./differences/heads.ts";

export interface Difference {
  /** What sort of bytes. */
  readonly title: string;
  /** What each of the two does, as a sentence without its subject and full stop. */
  readonly node: string;
  readonly tsgi: string;
  readonly why: string;
  /** Sections of RFCs, with commas between them. */
  readonly rfc: string;
  readonly groups: readonly Group[];
}

/** Cases with the same verdicts, by their folder under test/wire/http1, with white space between them. */
export interface Group {
  readonly accept?: string;
  readonly refuse?: string;
  /** Verdicts in the words of verdict.ts. */
  readonly node: string;
  readonly tsgi: string;
  /** The first major version of Node that does so, and the first that does not any more. */
  readonly from?: number;
  readonly below?: number;
}

export const DIFFERENCES: readonly Difference[] = [...HEADS, ...BODIES, ...CONNECTIONS];

/** The names of a group's cases: `refuse/host-twice`. */
export function casesOf({ accept = "", refuse = "" }: Group): readonly string[] {
  const named = (folder: string, names: string) =>
    names.split(/\s+/).flatMap((name) => (name ? [`${folder}/${name}`] : []));
  return [...named("accept", accept), ...named("refuse", refuse)];
}

/** Whether a group says something of a major version of Node. */
export const isOf = ({ from = 0, below = Number.POSITIVE_INFINITY }: Group, major: number): boolean =>
  from <= major && major < below;
