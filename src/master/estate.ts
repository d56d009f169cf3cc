// What a master found open when it started: the sockets of an old master that it is the heir of, and those that systemd passed.
// Knows descriptors by what they are called in a bind. Does not know which of them are wanted; listeners.ts takes those.

import fs from "node:fs";
import { type BindAddress, formatBind } from "../config/bind.ts";
import type { PassedSocket } from "../config/passed.ts";
import { TsgiError } from "../errors.ts";
import type { Identity } from "./unix-socket.ts";

/** An open, listening descriptor of this process. */
export interface InheritedSocket {
  /** The address as it was asked for. An `fd://N` says the number in the first master, which is no number of ours. */
  readonly bind: string;
  readonly fd: number;
  /** Of a Unix socket that a master made: which file at its path it is. */
  readonly identity: Identity | null;
}

export interface Legacy {
  readonly sockets: readonly InheritedSocket[];
  /** Their numbers are those in the first master, as in `bind`. */
  readonly passed: readonly PassedSocket[];
  /** Whether the sockets come from an old master, which then has nothing that was not handed over. */
  readonly isHeir: boolean;
}

/** What a master that is nobody's heir has: each socket that systemd passed, under its own number. */
export const firstLegacy = (passed: readonly PassedSocket[]): Legacy => ({
  ...{ passed, isHeir: false },
  sockets: passed.map(({ fd }) => ({ bind: nameOf(fd), fd, identity: null })),
});

const nameOf = (fd: number): string => formatBind({ kind: "fd", fd });

export class Estate {
  readonly #passed: readonly PassedSocket[];
  readonly #isHeir: boolean;
  readonly #left: InheritedSocket[];

  constructor({ sockets, passed, isHeir }: Legacy) {
    this.#passed = passed;
    this.#isHeir = isHeir;
    this.#left = [...sockets];
  }

  /**
   * What an address stands for: itself, or each of the sockets that have the name.
   *
   * @throws {TsgiError} `address-invalid` when there is none of that name, naming those that there are.
   */
  expand(address: BindAddress): readonly Exclude<BindAddress, { kind: "named" }>[] {
    if (address.kind !== "named") return [address];
    const found = this.#passed.filter(({ name }) => name === address.name);
    if (found.length > 0) return found.map(({ fd }) => ({ kind: "fd", fd }));
    const there = this.#passed.map(({ fd, name }) => `${name} (${nameOf(fd)})`).join(", ");
    const why =
      there === "" ? "systemd passed no sockets to this process" : `the sockets that systemd passed are ${there}`;
    throw new TsgiError("address-invalid", `cannot listen on ${formatBind(address)}: ${why}`);
  }

  /**
   * Takes the socket of this address out of the estate.
   *
   * @returns Undefined when it has to be bound.
   * @throws {TsgiError} `address-invalid` for a descriptor that the old master did not hand over: here the number is somebody else's.
   */
  take(address: BindAddress): InheritedSocket | undefined {
    const bind = formatBind(address);
    const at = this.#left.findIndex((socket) => socket.bind === bind);
    if (at >= 0) return this.#left.splice(at, 1)[0];
    if (address.kind !== "fd" || !this.#isHeir) return undefined;
    throw new TsgiError(
      "address-invalid",
      `cannot listen on ${bind}: the old master had no such descriptor; stop the server and start it with it`,
    );
  }

  /** Takes all that are called so. */
  takeAll(bind: string): readonly InheritedSocket[] {
    const found = this.#left.filter((socket) => socket.bind === bind);
    for (const socket of found) this.#left.splice(this.#left.indexOf(socket), 1);
    return found;
  }

  /** Whether the socket came from systemd, which keeps it open whatever we do. */
  isPassed = (bind: string): boolean => this.#passed.some(({ fd }) => nameOf(fd) === bind);

  /** Those that nobody has taken. */
  get left(): readonly InheritedSocket[] {
    return this.#left;
  }

  /** Closes what the old master had and nobody asks for any more; those sockets. What systemd passed stays open. */
  closeRest(): readonly InheritedSocket[] {
    const rest = this.#left.filter(({ bind }) => !this.isPassed(bind));
    for (const socket of rest) {
      this.#left.splice(this.#left.indexOf(socket), 1);
      fs.closeSync(socket.fd);
    }
    return rest;
  }

  /** How to speak of a socket that systemd passed: `fd://4 (admin)`. */
  describe(bind: string): string {
    const name = this.#passed.find(({ fd }) => nameOf(fd) === bind)?.name;
    return name === undefined ? bind : `${bind} (${name})`;
  }
}
