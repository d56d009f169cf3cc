// One burst of connections that stay, and which worker has each of them. Knows the field in which a worker names itself.

import { connect, type Socket } from "node:net";
import { performance } from "node:perf_hooks";

export interface Spread {
  /** Connections of each worker that has some. */
  readonly counts: readonly number[];
  /** From the first connect to the last answer. */
  readonly tookMs: number;
}

/** @throws Error when one cannot be opened, or is not answered with 200 and the name of a worker. */
export async function spreadOf(url: string, count: number): Promise<Spread> {
  const target = new URL(url);
  const startedAt = performance.now();
  // Every SYN is out before the first answer is read.
  const sockets = Array.from({ length: count }, () =>
    connect({ host: target.hostname, port: Number(target.port) }).on("error", () => {}),
  );
  try {
    const workers = await Promise.all(sockets.map((socket) => workerOf(socket, target)));
    const tookMs = performance.now() - startedAt;
    const by = new Map<string, number>();
    for (const worker of workers) by.set(worker, (by.get(worker) ?? 0) + 1);
    return { counts: [...by.values()], tookMs };
  } finally {
    for (const socket of sockets) socket.resetAndDestroy();
  }
}

async function workerOf(socket: Socket, target: URL): Promise<string> {
  socket.write(`GET ${target.pathname} HTTP/1.1\r\nHost: ${target.host}\r\n\r\n`, "latin1");
  let head = "";
  for await (const piece of socket.iterator({ destroyOnReturn: false })) {
    head += (piece as Buffer).toString("latin1");
    if (!head.includes("\r\n\r\n")) continue;
    const worker = /^x-worker: (\S+)\r$/im.exec(head)?.[1];
    if (head.startsWith("HTTP/1.1 200 ") && worker !== undefined) return worker;
    break;
  }
  throw new Error(`answered ${JSON.stringify(head.slice(0, 80))}`);
}
