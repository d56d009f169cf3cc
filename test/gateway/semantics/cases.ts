// Every case, theme by theme.

import { BODIES } from "./bodies.ts";
import type { Case } from "./case.ts";
import { CLOSING } from "./closing.ts";
import { ENVIRON } from "./environ.ts";
import { ERRORS } from "./errors.ts";
import { FILES } from "./files.ts";
import { LENGTHS } from "./lengths.ts";
import { REFUSALS } from "./refusals.ts";
import { STARTING } from "./starting.ts";
import { WRITING } from "./writing.ts";

export const CASES: readonly Case[] = [
  ...STARTING,
  ...WRITING,
  ...BODIES,
  ...LENGTHS,
  ...CLOSING,
  ...ERRORS,
  ...REFUSALS,
  ...FILES,
  ...ENVIRON,
];
