// Cells that are not as one would expect for a reason that no reference server shows. A reason whose cell is as expected is a
// failure: it would be an excuse.

import type { Program } from "./programs.ts";

export interface Reason {
  /** Ids of behaviours; a pattern. */
  readonly behaviours: RegExp;
  readonly programs: (program: Program) => boolean;
  readonly why: string;
}

export const REASONS: readonly Reason[] = [
  {
    behaviours: /^file-(?!whole|if-range)/,
    programs: ({ title }) => title === "ASGI" || title === "TSGI",
    why: "this program has no framework, and sends the file as a whole",
  },
  {
    behaviours: /^trailers-/,
    programs: ({ kind }) => kind === "fetch",
    why: "the fetch standard has no trailers",
  },
  {
    behaviours: /^trailers-in$/,
    programs: ({ kind }) => kind === "asgi",
    why: "ASGI has no trailers of a request",
  },
  {
    behaviours: /^headers-out$/,
    programs: ({ kind }) => kind === "asgi" || kind === "fetch",
    why: "the interface has names of headers in lower case",
  },
  {
    behaviours: /^early-hints$/,
    programs: ({ title }) => title === "h3" || title === "Elysia",
    why: "a handler of this framework is not given what the server gives with a request",
  },
];

export const reasonFor = (program: Program, behaviour: string): string | undefined =>
  REASONS.find((reason) => reason.behaviours.test(behaviour) && reason.programs(program))?.why;
