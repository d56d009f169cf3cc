// The same listener under Node's own server and under ours, asked the same thing byte for byte: what the client got and what the
// application heard, to be compared.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { nodeInterface } from "../../src/interfaces/node.ts";
import { RawClient } from "./client.ts";
import { serveGateway } from "./worker.ts";

export type Note = (what: string) => void;
export type Listener = (request: IncomingMessage, response: ServerResponse, note: Note) => unknown;

/** One thing that is done to both. */
export interface Row {
  readonly title: string;
  readonly listener: Listener;
  /** What the client sends; the target is put in for `*`. */
  readonly request?: string;
  /** Instead of reading one response. Answers what is to be compared of it. */
  readonly client?: (client: RawClient, note: Note) => Promise<unknown>;
  /** Notes that are expected before the row is over: its last one. Default `close`. */
  readonly until?: string;
}

/** Fields that each server says in its own way, on purpose. */
const OWN = new Set(["date", "connection", "keep-alive", "server"]);

export interface Seen {
  readonly answer: unknown;
  readonly heard: readonly string[];
}

export class Twins {
  readonly #rows: readonly Row[];
  readonly #ports: readonly number[];
  #heard: string[] = [];
  #noted: (() => void) | undefined;

  private constructor(rows: readonly Row[], ports: readonly number[]) {
    this.#rows = rows;
    this.#ports = ports;
  }

  static async start(t: { after(end: () => void): void }, rows: readonly Row[]): Promise<Twins> {
    const ports: number[] = [];
    const twins = new Twins(rows, ports);
    const listener = (request: IncomingMessage, response: ServerResponse) => {
      const row = rows[Number(/^\/(\d+)/.exec(request.url ?? "")?.[1])]!;
      return row.listener(request, response, twins.note);
    };
    const theirs: Server = createServer(listener);
    await new Promise<void>((resolve) => theirs.listen(0, "127.0.0.1", resolve));
    ports.push((theirs.address() as AddressInfo).port);
    const ours = serveGateway(nodeInterface(listener).gateway);
    ports.push(ours.port);
    t.after(() => {
      theirs.closeAllConnections();
      theirs.close();
      ours.close();
    });
    return twins;
  }

  readonly note = (what: string): void => {
    this.#heard.push(what);
    this.#noted?.();
  };

  /** Under Node first, then under us. */
  async compare(at: number): Promise<readonly [Seen, Seen]> {
    return [await this.#ask(at, this.#ports[0]!), await this.#ask(at, this.#ports[1]!)];
  }

  async #ask(at: number, port: number): Promise<Seen> {
    const row = this.#rows[at]!;
    this.#heard = [];
    const client = await RawClient.connect(port);
    try {
      const text = row.request ?? "GET * HTTP/1.1\r\nHost: example.com\r\n\r\n";
      client.send(text.replaceAll("*", `/${at}`));
      const answer =
        row.client === undefined
          ? await firstOf(client, text.startsWith("HEAD"))
          : await row.client(client, (what) => this.note(what));
      const until = row.until ?? "close";
      while (!this.#heard.includes(until)) {
        await new Promise<void>((resolve) => {
          this.#noted = resolve;
        });
      }
      for (let i = 0; i < 3; i += 1) await new Promise(setImmediate);
      return { answer, heard: [...this.#heard] };
    } finally {
      client.close();
    }
  }
}

/** The next final response, with what came before it. */
export async function firstOf(client: RawClient, bodyless = false): Promise<unknown> {
  const before: unknown[] = [];
  for (;;) {
    const { status, head, fields, body, trailers } = await client.response({ bodyless });
    const kept = Object.entries(fields).filter(([name]) => !OWN.has(name));
    const seen = {
      status,
      reason: head.split("\r\n")[0]!.slice(13),
      fields: kept.sort(([a], [b]) => (a < b ? -1 : 1)),
      body,
      trailers,
    };
    if (status >= 200) return before.length === 0 ? seen : [...before, seen];
    before.push(seen);
  }
}
