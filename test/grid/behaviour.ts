// What a row of the grid is.

import type { Peer } from "./peer.ts";
import type { Facts } from "./verdict.ts";

export interface Behaviour {
  /** As `--behaviours` names it, and as it is stored. */
  readonly id: string;
  /** A promise, as the table says it. */
  readonly title: string;
  /** What one would expect of any server and any application. */
  readonly expected: Facts;
  /** It moves many bytes, or takes its time: not for every run of the tests. */
  readonly dear?: boolean;
  /** Only tsgi is asked, for no other server can be told to do this. */
  readonly alone?: boolean;
  readonly observe: (peer: Peer) => Promise<Facts>;
}

export interface Group {
  readonly title: string;
  readonly behaviours: readonly Behaviour[];
}
