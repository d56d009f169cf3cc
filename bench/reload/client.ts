// A client that asks again and again, each time with a new connection, until the new code answers. Counts what it met on the way.

import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export interface Met {
  /** From the call to the end of the first answer of this version, in milliseconds. */
  readonly ms: number;
  /** Connections that were refused. */
  readonly refused: number;
  /** Connections that were cut before the answer was whole. */
  readonly cut: number;
  /** Answers of an older version. */
  readonly old: number;
  /** Answers that are no success. */
  readonly failed: number;
}

/** Between two questions. Shorter would take the processor from whom it asks. */
const PAUSE_MS = 1;
const LIMIT_MS = 20_000;

/**
 * @param version Of the answer that is waited for: `version 7 of /`.
 * @throws Error when it does not come within 20 s; `said` completes the message.
 */
export async function untilVersion(port: number, version: number, said: () => string): Promise<Met> {
  const startedAt = performance.now();
  let [refused, cut, old, failed] = [0, 0, 0, 0];
  for (;;) {
    const answer = await ask(port);
    const ms = performance.now() - startedAt;
    if (answer === "refused") refused += 1;
    else if (answer === "cut") cut += 1;
    else if (answer.includes(`version ${version} of`)) return { ms, refused, cut, old, failed };
    else if (/^HTTP\/1.1 200 /.test(answer)) old += 1;
    else failed += 1;
    if (ms > LIMIT_MS) {
      throw new Error(
        `version ${version} did not come within ${LIMIT_MS / 1_000} s; last: ${answer.slice(0, 300)}\n${said()}`,
      );
    }
    await sleep(PAUSE_MS);
  }
}

/** A whole answer, by its length; `connection: close` would end it too, and wait for the other side's end of the connection. */
function ask(port: number): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const done = (answer: string): void => {
      resolve(answer);
      socket.destroy();
    };
    socket.setEncoding("latin1");
    socket.setTimeout(LIMIT_MS, () => done("cut"));
    socket.once("connect", () => socket.write("GET / HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n"));
    socket.on("data", (piece) => {
      text += piece;
      if (isWhole(text)) done(text);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => done(error.code === "ECONNREFUSED" ? "refused" : "cut"));
    socket.once("close", () => done("cut"));
  });
}

/** A head, and the body that it announces. */
export function isWhole(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end))?.[1];
  return length === undefined ? text.endsWith("0\r\n\r\n") : text.length >= end + 4 + Number(length);
}
