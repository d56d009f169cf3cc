// Binds every address before the first worker exists and holds the sockets for the master's whole life, so that clients wait in
// the kernel's queue while no worker is alive. Decides what each failure tells the person who started the server.
// Knows addresses. Does not know workers, and never accepts.

import { lookup } from "node:dns/promises";
import fs from "node:fs";
import { isIP } from "node:net";
import { resolve } from "node:path";
import process from "node:process";
import { type BindAddress, formatBind } from "../config/bind.ts";
import type { Settings } from "../config/options.ts";
import { TsgiError } from "../errors.ts";
import type { ListenerInfo } from "../ipc/messages.ts";
import { Estate, firstLegacy, type InheritedSocket, type Legacy } from "./estate.ts";
import { createHandle, listenWithoutAccepting, type NativeHandle } from "./handles.ts";
import { besideOf, bindFirst, PortSockets } from "./reuse-port.ts";
import { SocketFiles } from "./socket-files.ts";
import { bindUnixSocket, type SocketFile } from "./unix-socket.ts";

/** One bound address. */
export interface Listener {
  readonly info: ListenerInfo;
  readonly handle: NativeHandle;
  /** The sockets on this port, of which `handle` is the first; with `--accept reuse-port` and TCP only. */
  readonly sockets?: PortSockets;
  /** The address as it was asked for, by which a reload finds it again. */
  readonly bind: string;
  /** Closes the master's copy, and removes a Unix socket that a master made unless another one serves on it. Calling it again does nothing. */
  close(): void;
}

export type ListenerSettings = Pick<
  Settings,
  "bind" | "backlog" | "umask" | "socketMode" | "user" | "group" | "chdir" | "accept"
>;

/** What one kind of address gives: an open socket and how to speak of it. */
interface Bound {
  readonly handle: NativeHandle;
  readonly url: string;
  readonly address: ListenerInfo["address"];
  /** What has to be removed when nobody serves on it any more. */
  readonly file?: SocketFile;
}

type Address = Exclude<BindAddress, { kind: "named" }>;

/** All sockets of a master, for its whole life. */
export class Listeners {
  readonly #open = new Map<number, Listener>();
  readonly #estate: Estate;
  /** What systemd passed, was used, and is not asked for at present. */
  readonly #parked = new Map<string, Bound>();
  readonly #files = new SocketFiles();
  #lastIndex = -1;

  constructor(legacy: Legacy = firstLegacy([])) {
    this.#estate = new Estate(legacy);
  }

