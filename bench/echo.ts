// The load of websockets: each client sends a message, waits until it comes back, and sends the next one. Frames are made and read here,
// as cheaply as that can be done, so that the processor is the server's. Knows one kind of message: short, text, whole.

import { connect } from "node:net";
import type { Load } from "./wrk.ts";

export interface EchoLoad {
  readonly seconds: number;
  readonly connections: number;
  /** Bytes of a message: more than would be slower to check than to send. */
  readonly size: number;
}

const HANDSHAKE_MS = 5_000;
const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

/** A text frame with the final bit (RFC 6455 section 5.2). One of a client is masked; a mask of zeros leaves the payload as it is. */
export function frameOf(size: number, side: "client" | "server"): Buffer {
  if (size > 125) throw new RangeError(`${size} bytes need a longer length than this writes: at most 125`);
  const head = side === "client" ? [0x81, 0x80 | size, 0, 0, 0, 0] : [0x81, size];
  return Buffer.concat([Buffer.from(head), Buffer.alloc(size, "x")]);
}

/** @throws Error when a client is not let in. */
export async function runEcho(url: string, { seconds, connections, size }: EchoLoad): Promise<Load> {
  const clients = await Promise.all(Array.from({ length: connections }, () => Client.open(new URL(url), size)));
  const startedMs = performance.now();
  for (const client of clients) client.send();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  const tookMs = performance.now() - startedMs;
  for (const client of clients) client.end();
  const requests = clients.reduce((sum, client) => sum + client.echoes, 0);
  const complaints = new Set(clients.flatMap((client) => client.complaint ?? []));
  if (requests === 0) complaints.add("no message came back");
  return { requests, seconds: tookMs / 1_000, complaints: [...complaints] };
}

class Client {
  echoes = 0;
  complaint: string | undefined;
  readonly #socket: ReturnType<typeof connect>;
  readonly #message: Buffer;
  readonly #expected: Buffer;
  #received: Buffer = Buffer.alloc(0);

  private constructor(socket: ReturnType<typeof connect>, size: number) {
    this.#socket = socket;
    this.#message = frameOf(size, "client");
    this.#expected = frameOf(size, "server");
  }

  static open(url: URL, size: number): Promise<Client> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
      const fail = (why: string): void => {
        socket.destroy();
        reject(new Error(why));
      };
      const timer = setTimeout(() => fail(`no websocket within ${HANDSHAKE_MS / 1_000} s`), HANDSHAKE_MS);
      const client = new Client(socket, size);
      socket.on("error", (error) => {
        client.complaint ??= `a connection failed: ${error.message}`;
        fail(client.complaint);
      });
      socket.once("data", (piece: Buffer) => {
        clearTimeout(timer);
        const said = piece.toString("latin1");
        if (!said.startsWith("HTTP/1.1 101 ")) fail(`answered ${said.slice(0, 80)}`);
        socket.on("data", (more: Buffer) => client.#hear(more));
        resolve(client);
      });
      socket.write(
        `GET ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          `Sec-WebSocket-Key: ${KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
      );
    });
  }

  send(): void {
    this.#socket.write(this.#message);
  }

  end(): void {
    this.#socket.destroy();
  }

  #hear(piece: Buffer): void {
    const received = this.#received.length === 0 ? piece : Buffer.concat([this.#received, piece]);
    if (received.length < this.#expected.length) {
      this.#received = received;
      return;
    }
    this.#received = Buffer.alloc(0);
    if (received.equals(this.#expected)) {
      this.echoes += 1;
      this.send();
      return;
    }
    this.complaint ??= `an answer that is no echo: ${received.subarray(0, 40).toString("hex")}`;
    this.end();
  }
}
