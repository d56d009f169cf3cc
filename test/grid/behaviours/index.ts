// The rows of the grid, in the order of the table.

import type { Behaviour, Group } from "../behaviour.ts";
import { BODIES } from "./bodies.ts";
import { DRAINING } from "./draining.ts";
import { EXCHANGES } from "./exchanges.ts";
import { REQUESTS } from "./requests.ts";
import { WEBSOCKETS } from "./websockets.ts";

export const GROUPS: readonly Group[] = [...REQUESTS, ...BODIES, ...EXCHANGES, ...WEBSOCKETS, ...DRAINING];

export const BEHAVIOURS: readonly Behaviour[] = GROUPS.flatMap(({ behaviours }) => behaviours);
