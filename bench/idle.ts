// Many connections that wait: each opened, served once, and kept. Knows when memory has come to rest.

import { connect, type Socket } from "node:net";
import type { RunningServer } from "./server.ts";

/** Connections that are being opened at any time: fewer than the shortest backlog. */
const AT_ONCE = 64;

export interface IdleConnections {
  /** Those that the server has closed by now. */
  lost(): number;
  close(): void;
}

/** @throws Error when one cannot be opened or gets no 200. */
export async function holdIdle(url: string, count: number): Promise<IdleConnections> {
  const target = new URL(url);
  const sockets: Socket[] = [];
  let left = count;
  const opener = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      sockets.push(await servedOnce(target));
    }
  };
  const close = (): void => {
    // A reset: a closed connection would hold its port for a minute, and there are only so many.
    for (const socket of sockets) socket.resetAndDestroy();
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, opener));
  } catch (error) {
    left = 0;
    close();
    throw error;
  }
  return { lost: () => sockets.filter((socket) => socket.readableEnded || socket.destroyed).length, close };
}

function servedOnce(target: URL): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: target.hostname, port: Number(target.port) });
    let said = "";
    const hear = (piece: Buffer): void => {
      said += piece.toString("latin1");
      const length = Number(/\r\ncontent-length: (\d+)\r\n/i.exec(said)?.[1]);
      const head = said.indexOf("\r\n\r\n");
      if (head < 0 || said.length < head + 4 + length) return;
      if (said.startsWith("HTTP/1.1 200 ")) resolve(socket);
      else reject(new Error(`answered ${said.slice(0, 80)}`));
    };
    socket.on("data", hear);
    socket.on("error", reject);
    socket.once("close", () => reject(new Error("a connection was closed before it was served")));
    socket.write(`GET ${target.pathname} HTTP/1.1\r\nHost: ${target.host}\r\n\r\n`, "latin1");
  });
}

const SAMPLE_MS = 250;
const SAMPLES = 5;
const PATIENCE_MS = 10_000;
/** What still counts as rest. */
const TREMBLE = 0.002;

/** Whether the last samples of a size differ so little that it has come to rest. */
export function isAtRest(samples: readonly number[]): boolean {
  const last = samples.slice(-SAMPLES);
  return last.length === SAMPLES && Math.max(...last) - Math.min(...last) <= TREMBLE * Math.max(...last);
}

/** Resident memory once it has come to rest; what it is after a while, where it never does. */
export async function memoryAtRest(server: RunningServer): Promise<number> {
  const samples: number[] = [];
  const endMs = Date.now() + PATIENCE_MS;
  do {
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
    samples.push(server.residentBytes());
  } while (!isAtRest(samples) && Date.now() < endMs);
  return samples.at(-1)!;
}

/** The limit in /proc/PID/limits (proc(5)): how many files, and so connections, a process may have open. */
export function openFilesLimit(limits: string): number {
  const found = /^Max open files\s+(\S+)/m.exec(limits)?.[1];
  return found === undefined || found === "unlimited" ? Number.POSITIVE_INFINITY : Number(found);
}
