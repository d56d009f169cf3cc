// Puts a Unix socket in the file system, and takes away none but a dead one or its own.
// Knows paths, modes and owners. Does not know who will accept.
//
// The socket is made under a name beside the wanted one (`app.sock~`) and linked to its name when everything about it is right: nobody
// meets it with the wrong mode or owner, a second server that starts in the same moment finds the name taken instead of
// silently taking it away, and libuv, which unlinks what it bound whoever owns the path by then, unlinks nothing.

import fs from "node:fs";
import net from "node:net";
import { dirname } from "node:path";
import process from "node:process";
import { TsgiError } from "../errors.ts";
import { createHandle, listenWithoutAccepting, type NativeHandle } from "./handles.ts";

/** `sun_path` has 108 bytes on Linux and 104 elsewhere, with the closing NUL; ours needs one more for the `~`. */
const MAX_PATH_BYTES = (process.platform === "linux" ? 108 : 104) - 2;

export interface UnixSocketOptions {
  readonly path: string;
  readonly backlog: number;
  /** Exact permission bits, or null for what the process's umask leaves. */
  readonly mode: number | null;
  readonly owner: { readonly uid: number; readonly gid: number } | null;
}

export interface UnixSocket {
  readonly handle: NativeHandle;
  /** Which file it is, among all that ever stand at its path. */
  readonly identity: Identity;
  /** Removes the path if it still is this socket. */
  unlink(): void;
  /**
   * Gives the socket another path, at which nobody must serve; clients find it at one of the two all the while.
   *
   * @throws {TsgiError} As for a socket that is bound there; the old path is then kept.
   */
  moveTo(path: string): Promise<void>;
}

/** A socket in the file system as it was made. */
export interface SocketFile {
  readonly path: string;
  readonly identity: Identity;
}

/**
 * Binds and listens at a path.
 *
 * @throws {TsgiError} `address-in-use`, `address-denied` or `address-invalid`, naming the path.
 */
export async function bindUnixSocket(options: UnixSocketOptions): Promise<UnixSocket> {
  const { path } = options;
  const draft = `${path}~`;
  checkPath(path);
  const stale = await inspect(path);
  const staleDraft = await inspect(draft);
  const handle = await guarded(path, () => {
    if (staleDraft !== undefined) unlinkIfStill(draft, staleDraft);
    return bindDraft(draft, options);
  });
  try {
    return await guarded(path, () => {
      if (stale !== undefined) unlinkIfStill(path, stale);
      fs.linkSync(draft, path);
      fs.unlinkSync(draft);
      return held(handle, path, identity(fs.lstatSync(path)));
    });
  } catch (error) {
    handle.close();
    throw error;
  }
}

function held(handle: NativeHandle, bound: string, own: Identity): UnixSocket {
  let path = bound;
  return {
    handle,
    identity: own,
    unlink: () => unlinkIfStill(path, own),
    async moveTo(to) {
      checkPath(to);
      const stale = await inspect(to);
      await guarded(to, () => {
        if (stale !== undefined) unlinkIfStill(to, stale);
        fs.linkSync(path, to);
        unlinkIfStill(path, own);
        path = to;
      });
    },
  };
}

function bindDraft(draft: string, { path, backlog, mode, owner }: UnixSocketOptions): NativeHandle {
  const handle = createHandle({ path: draft });
  if (typeof handle === "string") throw Object.assign(new Error(handle), { code: handle });
  try {
    if (mode !== null) fs.chmodSync(draft, mode);
    if (owner !== null) fs.chownSync(draft, owner.uid, owner.gid);
    const failed = listenWithoutAccepting(handle, backlog);
    if (failed !== undefined) throw new TsgiError("address-invalid", `cannot listen on unix:${path}: ${failed}`);
    return handle;
  } catch (error) {
    handle.close();
    throw error;
  }
}

function checkPath(path: string): void {
  const bytes = Buffer.byteLength(path);
  if (bytes > MAX_PATH_BYTES) {
    throw new TsgiError(
      "address-invalid",
      `the path of unix:${path} has ${bytes} bytes; a Unix socket's path may have ${MAX_PATH_BYTES}`,
    );
  }
  const folder = dirname(path);
  if (!fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new TsgiError("address-invalid", `cannot make unix:${path}: there is no folder ${folder}`);
  }
}

/** Removes the path if it still is this socket. */
export const removeSocketFile = (file: SocketFile): void => unlinkIfStill(file.path, file.identity);

/** What makes a file the same file. */
export type Identity = string;
const identity = (stats: fs.Stats): Identity => `${stats.dev}:${stats.ino}`;

/** Undefined when nothing is there, the identity of a socket that nobody serves, and an exception for everything else. */
async function inspect(path: string): Promise<Identity | undefined> {
  const stats = await guarded(path, () => fs.lstatSync(path, { throwIfNoEntry: false }));
  if (stats === undefined) return undefined;
  if (!stats.isSocket()) {
    throw new TsgiError(
      "address-invalid",
      `${path} exists and is no socket; it is left alone: remove it, or bind elsewhere`,
    );
  }
  if (await isDead(path)) return identity(stats);
  throw new TsgiError("address-in-use", `unix:${path} is served by another process`);
}

// Only a refusal proves that nobody is there: a full queue (EAGAIN) belongs to a busy server, and EACCES says nothing.
function isDead(path: string): Promise<boolean> {
  return new Promise((done) => {
    const socket = net.connect(path);
    const settle = (dead: boolean): void => {
      socket.destroy();
      done(dead);
    };
    socket.once("connect", () => settle(false));
    socket.once("error", (error: NodeJS.ErrnoException) =>
      settle(error.code === "ECONNREFUSED" || error.code === "ENOENT"),
    );
  });
}

function unlinkIfStill(path: string, wanted: Identity): void {
  const stats = fs.lstatSync(path, { throwIfNoEntry: false });
  if (stats !== undefined && identity(stats) === wanted) fs.unlinkSync(path);
}

async function guarded<T>(path: string, work: () => T): Promise<T> {
  try {
    return work();
  } catch (error) {
    if (error instanceof TsgiError) throw error;
    throw explain(path, (error as NodeJS.ErrnoException).code ?? String(error), error);
  }
}

function explain(path: string, code: string, cause: unknown): TsgiError {
  switch (code) {
    case "EADDRINUSE":
    case "EEXIST":
      return new TsgiError("address-in-use", `unix:${path} was taken by another process a moment ago`, { cause });
    case "EACCES":
    case "EPERM":
      return new TsgiError(
        "address-denied",
        `not permitted to make unix:${path}: ${dirname(path)} must be writable, and giving the socket to --user or --group needs root`,
        { cause },
      );
    case "EROFS":
      return new TsgiError("address-denied", `cannot make unix:${path}: the file system is read-only`, { cause });
    default:
      return new TsgiError("address-invalid", `cannot make unix:${path}: ${code}`, { cause });
  }
}
