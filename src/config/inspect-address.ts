// Where a debugger may attach, as Node's --inspect takes it. Pure: whether the port is free is found out by listening on it.

import { formatBind, parseBind, parsePort } from "./bind.ts";
import type { Kind } from "./parsers.ts";

export interface InspectAddress {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, or a port of this machine. */
export const inspectAddress: Kind<InspectAddress, string | number> = {
  type: "address",
  fits: "port, host:port or [v6]:port, with a port from 0 to 65535",
  repeats: false,
  read: (given) => {
    const text = String(given);
    const port = parsePort(text);
    if (port !== undefined) return { ok: true, value: { host: "127.0.0.1", port } };
    const address = typeof given === "string" && /:[0-9]+$/.test(text) ? parseBind(text) : undefined;
    if (address?.kind !== "tcp" || address.host === "") return { ok: false, part: given };
    return { ok: true, value: { host: address.host, port: address.port } };
  },
  show: ({ host, port }) => formatBind({ kind: "tcp", host, port }),
};
