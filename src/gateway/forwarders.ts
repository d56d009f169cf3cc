// Who is believed about the client: the peers that --forwarded-allow names, compiled once a worker.
// Knows addresses and names; does not know what the fields say, nor what is made of it.

import { type Address, holds, type Network, parseAddress, parseNetwork } from "../protocol/address.ts";

export interface ForwarderOptions {
  /** Addresses and networks, `unix` for a peer on a Unix socket, `*` for any peer. */
  readonly allow: readonly string[];
  /** The family of fields that is believed. The other one is passed through as the client sent it by whoever writes this one. */
  readonly header: "x-forwarded" | "forwarded";
  /** What becomes of a field with an underscore in its name. */
  readonly underscores: "drop" | "refuse" | "keep";
  /** Such names, in upper case, that a trusted peer may send; `*` for any. */
  readonly fields: readonly string[];
}

/** Peers whose verdict is remembered. A proxy has a handful of addresses; a server that is open to all meets many. */
const REMEMBERED = 1_000;

export class Forwarders {
  readonly header: ForwarderOptions["header"];
  readonly underscores: ForwarderOptions["underscores"];
  readonly #networks: readonly Network[];
  readonly #any: boolean;
  readonly #verdicts = new Map<string, boolean>();
  readonly #fields: ReadonlySet<string>;

  /** @throws RangeError when `allow` has what is no network: it is to be checked where it is read. */
  constructor({ allow, header, underscores, fields }: ForwarderOptions) {
    this.header = header;
    this.underscores = underscores;
    this.#fields = new Set(fields);
    this.#any = allow.includes("*");
    this.#verdicts.set("", this.#any || allow.includes("unix"));
    this.#networks = allow
      .filter((text) => text !== "*" && text !== "unix")
      .map((text) => {
        const network = parseNetwork(text);
        if (network === undefined) throw new RangeError(`"${text}" is no network`);
        return network;
      });
  }

  /** Whether the fields of this peer count; `""` is a peer on a Unix socket. */
  trusts(peer: string): boolean {
    const known = this.#verdicts.get(peer);
    return known ?? this.#judge(peer);
  }

  #judge(peer: string): boolean {
    // A link-local address brings its interface: fe80::1%eth0.
    const address = parseAddress(peer.split("%")[0]!);
    const verdict = this.#any || (address !== undefined && this.isHop(address));
    if (this.#verdicts.size < REMEMBERED) this.#verdicts.set(peer, verdict);
    return verdict;
  }

  /**
   * Whether an address that a trusted hop named is a trusted hop too. `*` does not count here: it says that nothing but proxies can
   * reach us, and the client of the outermost one is behind no such wall. Else whoever wrote the leftmost member would be believed.
   */
  isHop(address: Address): boolean {
    for (const network of this.#networks) if (holds(network, address)) return true;
    return false;
  }

  /** Whether a trusted peer may send a field of this name, in upper case, although it has an underscore. */
  mayName(name: string): boolean {
    return this.#fields.has(name) || this.#fields.has("*");
  }
}

/** Believes nobody. */
export const NOBODY = new Forwarders({ allow: [], header: "x-forwarded", underscores: "drop", fields: [] });
