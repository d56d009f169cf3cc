// The control socket in the file system: bound before the first worker exists, with mode 0600, gone when the server is gone.
// Decides what a failure means for the start. Does not know what is said over it.

import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { controlPathOf } from "../config/control-path.ts";
import type { Settings } from "../config/options.ts";
import { TsgiError } from "../errors.ts";
import { acceptFrom } from "./handles.ts";
import { bindUnixSocket, type UnixSocket } from "./unix-socket.ts";

export interface ControlSocket {
  /** Where it is now. */
  readonly path: string;
  /** Starts accepting; until then clients wait. An accept that fails is given by the name of its error. */
  accept(heard: (client: Socket | string) => void): void;
  /**
   * For the new master of an upgrade, when the old one is gone: takes the path without the ending. One that a live server has is left to it.
   *
   * @throws {TsgiError} `control`; the socket then stays where it is.
   */
  inherit(): Promise<void>;
  /** When nothing is under way any more: what an old master left at the path is gone then. Never rejects. */
  settled(): Promise<void>;
  /** Closes it and removes its path, if that is still this socket. Calling it again does nothing. */
  close(): void;
}

/**
 * A master that is killed ends descriptor by descriptor: the heir may hear of it before the kernel has closed the control socket, which then
 * still seems to be served.
 */
const MOVE_TRIES = 20;
const MOVE_AGAIN_MS = 50;
/** A crowd waits its turn: a client that finds this queue full is refused by the kernel, whoever it is. */
const BACKLOG = 1024;

/**
 * Binds the control socket that the settings ask for; null when they ask for none.
 *
 * @param given.ending For the new master of an upgrade, beside the old one's: `.2`.
 * @param given.warn Told why there is none, where nobody asked for one by name: a path beside the pid file may be too long for a socket.
 * @throws {TsgiError} `control`, naming the path.
 */
export async function openControlSocket(
  settings: Pick<Settings, "control" | "pid">,
  { ending = "", warn }: { readonly ending?: string; readonly warn: (message: string) => void },
): Promise<ControlSocket | null> {
  const plain = controlPathOf(settings);
  if (plain === null) return null;
  const path = `${plain}${ending}`;
  try {
    return wrap(await bindUnixSocket({ path, backlog: BACKLOG, mode: 0o600, owner: null }), path, plain);
  } catch (error) {
    if (!(error instanceof TsgiError)) throw error;
    const { code, message } = explain(path, error);
    if (settings.control !== "beside" || error.code === "address-in-use") {
      throw new TsgiError(code, message, { cause: error });
    }
    warn(`there is no control socket beside the pid file: ${error.message}`);
    return null;
  }
}

function wrap(socket: UnixSocket, bound: string, plain: string): ControlSocket {
  let path = bound;
  let open = true;
  let moving: Promise<void> = Promise.resolve();
  const move = async (tries = MOVE_TRIES): Promise<void> => {
    try {
      await socket.moveTo(plain);
      path = plain;
    } catch (error) {
      // Closed meanwhile: there is nothing left to move, and what the old master left behind is gone.
      if (!open) return;
      if (!(error instanceof TsgiError)) throw error;
      if (error.code !== "address-in-use" || tries === 1) throw explain(plain, error);
      await pause(MOVE_AGAIN_MS);
      await move(tries - 1);
    }
  };
  return {
    get path() {
      return path;
    },
    accept(heard) {
      const failed = acceptFrom(socket.handle, BACKLOG, heard);
      if (failed !== undefined)
        throw new TsgiError("control", `cannot accept on the control socket ${path}: ${failed}`);
    },
    inherit() {
      if (path !== plain) moving = move();
      return moving;
    },
    settled: () => moving.catch(() => {}),
    close() {
      if (!open) return;
      open = false;
      socket.unlink();
      socket.handle.onconnection = null;
      socket.handle.close();
    },
  };
}

function explain(path: string, error: TsgiError): TsgiError {
  const message =
    error.code === "address-in-use"
      ? `the control socket ${path} belongs to a server that is alive; stop it, or give another --control`
      : `no control socket: ${error.message}`;
  return new TsgiError("control", message, { cause: error });
}
