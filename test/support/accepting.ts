// The values of --accept, and how connections are counted by the worker that has them.

import process from "node:process";
import type { TestContext } from "node:test";
import { get, RawClient } from "./client.ts";
import { node } from "./compiled.ts";
import { canReusePort, versionOf } from "./reuse-port.ts";

/** Connections that are opened at once and stay, by the process that has them. */
export async function burst(
  where: number | string,
  count: number,
): Promise<{ by: Map<string, number>; close(): void }> {
  const clients = await Promise.all(
    Array.from({ length: count }, async () => {
      const client = await RawClient.connect(where);
      client.send(get("/"));
      return client;
    }),
  );
  const by = new Map<string, number>();
  for (const client of clients) {
    const { body } = await client.response();
    by.set(body, (by.get(body) ?? 0) + 1);
  }
  return {
    by,
    close() {
      for (const client of clients) client.close();
    },
  };
}

/** What the busiest of so many workers has, over the mean. */
export const unevenness = (by: ReadonlyMap<string, number>, workers: number): number =>
  (Math.max(...by.values()) * workers) / [...by.values()].reduce((sum, count) => sum + count, 0);

export const middle = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[numbers.length >> 1]!;

/** Stops a process without its knowing; it goes on when the test is over, so that it can be ended. */
export function freeze(t: TestContext, pid: number): void {
  process.kill(pid, "SIGSTOP");
  t.after(() => {
    try {
      process.kill(pid, "SIGCONT");
    } catch {
      // It was killed.
    }
  });
}

const reusable = canReusePort(versionOf(node));
/** Options of a test that needs --accept reuse-port. */
export const reusing = { skip: !reusable && "this Node cannot share a port between sockets" };
/** Options of one that needs a Node without. */
export const notReusing = { skip: reusable && "this Node can share a port between sockets" };

export const MODES = [
  { accept: "shared", options: {} },
  { accept: "round-robin", options: {} },
  { accept: "reuse-port", options: reusing },
] as const;
