// A listening socket that a program made for itself, without a master: bound and listening at once, accepted from when somebody opens a
// door to it. Decides what is said when it cannot be had. Does not know who serves, nor what comes.

import { lookup } from "node:dns/promises";
import net from "node:net";
import { getSystemErrorName } from "node:util";
import type { ListenHandle } from "./transport.ts";

/** As net.Server's `address()`. */
export interface SocketAddress {
  readonly address: string;
  readonly family: "IPv4" | "IPv6";
  readonly port: number;
}

interface TcpHandle extends ListenHandle {
  readonly fd: number;
  open(fd: number): number;
  getsockname(out: { address?: string; port?: number }): number;
  ref(): void;
  unref(): void;
}

type CreateHandle = (host: string, port: number, family: 4 | 6) => TcpHandle | number;

const MEANINGS: Readonly<Record<string, string>> = {
  EADDRINUSE: "another process listens there",
  EACCES: "not permitted; a port from 1024 on fits",
  EADDRNOTAVAIL: "no interface of this machine has that address",
  ENOTFOUND: "there is no such host; an address of IPv6 has no brackets here",
  EAI_AGAIN: "the name cannot be looked up now",
};

/**
 * Binds and listens. Clients wait in the kernel's queue until a door is opened.
 *
 * @param host An address or a name; `""` for all of IPv4, `"::"` for all of both.
 * @param port 0 for one that is free.
 * @throws An Error with the system's `code`, such as EADDRINUSE, that names host and port; RangeError for what is no port.
 */
export async function bindSocket(host: string, port: number, backlog: number): Promise<BoundSocket> {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new RangeError(`port ${port}: expected a whole number from 0 to 65535`);
  }
  const fail = (code: string, cause?: unknown): never => {
    const where = host.includes(":") ? `[${host}]:${port}` : `${host || "*"}:${port}`;
    const error = new Error(`cannot listen on ${where}: ${MEANINGS[code] ?? code}`, { cause });
    throw Object.assign(error, { code, address: host, port });
  };
  const place = await resolve(host).catch((error: NodeJS.ErrnoException) => fail(error.code ?? "ENOTFOUND", error));
  const create = (net as unknown as { readonly _createServerHandle: CreateHandle })._createServerHandle;
  const handle = create(place.address, port, place.family);
  if (typeof handle === "number") return fail(getSystemErrorName(handle));
  const name: { address?: string; port?: number } = {};
  // libuv keeps EADDRINUSE back until somebody asks for the address. Only what was opened from a descriptor can be taken out of the poll
  // set again, so the handle opens the one it has, and stops in the same turn: nothing is accepted.
  const failed = handle.getsockname(name) || handle.open(handle.fd) || handle.readStart() || handle.listen(backlog);
  handle.readStop();
  if (failed !== 0) {
    handle.close();
    return fail(getSystemErrorName(failed));
  }
  const family = place.family === 6 ? "IPv6" : "IPv4";
  return new BoundSocket(handle, { address: name.address ?? place.address, family, port: name.port ?? port });
}

async function resolve(host: string): Promise<{ readonly address: string; readonly family: 4 | 6 }> {
  if (host === "") return { address: "0.0.0.0", family: 4 };
  const family = net.isIP(host);
  if (family !== 0) return { address: host, family: family as 4 | 6 };
  // What a browser tries first for "localhost" is not what everybody tries; IPv4 is what wsgiref has.
  const found = await lookup(host, { verbatim: false });
  return { address: found.address, family: found.family as 4 | 6 };
}

export class BoundSocket {
  readonly address: SocketAddress;
  readonly #handle: TcpHandle;
  /** Clients that were accepted and that nobody wanted yet. */
  readonly #early: unknown[] = [];
  #closed = false;

  constructor(handle: TcpHandle, address: SocketAddress) {
    this.#handle = handle;
    this.address = Object.freeze(address);
    // Alone it does not keep a program from ending.
    handle.unref();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** A handle to accept from, which can be closed while the socket goes on; for at most so many clients. */
  door(most: number = Number.POSITIVE_INFINITY): ListenHandle {
    const handle = this.#handle;
    const early = this.#early;
    let left = most;
    const pause = (): void => {
      handle.readStart();
      handle.readStop();
    };
    const offer = (client: unknown): void => {
      left -= 1;
      if (left <= 0) pause();
      door.onconnection?.(0, client);
    };
    const door: ListenHandle = {
      onconnection: null,
      listen: (backlog) => {
        handle.onconnection = (error, client) => {
          if (error !== 0) door.onconnection?.(error, client);
          // libuv may accept several in one go.
          else if (left <= 0) early.push(client);
          else offer(client);
        };
        handle.ref();
        setImmediate(() => {
          while (left > 0 && door.onconnection !== null && early.length > 0) offer(early.shift());
        });
        return left > 0 ? handle.listen(backlog) : 0;
      },
      readStart: () => handle.readStart(),
      readStop: () => handle.readStop(),
      close: () => {
        if (this.#closed) return;
        pause();
        handle.onconnection = (_error, client) => void early.push(client);
        handle.unref();
      },
    };
    return door;
  }

  /** Nobody can connect any more. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#handle.onconnection = null;
    this.#handle.close();
    for (const client of this.#early) (client as { close(): void }).close();
  }
}
