// Makes listening sockets, which nobody accepts from in this process unless it is asked to. The one file of the master that uses
// private names of Node. Knows handles and error numbers. Does not know what is bound or why; listeners.ts and control-socket.ts do.
//
// Why not `net.BoundSocket`: Node 24 refuses to send one to a worker (ERR_INVALID_HANDLE_TYPE), and Node 26 moves it, so
// that the master would lose the socket it has to keep.

import net from "node:net";
import process from "node:process";
import { getSystemErrorName } from "node:util";
import { TsgiError } from "../errors.ts";

/** A bound socket as libuv holds it. What returns a number returns 0, or a negative error number. */
export interface NativeHandle {
  readonly fd: number;
  open(fd: number): number;
  readStart(): number;
  readStop(): number;
  listen(backlog: number): number;
  close(): void;
  /** Called for each client once the handle accepts; `client` is a handle of its own. */
  onconnection?: ((error: number, client: unknown) => void) | null;
  /** On TCP handles only. */
  getsockname?(out: { address?: string; port?: number }): number;
}

/** A connection that was accepted and is not read from here. */
export interface ClientHandle {
  close(): void;
}

/** Accepting, which can stop and go on. */
export interface Acceptance {
  pause(): void;
  resume(): void;
}

type CreateServerHandle = (
  address: string | null,
  port: number | null,
  family: 4 | 6 | -1 | null,
  fd?: number,
  flags?: number,
) => NativeHandle | number;

/** libuv's UV_TCP_REUSEPORT. Older ones do not know it and ignore it. */
const REUSE_PORT = 2;

/** The names a handle must have; test/master/handles.test.ts asks each supported Node for them one by one. */
export const HANDLE_NAMES = ["open", "readStart", "readStop", "listen", "close"] as const;

/** What is to be bound: a numeric address and a port, the path of a Unix socket, or a descriptor that was inherited. */
export type Place =
  | {
      readonly host: string;
      readonly port: number;
      readonly family: 4 | 6;
      /** Others of this user may bind the same port, and the kernel spreads the connections over their sockets. */
      readonly reusePort?: boolean;
    }
  | { readonly path: string }
  | { readonly fd: number };

/** Binds, or takes over, one socket. The answer is the handle, or the name of the error (`EADDRINUSE`). */
export function createHandle(place: Place): NativeHandle | string {
  const create = (net as unknown as { readonly _createServerHandle?: CreateServerHandle })._createServerHandle;
  if (typeof create !== "function") throw brokenNode("net._createServerHandle");
  const made = make(create, place);
  if (typeof made === "number") return getSystemErrorName(made);
  const missing = missingName(made);
  if (missing !== undefined) throw brokenNode(`handle.${missing}`);
  // libuv keeps EADDRINUSE for TCP back until somebody asks for the address.
  const late = made.getsockname?.({}) ?? 0;
  if (late === 0) return made;
  made.close();
  return getSystemErrorName(late);
}

/** The first name that tsgi needs and this handle lacks. */
export const missingName = (handle: object): string | undefined =>
  [...HANDLE_NAMES, "fd"].find((name) => !(name in handle));

/**
 * Calls listen(2) without accepting: from here on clients wait in the kernel's queue, however many workers are alive, and
 * a second server on the same place is refused by the kernel. The answer is the name of the error, if there is one.
 *
 * libuv would poll a listening handle and accept on the master's behalf. Starting and stopping a read in the same turn takes the
 * handle out of the poll set before it was ever in it. Reading is allowed only on handles that were opened from a descriptor, so
 * the handle is told to open the one it has.
 */
export function listenWithoutAccepting(handle: NativeHandle, backlog: number): string | undefined {
  const failed = handle.open(handle.fd) || handle.readStart() || handle.listen(backlog);
  // Also after a failure: a descriptor that turned out to be no listener must not be read from.
  handle.readStop();
  return failed === 0 ? undefined : getSystemErrorName(failed);
}

/**
 * Accepts after all on a handle that `listenWithoutAccepting` was called with: listening once more changes nothing for the kernel, and
 * puts the handle into the poll set. `heard` is given each client, or the name of the error that kept it out.
 *
 * `net.Server` would take the descriptor into a handle of its own, and both would be closed.
 */
export function acceptFrom(
  handle: NativeHandle,
  backlog: number,
  heard: (client: net.Socket | string) => void,
): string | undefined {
  handle.onconnection = (error, client) => {
    if (error !== 0) heard(getSystemErrorName(error));
    else heard(new net.Socket({ handle: client, allowHalfOpen: true } as unknown as net.SocketConstructorOpts));
  };
  const failed = handle.listen(backlog);
  return failed === 0 ? undefined : getSystemErrorName(failed);
}

/**
 * Accepts connections for others, paused at first: they stay handles. The listening handle is one that `listenWithoutAccepting` was called for.
 *
 * @param failed Called with the name of the error when one could not be accepted.
 */
export function acceptHandles(
  handle: NativeHandle,
  options: {
    readonly backlog: number;
    readonly accepted: (client: ClientHandle) => void;
    readonly failed: (name: string) => void;
  },
): Acceptance {
  handle.onconnection = (error, client) => {
    if (error === 0 && client !== undefined) options.accepted(client as ClientHandle);
    else options.failed(getSystemErrorName(error));
  };
  return {
    pause() {
      handle.readStart();
      handle.readStop();
    },
    // Listening once more changes nothing for the kernel.
    resume: () => void handle.listen(options.backlog),
  };
}

/**
 * Whether two sockets can share a port of this address, each with a queue of its own. The answer is the name of the error, EADDRINUSE
 * where Node does not know how to ask for it.
 */
export function reusePortTrouble(host: string, family: 4 | 6): string | undefined {
  const place = { host, family, reusePort: true } as const;
  const first = createHandle({ ...place, port: 0 });
  if (typeof first === "string") return first;
  const name: { port?: number } = {};
  first.getsockname?.(name);
  // A port is taken for good when somebody listens on it.
  const second = listenWithoutAccepting(first, 1) ?? createHandle({ ...place, port: name.port ?? 0 });
  first.close();
  if (typeof second === "string") return second;
  second.close();
  return undefined;
}

function make(create: CreateServerHandle, place: Place): NativeHandle | number {
  if ("fd" in place) return create(null, null, null, place.fd);
  if ("path" in place) return create(place.path, -1, -1);
  return create(place.host, place.port, place.family, undefined, place.reusePort === true ? REUSE_PORT : 0);
}

const brokenNode = (name: string): TsgiError =>
  new TsgiError(
    "internal",
    `this Node (${process.version}) has no ${name}, which the master needs to hold listening sockets; use a Node release that tsgi was tested on`,
  );
