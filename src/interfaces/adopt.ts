// What a value that a module exports is taken for, and what serves it. Does not know modules, workers or requests.

import { type AsgiTarget, asgiInterface } from "./asgi.ts";
import { type FetchTarget, fetchInterface } from "./fetch.ts";
import type { InterfaceName, Served } from "./interface.ts";
import { type NodeTarget, nodeInterface } from "./node.ts";

/** What a value was taken for. */
export interface Adopted {
  readonly interface: InterfaceName;
  /** For a person: what it was recognised by, or that it was asked for. */
  readonly why: string;
  /** What serves it; null for a TSGI application, which the reference loop serves. */
  readonly served: Served | null;
}

/** @param asked `--interface`. */
export async function adopt(value: unknown, asked: InterfaceName | "auto"): Promise<Adopted> {
  const why = `--interface ${asked}`;
  if (asked === "node") return { interface: "node", why, served: nodeInterface(value as NodeTarget) };
  if (asked === "asgi") return { interface: "asgi", why, served: asgiInterface(value as AsgiTarget) };
  if (asked === "fetch") {
    const target = typeof value === "function" ? { fetch: value as FetchTarget["fetch"] } : (value as FetchTarget);
    return { interface: "fetch", why, served: fetchInterface(target) };
  }
  return { interface: "tsgi", why, served: null };
}
