// `--accept reuse-port`: several sockets on one port, each with a queue of its own, numbered from 1.
// Knows one address. Does not know who accepts from which socket; port-sockets.ts does.

import process from "node:process";
import { TsgiError } from "../errors.ts";
import { createHandle, listenWithoutAccepting, type NativeHandle, reusePortTrouble } from "./handles.ts";

export interface PortPlace {
  readonly host: string;
  readonly port: number;
  readonly family: 4 | 6;
}

/** What a new master knows the other sockets of a port by. */
export const besideOf = (bind: string): string => `beside ${bind}`;

/** The sockets of a port. The first one is bound by somebody else, and stays theirs; the others are bound when they are asked for. */
export class PortSockets {
  readonly #place: PortPlace;
  readonly #backlog: number;
  readonly #handles: Map<number, NativeHandle>;

  private constructor(place: PortPlace, backlog: number, handles: Map<number, NativeHandle>) {
    this.#place = place;
    this.#backlog = backlog;
    this.#handles = handles;
  }

  /**
   * The sockets beside this one; undefined where whoever bound it did not let others share the port.
   *
   * @param inherited Descriptors of the sockets that an old master had, from the second one on.
   */
  static beside(
    first: NativeHandle,
    address: { readonly host: string; readonly port: number },
    options: { readonly backlog: number; readonly inherited?: readonly number[] },
  ): PortSockets | undefined {
    const place = { ...address, family: address.host.includes(":") ? 6 : 4 } as const;
    if (!canJoin(place)) return undefined;
    const handles = new Map([[1, first]]);
    for (const fd of options.inherited ?? []) {
      const handle = createHandle({ fd });
      if (typeof handle === "string") continue;
      if (listenWithoutAccepting(handle, options.backlog) === undefined) handles.set(handles.size + 1, handle);
      else handle.close();
    }
    return new PortSockets(place, options.backlog, handles);
  }

  /** The numbers of those that are there. */
  get numbers(): readonly number[] {
    return [...this.#handles.keys()];
  }

  /** Descriptors, from the second one on, for the next master. */
  get others(): readonly number[] {
    return [...this.#handles].flatMap(([number, { fd }]) => (number > 1 ? [fd] : []));
  }

  /** The socket with this number, bound when it is first asked for; or the name of the error. */
  get(number: number): NativeHandle | string {
    const known = this.#handles.get(number);
    if (known !== undefined) return known;
    const handle = createHandle({ ...this.#place, reusePort: true });
    if (typeof handle === "string") return handle;
    const failed = listenWithoutAccepting(handle, this.#backlog);
    if (failed !== undefined) {
      handle.close();
      return failed;
    }
    this.#handles.set(number, handle);
    return handle;
  }

  /** Closes all but the first one. */
  close(): void {
    for (const [number, handle] of this.#handles) {
      if (number === 1) continue;
      this.#handles.delete(number);
      handle.close();
    }
  }
}

/**
 * Binds the first of the sockets that will share a port. A second server of the same user would share it too, silently, so it is
 * looked for. The answer is the socket, or the name of the error.
 *
 * @throws {TsgiError} `usage` where this Node or this system cannot.
 */
export function bindFirst(place: PortPlace): NativeHandle | string {
  const trouble = reusePortTrouble(place.host, place.family);
  if (trouble !== undefined && trouble in CANNOT) throw explainReusePort(trouble as keyof typeof CANNOT);
  const alone = createHandle(place);
  if (typeof alone === "string") return alone;
  alone.close();
  return createHandle({ ...place, reusePort: true });
}

/** Whether those who have the port would share it. Nothing listens for this, so that no client is sent there. */
function canJoin(place: PortPlace): boolean {
  const probe = createHandle({ ...place, reusePort: true });
  if (typeof probe === "string") return false;
  probe.close();
  return true;
}

const SYSTEM = `this system (${process.platform}) does not spread connections over the sockets of a port`;
/** What is wrong, by the name of the error. */
const CANNOT = {
  EADDRINUSE: `it needs Node 22.12 or newer, and this is Node ${process.versions.node}`,
  ENOTSUP: SYSTEM,
  EOPNOTSUPP: SYSTEM,
} as const;

export const explainReusePort = (failed: keyof typeof CANNOT): TsgiError =>
  new TsgiError("usage", `--accept reuse-port: ${CANNOT[failed]}; shared and round-robin work here`);
