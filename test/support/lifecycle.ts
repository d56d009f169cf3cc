// test/programs/apps/lifecycle.js served: what its workers said when they were started and shut down.

import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { Server, type ServerOptions } from "./server.ts";

export const APP = "lifecycle:application";

/** A line that it says. */
export interface Told {
  readonly what: "startup" | "shutdown" | "nearly over";
  readonly pid: number;
  readonly slot: number;
  readonly generation: number;
  readonly workers: number;
  readonly reason: string;
}

export const serveLifecycle = (
  t: TestContext,
  args: readonly string[] = [],
  options: ServerOptions = {},
): Promise<Server> => Server.start(t, [APP, ...args], options);

/** The whole lines so far. */
export const toldBy = (server: Server): readonly Told[] =>
  server.stdout
    .split("\n")
    .slice(0, -1)
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Told);

export const pidsOf = (server: Server, what: Told["what"]): readonly number[] =>
  sorted(
    toldBy(server)
      .filter((told) => told.what === what)
      .map(({ pid }) => pid),
  );

export const sorted = (pids: readonly number[]): readonly number[] => [...pids].sort((a, b) => a - b);

/** Each worker that was started up was shut down, once, and was told this reason. */
export function assertShutDown(server: Server, reason: RegExp): void {
  assert.deepEqual(pidsOf(server, "shutdown"), pidsOf(server, "startup"), server.lines.join("\n"));
  for (const told of toldBy(server)) if (told.what === "shutdown") assert.match(told.reason, reason);
}
