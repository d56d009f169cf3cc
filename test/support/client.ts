// A client that says exactly what it is told, byte for byte, and reads what comes back: for everything that a well-behaved
// client library would not send.

import { once } from "node:events";
import net from "node:net";

export interface RawResponse {
  readonly status: number;
  readonly head: string;
  /** Names in lower case; repeated ones joined with ", ". */
  readonly fields: Readonly<Record<string, string>>;
  readonly body: string;
  /** Lines after the last chunk, without their ends. */
  readonly trailers: readonly string[];
}

export class RawClient {
  readonly socket: net.Socket;
  /** Everything that came and was not taken yet, as latin-1. */
  received = "";
  /** The head of the answer that was taken last, or of which the body is not whole yet. */
  head = "";
  ended = false;
  error: Error | undefined;
  #changed: (() => void) | undefined;

  private constructor(socket: net.Socket) {
    this.socket = socket;
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => {
      this.received += text;
      this.#changed?.();
    });
    socket.on("error", (error) => {
      this.error = error;
    });
    const end = () => {
      this.ended = true;
      this.#changed?.();
    };
    socket.on("end", end);
    socket.on("close", end);
  }

  /** @param limitMs How long connecting may take; 0 leaves that to the system. */
  static async connect(where: number | string, halfOpen = true, limitMs = 0): Promise<RawClient> {
    const socket = new net.Socket({ allowHalfOpen: halfOpen });
    const client = new RawClient(socket);
    const late = () => socket.destroy(Object.assign(new Error("not connected in time"), { code: "ETIMEDOUT" }));
    if (limitMs > 0) socket.setTimeout(limitMs, late);
    if (typeof where === "number") socket.connect(where, "127.0.0.1");
    else socket.connect(where);
    await once(socket, "connect");
    socket.setTimeout(0);
    return client;
  }

  send(text: string): void {
    this.socket.write(text, "latin1");
  }

  /** Waits until `test` is true of what came; throws when the server ends before that. */
  async until(test: (received: string) => boolean): Promise<string> {
    while (!test(this.received)) {
      if (this.ended) throw new Error(`the connection ended early; received: ${JSON.stringify(this.received)}`);
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
    return this.received;
  }

  /** Everything up to the end of the connection. */
  async rest(): Promise<string> {
    while (!this.ended) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
    return this.received;
  }

  /** Takes the next whole response, framed as its head says. `bodyless` for an answer to HEAD. */
  async response(options: { readonly bodyless?: boolean } = {}): Promise<RawResponse> {
    await this.until((r) => r.includes("\r\n\r\n"));
    const at = this.received.indexOf("\r\n\r\n");
    const head = this.received.slice(0, at);
    this.head = head;
    this.received = this.received.slice(at + 4);
    const status = Number(head.slice(9, 12));
    const fields: Record<string, string> = {};
    for (const line of head.split("\r\n").slice(1)) {
      const colon = line.indexOf(":");
      const name = line.slice(0, colon).toLowerCase();
      const value = line.slice(colon + 1).trim();
      fields[name] = name in fields ? `${fields[name]}, ${value}` : value;
    }
    const trailers: string[] = [];
    const bodyless = options.bodyless === true || status < 200 || status === 204 || status === 304;
    const body = bodyless ? "" : await this.#body(fields, trailers);
    return { status, head, fields, body, trailers };
  }

  async #body(fields: Readonly<Record<string, string>>, trailers: string[]): Promise<string> {
    if (fields["transfer-encoding"] === "chunked") {
      let body = "";
      for (;;) {
        const size = Number.parseInt((await this.#line()) || "x", 16);
        if (Number.isNaN(size)) throw new Error("a chunk without a size");
        if (size === 0) {
          for (let line = await this.#line(); line !== ""; line = await this.#line()) trailers.push(line);
          return body;
        }
        body += await this.#take(size);
        if ((await this.#take(2)) !== "\r\n") throw new Error("a chunk that does not end where it said");
      }
    }
    if (fields["content-length"] !== undefined) return this.#take(Number(fields["content-length"]));
    const body = await this.rest();
    this.received = "";
    return body;
  }

  async #line(): Promise<string> {
    await this.until((r) => r.includes("\r\n"));
    const at = this.received.indexOf("\r\n");
    const line = this.received.slice(0, at);
    this.received = this.received.slice(at + 2);
    return line;
  }

  async #take(size: number): Promise<string> {
    await this.until((r) => r.length >= size);
    const text = this.received.slice(0, size);
    this.received = this.received.slice(size);
    return text;
  }

  close(): void {
    this.socket.destroy();
  }
}

/** One request on a connection of its own. */
export async function ask(where: number | string, request: string): Promise<RawResponse> {
  const client = await RawClient.connect(where);
  client.send(request);
  try {
    return await client.response();
  } finally {
    client.close();
  }
}

export const get = (target: string, extra = ""): string =>
  `GET ${target} HTTP/1.1\r\nHost: example.com\r\n${extra}\r\n`;
