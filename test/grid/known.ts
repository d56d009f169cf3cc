// Cells that are not as one would expect for a reason that no reference server shows. A reason whose cell is as expected is a
// failure: it would be an excuse.

import type { Program } from "./programs.ts";

export interface Reason {
  /** Ids of behaviours; a pattern. */
  readonly behaviours: RegExp;
  readonly programs: (program: Program) => boolean;
  readonly why: string;
}

export const REASONS: readonly Reason[] = [];

export const reasonFor = (program: Program, behaviour: string): string | undefined =>
  REASONS.find((reason) => reason.behaviours.test(behaviour) && reason.programs(program))?.why;
