// Who the client is, in the shape that Hono's `conninfo` helpers have.

import { isIP } from "node:net";
import { show } from "../gateway/said.ts";
import { Env } from "./fetch-context.ts";

/** As Hono's `ConnInfo`. */
export interface ConnInfo {
  readonly remote: {
    readonly transport: "tcp";
    readonly address?: string;
    readonly addressType?: "IPv4" | "IPv6" | undefined;
    readonly port?: number;
  };
}

/**
 * The client of a Hono request: what trusted proxies say of it, else the peer. Without an address on a Unix socket where nobody says it.
 *
 * @param c Hono's `Context`.
 * @throws TypeError when `c.env` is not what tsgi gave.
 */
export function getConnInfo(c: { readonly env: unknown }): ConnInfo {
  const { env } = c;
  if (!(env instanceof Env))
    throw new TypeError(`getConnInfo: c.env is ${show(env)}: expected what tsgi gave to fetch`);
  const { remoteAddress, remotePort } = env;
  if (remoteAddress === "") return { remote: { transport: "tcp" } };
  const addressType = isIP(remoteAddress) === 6 ? "IPv6" : "IPv4";
  const remote = { transport: "tcp", address: remoteAddress, addressType } as const;
  return { remote: remotePort === "" ? remote : { ...remote, port: Number(remotePort) } };
}