  /**
   * Makes the addresses of the settings open, in their order: those that are open already are kept, the others are bound and listened on.
   * Nothing is closed, whatever is not asked for any more. When one fails, those that were bound for this call are closed again.
   *
   * @throws {TsgiError} `address-in-use`, `address-denied`, `address-invalid` or `privileges`, naming the address.
   */
  async open(settings: ListenerSettings): Promise<readonly ListenerInfo[]> {
    const unclaimed = [...this.#open.values()];
    const bound: Listener[] = [];
    const found: Listener[] = [];
    try {
      for (const address of settings.bind.flatMap((one) => this.#estate.expand(one))) {
        const text = formatBind(address);
        if (address.kind === "fd" && found.some((listener) => listener.bind === text)) throw saidTwice(text);
        const kept = unclaimed.findIndex((listener) => listener.bind === text);
        if (kept >= 0) found.push(...unclaimed.splice(kept, 1));
        else {
          const fresh = await this.#acquire(text, address, settings);
          bound.push(fresh);
          found.push(fresh);
        }
      }
    } catch (error) {
      for (const { info } of bound) this.close([info.index]);
      throw error;
    }
    return found.map(({ info }) => info);
  }

  /** @throws {RangeError} for an index that is not open. */
  get(index: number): Listener {
    const listener = this.#open.get(index);
    if (listener === undefined) throw new RangeError(`there is no open listener ${index}`);
    return listener;
  }

  /** Those that are not open are left out. */
  close(indexes: readonly number[]): void {
    for (const index of indexes) this.#open.get(index)?.close();
  }

  closeAll(): void {
    for (const listener of this.#open.values()) listener.close();
  }

  /** The sockets that systemd passed and nobody listens on, in words. */
  get unused(): readonly string[] {
    const binds = [...this.#parked.keys(), ...this.#estate.left.map(({ bind }) => bind)];
    return binds.filter(this.#estate.isPassed).map((bind) => this.#estate.describe(bind));
  }

  /** Closes what the old master handed over and nobody asked for. */
  closeRest(): void {
    for (const { bind, identity } of this.#estate.closeRest()) {
      if (identity !== null) this.#files.leaveBehind({ path: bind.slice("unix:".length), identity });
    }
  }

  /** Everything that is open, for a new master. From here on the files of Unix sockets are its own as well. */
  handOver(): readonly InheritedSocket[] {
    this.#files.share();
    const open = [...this.#open].flatMap(([index, { bind, handle, sockets }]) => [
      { bind, fd: handle.fd, identity: this.#files.get(index)?.identity ?? null },
      ...(sockets?.others ?? []).map((fd) => ({ bind: besideOf(bind), fd, identity: null })),
    ]);
    const parked = [...this.#parked].map(([bind, { handle }]) => ({ bind, fd: handle.fd, identity: null }));
    return [...open, ...parked, ...this.#estate.left];
  }

  /** The other master is gone: the files of Unix sockets are ours alone, and those on which nobody listens any more go. */
  alone(): void {
    this.#files.alone();
  }

  async #acquire(text: string, address: Address, settings: ListenerSettings): Promise<Listener> {
    const parked = this.#parked.get(text);
    this.#parked.delete(text);
    const inherited = parked === undefined ? this.#estate.take(address) : undefined;
    const bound =
      parked ??
      (inherited === undefined ? await bind(address, settings) : takeOver(inherited, address, settings.backlog));
    return this.#hold(text, bound, {
      shared: inherited !== undefined,
      sockets: this.#socketsOf(text, bound, settings),
    });
  }

  #socketsOf(text: string, { handle, address }: Bound, { accept, backlog }: ListenerSettings): PortSockets | undefined {
    if (accept !== "reuse-port" || address.kind !== "tcp") return undefined;
    const inherited = this.#estate.takeAll(besideOf(text)).map(({ fd }) => fd);
    return PortSockets.beside(handle, address, { backlog, inherited });
  }

  #hold(text: string, bound: Bound, options: { shared: boolean; sockets: PortSockets | undefined }): Listener {
    this.#lastIndex += 1;
    const index = this.#lastIndex;
    const { handle, url, address, file } = bound;
    const { shared, sockets } = options;
    const listener: Listener = {
      info: { index, url, address },
      handle,
      ...(sockets === undefined ? {} : { sockets }),
      bind: text,
      close: () => {
        if (!this.#open.delete(index)) return;
        this.#files.drop(index);
        sockets?.close();
        if (this.#estate.isPassed(text)) this.#parked.set(text, bound);
        else handle.close();
      },
    };
    this.#open.set(index, listener);
    if (file !== undefined) this.#files.add(index, file, { shared });
    return listener;
  }
}

const saidTwice = (text: string): TsgiError =>
  new TsgiError("address-invalid", `${text} is said twice, by its number and by its name or by two names`);

/** A socket that somebody else bound and this process has. A Unix path is never bound anew. */
function takeOver({ fd, identity }: InheritedSocket, address: Address, backlog: number): Bound {
  const { handle, ...rest } = adopt(fd, backlog, formatBind(address));
  if (address.kind !== "unix") return { handle, ...rest };
  const { path } = address;
  return { handle, ...describePath(path), ...(identity === null ? {} : { file: { path, identity } }) };
}

const describePath = (path: string): Pick<Bound, "url" | "address"> => ({
  ...{ url: `unix:${path}`, address: { kind: "unix", path } },
});

function bind(address: Address, settings: ListenerSettings): Promise<Bound> | Bound {
  switch (address.kind) {
    case "tcp":
      return bindTcp(address, settings);
    case "unix":
      return bindUnix(address.path, settings);
    case "fd":
      return adopt(address.fd, settings.backlog, formatBind(address));
  }
}

async function bindTcp(
  { host, port }: { readonly host: string; readonly port: number },
  { backlog, accept }: ListenerSettings,
): Promise<Bound> {
  // No host means every interface: both families through one socket, or IPv4 alone where the machine has no IPv6.
  const wanted =
    host === ""
      ? [
          { address: "::", family: 6 },
          { address: "0.0.0.0", family: 4 },
        ]
      : [await resolveHost(host)];
  let failed = "";
  for (const { address, family } of wanted) {
    const place = { host: address, port, family: family === 6 ? 6 : 4 } as const;
    const handle = accept === "reuse-port" ? bindFirst(place) : createHandle(place);
    failed = typeof handle === "string" ? handle : (listenWithoutAccepting(handle, backlog) ?? "");
    if (typeof handle !== "string") {
      if (failed === "") return describeTcp(handle);
      handle.close();
    }
    if (!["EAFNOSUPPORT", "EADDRNOTAVAIL", "EINVAL"].includes(failed)) break;
  }
  throw explainTcp(failed, host, port);
}

function describeTcp(handle: NativeHandle): Bound {
  const name: { address?: string; port?: number } = {};
  handle.getsockname?.(name);
  const { address: host = "", port = 0 } = name;
  return { handle, url: `http://${bracketed(host)}:${port}`, address: { kind: "tcp", host, port } };
}

async function resolveHost(host: string): Promise<{ readonly address: string; readonly family: number }> {
  const family = isIP(host);
  if (family !== 0) return { address: host, family };
  try {
    // One name, one socket. IPv4 first, because it is what `localhost` means to most clients, proxies and probes.
    return await lookup(host, { order: "ipv4first" });
  } catch (cause) {
    throw new TsgiError("address-invalid", `cannot bind to ${host}: no address is known for this name`, { cause });
  }
}

/** What a failed bind to a TCP address means for the person who asked for it. `failed` is the error's name. */
export function explainTcp(failed: string, host: string, port: number): TsgiError {
  const where = `${bracketed(host)}:${port}`;
  switch (failed) {
    case "EADDRINUSE":
      return new TsgiError(
        "address-in-use",
        `port ${port} is taken: another process listens on ${where} (\`ss -ltnp 'sport = :${port}'\` shows which); stop it, or choose another --bind`,
      );
    case "EACCES":
      return new TsgiError(
        "address-denied",
        `not permitted to bind to ${where}: ports below 1024 are for root. Use a higher port behind a proxy, start as root with --user, ` +
          `or allow this Node to: setcap cap_net_bind_service=+ep ${process.execPath}`,
      );
    case "EADDRNOTAVAIL":
      return new TsgiError(
        "address-invalid",
        `cannot bind to ${where}: no interface of this machine has the address ${host}`,
      );
    case "EAFNOSUPPORT":
      return new TsgiError(
        "address-invalid",
        `cannot bind to ${where}: this machine does not speak that kind of address`,
      );
    default:
      return new TsgiError("address-invalid", `cannot bind to ${where}: ${failed}`);
  }
}

async function bindUnix(given: string, settings: ListenerSettings): Promise<Bound> {
  const path = resolve(settings.chdir, given);
  const { handle, identity } = await bindUnixSocket({
    path,
    backlog: settings.backlog,
    // A socket is born with 0777; --socket-mode is the last word, --umask the general one.
    mode: settings.socketMode ?? (settings.umask === null ? null : 0o777 & ~settings.umask),
    owner: socketOwner(settings),
  });
  return { handle, file: { path, identity }, ...describePath(path) };
}

/** Who shall own the Unix sockets, or null when nobody asked or we may not give them away (then the workers cannot change either). */
function socketOwner({ user, group }: ListenerSettings): { readonly uid: number; readonly gid: number } | null {
  if ((user === null && group === null) || process.geteuid?.() !== 0) return null;
  return {
    uid: user === null ? -1 : idOf("user", user),
    gid: group === null ? -1 : idOf("group", group),
  };
}

// Node has no getpwnam(3), but its setters look names up as the system does, LDAP included: be that user for a moment.
function idOf(kind: "user" | "group", name: string): number {
  if (/^\d+$/.test(name)) return Number(name);
  const [get, set] =
    kind === "user" ? [process.geteuid!, process.seteuid!] : ([process.getegid!, process.setegid!] as const);
  const before = get();
  try {
    set(name);
    return get();
  } catch (cause) {
    throw new TsgiError("privileges", `--${kind} ${name}: no such ${kind} on this machine`, { cause });
  } finally {
    set(before);
  }
}

function adopt(fd: number, backlog: number, called: string): Bound {
  const refuse = (why: string): TsgiError =>
    new TsgiError(
      "address-invalid",
      `cannot listen on ${called}: ${why}; expected the descriptor of a listening TCP or Unix socket`,
    );
  const handle = createHandle({ fd });
  if (typeof handle === "string") throw refuse(handle === "EINVAL" ? "it is no stream socket, or not open" : handle);
  const bound =
    handle.getsockname === undefined ? { handle, ...describePath(unixPathOf(fd) ?? called) } : describeTcp(handle);
  // listen(2) gives an unbound TCP socket a port of the kernel's choosing; nobody asked for that.
  if (bound.address.kind === "tcp" && bound.address.port === 0) throw refuse("it is not bound");
  const failed = listenWithoutAccepting(handle, backlog);
  if (failed !== undefined) throw refuse(failed === "EINVAL" ? "it is a connection" : failed);
  return bound;
}

/** A pipe handle does not know its own path, Linux does. */
function unixPathOf(fd: number): string | undefined {
  try {
    const inode = /^socket:\[(\d+)\]$/.exec(fs.readlinkSync(`/proc/self/fd/${fd}`))?.[1];
    // Num RefCount Protocol Flags Type St Inode Path
    const row = fs
      .readFileSync("/proc/net/unix", "utf8")
      .split("\n")
      .find((line) => line.split(/\s+/)[6] === inode);
    return row?.split(/\s+/).slice(7).join(" ") || undefined;
  } catch {
    return undefined;
  }
}

const bracketed = (host: string): string => (host.includes(":") ? `[${host}]` : host);
