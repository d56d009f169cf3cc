// One connection under load: sends requests, takes their answers, and says of each that has none what became of it.
// Decides what kind of failure that is. Does not know what a right answer says.

import { readSync } from "node:fs";
import { RawClient, type RawResponse } from "../client.ts";
import type { Ask } from "./asks.ts";
import type { FailureKind } from "./record.ts";

/** A request has no answer. */
export class Unanswered extends Error {
  readonly kind: FailureKind;

  constructor(kind: FailureKind, why: string) {
    super(why);
    this.kind = kind;
  }
}

const PEEK = Buffer.alloc(1_024);

/** The socket was destroyed by us, because nothing came. */
class Hangs extends Error {}

export class Link {
  /** Who answered last. */
  pid: number | undefined;
  readonly port: number;
  readonly #client: RawClient;

  private constructor(client: RawClient) {
    this.#client = client;
    this.port = client.socket.localPort ?? 0;
  }

  /** @throws {Unanswered} */
  static async open(where: number | string, hangMs: number): Promise<Link> {
    try {
      const client = await RawClient.connect(where, false, hangMs);
      client.socket.setNoDelay(true);
      return new Link(client);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const refused = code === "ECONNREFUSED" || code === "ENOENT";
      const kind = refused ? "refused" : code === "ETIMEDOUT" ? "hang" : "reset";
      throw new Unanswered(kind, `${code ?? message} on connecting`);
    }
  }

  /** Whether the server ended it, by what the kernel knows now: the loop may learn of it too late to ask elsewhere. */
  get ended(): boolean {
    const { socket } = this.#client;
    const handle = (socket as unknown as { readonly _handle: { readonly fd: number } | null })._handle;
    if (this.#client.ended || handle === null) return true;
    try {
      const size = readSync(handle.fd, PEEK);
      this.#client.received += PEEK.toString("latin1", 0, size);
      return size === 0;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code !== "EAGAIN";
    }
  }

  /** Sends these, one behind the other, and does not wait. `keep` false asks for the end of the connection after each. */
  send(asks: readonly Ask[], keep: boolean): void {
    const close = keep ? "" : "Connection: close\r\n";
    let text = "";
    for (const { head, body, slowlyMs } of asks) {
      text += `${head}${close}\r\n`;
      if (slowlyMs === undefined) {
        text += body;
        continue;
      }
      const half = body.length >> 1;
      this.#client.send(text + body.slice(0, half));
      text = "";
      setTimeout(() => {
        if (this.#client.socket.writable) this.#client.send(body.slice(half));
      }, slowlyMs);
    }
    if (text !== "") this.#client.send(text);
  }

  /**
   * The answer to the next of the requests that were sent.
   *
   * @throws {Unanswered}
   */
  async answer({ bodyless = false }: Ask, hangMs: number): Promise<RawResponse> {
    const client = this.#client;
    client.head = "";
    const timer = setTimeout(() => client.socket.destroy(new Hangs(`nothing more in ${hangMs} ms`)), hangMs);
    try {
      const response = await client.response({ bodyless });
      this.pid = pidOf(response.head) ?? this.pid;
      return response;
    } catch (error) {
      const begun = client.head + client.received;
      this.pid = pidOf(begun) ?? this.pid;
      throw new Unanswered(this.#kindOf(begun), this.#words(error as Error, begun));
    } finally {
      clearTimeout(timer);
    }
  }

  /** Bytes that came and that nobody had asked for. */
  get surplus(): string {
    return this.#client.received;
  }

  close(): void {
    this.#client.close();
  }

  #kindOf(begun: string): FailureKind {
    const { error } = this.#client;
    if (error instanceof Hangs) return "hang";
    if (begun !== "") return "truncated";
    return error === undefined ? "unanswered" : "reset";
  }

  #words(thrown: Error, begun: string): string {
    const { error, ended } = this.#client;
    const how = error === undefined ? (ended ? "ended" : thrown.message) : codeOf(error);
    return begun === "" ? how : `${how} after ${begun.length} bytes: ${JSON.stringify(begun.slice(0, 60))}`;
  }
}

const codeOf = (error: NodeJS.ErrnoException): string => error.code ?? error.message;

/** As the applications of the loads say it. */
const pidOf = (head: string): number | undefined => {
  const digits = /^x-pid: (\d+)\r?$/im.exec(head)?.[1];
  return digits === undefined ? undefined : Number(digits);
};
