// One question to a server over its control socket, and the answer; or why there is none, in words for the person at the terminal.
// Knows sockets and how long a server may take. Does not know what the question means.

import { lstatSync } from "node:fs";
import net from "node:net";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { TsgiError } from "../errors.ts";
import { type Answer, type ControlCommand, readAnswer, writeLine } from "../ipc/control.ts";

export interface AskLimits {
  /** A master answers at once, and asks its workers for at most five seconds. */
  readonly answerMs: number;
  /** How often a server is asked whether it is still there while one waits for the end of something. */
  readonly pulseMs: number;
}

export const ASK_LIMITS: AskLimits = { answerMs: 10_000, pulseMs: 5_000 };

/** @throws {TsgiError} `no-server`. */
export function ask(path: string, request: ControlCommand, { answerMs }: AskLimits = ASK_LIMITS): Promise<Answer> {
  return converse(path, request, AbortSignal.timeout(answerMs), () =>
    noServer(
      `the server at ${path} did not answer within ${answerMs / 1000} s: it is stopped, or its machine is overloaded`,
    ),
  );
}

/**
 * The same where an answer may take as long as it likes, as long as the server answers other questions.
 *
 * @throws {TsgiError} `no-server`, also when the server is gone before the answer.
 */
export async function askAndWait(
  path: string,
  request: ControlCommand,
  limits: AskLimits = ASK_LIMITS,
): Promise<Answer> {
  const over = new AbortController();
  const pulse = async (): Promise<never> => {
    for (;;) {
      await delay(limits.pulseMs, undefined, { signal: over.signal });
      await ask(path, { command: "status" }, limits);
    }
  };
  try {
    return await Promise.race([converse(path, request, over.signal, () => new Error("not waited for")), pulse()]);
  } finally {
    over.abort();
  }
}

/** `sun_path` with its closing NUL. A longer one is cut by some, and would lead to another socket. */
const MAX_PATH_BYTES = (process.platform === "linux" ? 108 : 104) - 1;

function converse(path: string, request: ControlCommand, signal: AbortSignal, late: () => Error): Promise<Answer> {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
    return Promise.reject(noServer(`the path ${path} is longer than that of a socket may be`));
  }
  return new Promise((resolve, reject) => {
    const socket = net.connect({ path });
    const settle = (act: () => void): void => {
      signal.removeEventListener("abort", onAbort);
      socket.destroy();
      act();
    };
    const onAbort = (): void => settle(() => reject(late()));
    signal.addEventListener("abort", onAbort);
    let received = "";
    socket.setEncoding("utf8");
    socket.write(writeLine({ id: 1, ...request }));
    socket.on("data", (text: string) => {
      received += text;
      if (!text.includes("\n")) return;
      const answer = readAnswer(received.slice(0, received.indexOf("\n")));
      settle(() => (answer === undefined ? reject(noServer(`${path} is no control socket of tsgi`)) : resolve(answer)));
    });
    socket.on("end", () =>
      settle(() =>
        reject(noServer(`the server at ${path} ended the conversation without an answer: it is gone, or going`)),
      ),
    );
    socket.on("error", (error: NodeJS.ErrnoException) => settle(() => reject(noServer(whyNot(path, error)))));
  });
}

const noServer = (message: string): TsgiError => new TsgiError("no-server", message);

function whyNot(path: string, { code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case "ENOENT":
      return `no server has its control socket at ${path}; is it running, and with this --control or --pid?`;
    case "ECONNREFUSED":
      return isSocket(path)
        ? `nobody serves the control socket ${path} any more: the server was killed`
        : `${path} is no socket; --control names the control socket of a server`;
    case "EACCES":
    case "EPERM":
      return `not permitted to use the control socket ${path}: it is for the user who started the server, and for root`;
    case "EAGAIN":
      return `the server at ${path} accepts nobody: it is stopped, or its machine is overloaded`;
    case "ECONNRESET":
    case "EPIPE":
      return `the server at ${path} ended the conversation without an answer: it is gone, or going`;
    default:
      return `the control socket ${path} cannot be used: ${message}`;
  }
}

function isSocket(path: string): boolean {
  try {
    return lstatSync(path).isSocket();
  } catch {
    return false;
  }
}
