// The requests that an application has in hand, for whoever asks where a worker stands. Listed on demand: a request pays for it with no
// more than the time it began at, which is the sweep's.

import { performance } from "node:perf_hooks";
import { monotonicMs, type OpenRequest } from "./board.ts";
import type { OpenConnection } from "./connection-host.ts";

/** At most so many; those of the oldest connections first. */
export function openRequests(
  connections: Iterable<Pick<OpenConnection, "inHand">>,
  most: number,
): readonly OpenRequest[] {
  const open: OpenRequest[] = [];
  if (most === 0) return open;
  const clock = monotonicMs() - performance.now();
  for (const { inHand } of connections) {
    if (inHand === undefined) continue;
    const { head, requestId, since } = inHand;
    open.push({ id: requestId, method: head.method, target: head.target, startedAt: since + clock });
    if (open.length === most) break;
  }
  return open;
}
