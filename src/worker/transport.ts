// The file that touches handles and sockets: accepts from a shared listening handle and moves bytes both ways.
// Knows no protocol. Leans on private names of Node (`handle.onconnection`, `listen`, `open`, `readStart`, `onread`, `writeQueueSize`; the
// socket's `_handle`, `onread` and `resetAndClosing`), which test/worker/transport.test.ts watches one by one.

import { readSync } from "node:fs";
import net from "node:net";
import { constants } from "node:os";
import type { ConnectionInfo, Piece } from "../protocol/events.ts";

/** What the connection learns from its transport. */
export interface TransportEvents {
  /** Bytes came in; `bytes` is overwritten after this call returns. */
  onBytes(bytes: Uint8Array): void;
  /** The peer will send no more. */
  onEnd(): void;
  /** What was written has been handed to the operating system; more may be written. */
  onDrain(): void;
  /** Gone, for whatever reason. Always the last call. */
  onClose(): void;
}

/** A handle as `net._createServerHandle` makes and IPC carries them. */
export interface ListenHandle {
  onconnection: ((error: number, client: unknown) => void) | null;
  listen(backlog: number): number;
  readStart(): number;
  readStop(): number;
  close(): void;
}

/** A connection's native handle that nobody reads. */
export interface ClientHandle {
  close(): void;
}

/** Where connections are accepted. */
export interface Acceptor {
  /** Accepts nothing until `resume`: clients wait in the kernel's queue, or another worker takes them. */
  pause(): void;
  resume(): void;
  close(): void;
}

/** The server's own end of a connection; empty over a Unix socket. */
export interface LocalEnd {
  readonly host: string;
  readonly port: string;
}

/** Makes whoever will hear of a connection. */
export type Accept = (transport: Transport) => TransportEvents;

/** What becomes of the connections of a listener. */
export interface Arrival {
  readonly local: LocalEnd;
  readonly accept: Accept;
}

export interface ListenOptions extends Arrival {
  readonly handle: ListenHandle;
  readonly backlog: number;
  /** An accept failed; `code` is a libuv error such as EMFILE. */
  readonly onError: (code: string) => void;
}

// One read buffer for all connections of the process: a read is followed by its callback at once, and the callback
// leaves nothing in it. 10,000 idle connections hold no buffer at all.
// Its memory is shared, so that the watchdog thread can tell what was read last when the main thread cannot: that costs nothing here.
export const READ_MEMORY = new SharedArrayBuffer(65_536);
const READ_BUFFER = Buffer.from(READ_MEMORY);
/** A read of this size is worth memory of its own, which whoever wants the bytes can keep: copying them costs as much as all the rest. */
const LARGE_BYTES = READ_BUFFER.length / 2;
/** Where a read has filled what it was given, more is there: the next one is given so much, which spares calls and objects. */
const FULL_BYTES = READ_BUFFER.length * 4;
/** A piece that is a smaller share of its memory is not worth what it keeps from being freed. */
const WORTH_TAKING = 1 / 8;
/** Views of its first bytes, one for each size of a usual request, so that a read makes no garbage. */
const VIEWS = new Array<Buffer | undefined>(4_096).fill(undefined);

function viewOf(size: number): Buffer {
  if (size >= VIEWS.length) return READ_BUFFER.subarray(0, size);
  VIEWS[size] ??= READ_BUFFER.subarray(0, size);
  return VIEWS[size];
}

/** Starts accepting. Every worker has a handle of the same socket, so the kernel shares the connections out. */
export function listen(options: ListenOptions): Acceptor {
  const { handle } = options;
  handle.onconnection = (error, client) => {
    if (error !== 0 || client === undefined) {
      options.onError(errorName(error));
      return;
    }
    adopt(client, options);
  };
  const start = (): void => {
    const failed = handle.listen(options.backlog);
    if (failed !== 0) throw new Error(`listen failed: ${errorName(failed)}`);
  };
  start();
  return {
    pause() {
      // There is no call to stop accepting. Starting and stopping a read takes the handle out of the poll set all the same,
      // and listening once more, which changes nothing for the kernel, puts it back.
      handle.readStart();
      handle.readStop();
    },
    resume: start,
    close() {
      handle.onconnection = null;
      handle.close();
    },
  };
}

/** A connection that somebody else accepted. `client` is its native handle; `read` is what was read of it already, and comes first. */
export function adopt(client: unknown, arrival: Arrival, read?: Uint8Array): void {
  new SocketTransport(client, arrival).begin(arrival.accept, read);
}

/** libuv's codes are the system's, negated. */
const errorName = (code: number): string =>
  Object.entries(constants.errno).find(([, value]) => value === -code)?.[0] ?? `error ${code}`;

/** One connection's socket. */
export interface Transport {
  readonly info: ConnectionInfo;
  /** Writes pieces in order. False when the peer is slower than we are: wait for `onDrain`. */
  write(pieces: readonly Piece[]): boolean;
  /** Falls with every byte that the operating system takes of what was written, to 0 when it has everything. */
  readonly unsent: number;
  /** Brings what has arrived and was not read yet, now. */
  look(): void;
  /**
   * So many bytes that are still to come are wanted: as long as they come in large reads, and as many are left, each is read into memory of
   * its own. A body that trickles in holds none, nor does a connection whose body has come.
   */
  wantBytes(count: number): void;
  /** The same bytes, where no later read overwrites them; undefined where they have to be copied. Asked while `onBytes` is under way. */
  take(bytes: Uint8Array): Buffer | undefined;
  /** Stops and starts reading. */
  pause(): void;
  resume(): void;
  /** Sends what was written, then says that no more will come; `sent` is called when that is done. */
  end(sent: () => void): void;
  /** Drops the connection and everything not sent. */
  destroy(): void;
  /** The same, and over TCP the peer sees a reset instead of an end. */
  reset(): void;
  /**
   * The socket itself, for whoever speaks another protocol on it from here on: a stream like any other. Of the calls only
   * `onClose` still comes.
   */
  surrender(): net.Socket;
  /**
   * The native handle, for another process: from here on nothing is read, and nothing told, not even `onClose`. What has come and was not
   * read goes with it. Undefined while something is unsent, and for a connection that is over.
   */
  detach(): ClientHandle | undefined;
  /** Calls back when all that was written is sent; never, where it cannot be. */
  whenSent(sent: () => void): void;
}

class SocketTransport implements Transport {
  readonly #socket: net.Socket;
  readonly #local: LocalEnd;
  #events: TransportEvents | undefined;
  #info: ConnectionInfo | undefined;
  /** What the next read goes into. */
  #memory: Buffer = READ_BUFFER;
  #asked = false;
  /** Bytes that somebody waits for and that have not come. */
  #wanted = 0;
  /** Somebody else reads it. */
  #surrendered = false;
  /** The last read was large, or filled what it was given; what came with it was taken. */
  #large = false;
  #full = false;
  #taken = false;

  constructor(client: unknown, { local }: Arrival) {
    this.#local = local;
    const socket = new net.Socket({
      handle: client,
      allowHalfOpen: true,
      // Reads go straight into the shared buffer, past the stream machinery: a fifth of the cost of a request.
      onread: { buffer: () => this.#nextMemory(), callback: (size: number) => this.#onRead(size) },
    } as unknown as net.SocketConstructorOpts);
    this.#socket = socket;
    if (local.port !== "") socket.setNoDelay(true);
    socket.on("end", () => this.#surrendered || this.#events?.onEnd());
    socket.on("drain", () => this.#surrendered || this.#events?.onDrain());
    // Always followed by "close"; a reset is the peer's choice and no news.
    socket.on("error", () => {});
    socket.on("close", () => {
      const events = this.#events;
      this.#events = undefined;
      events?.onClose();
    });
  }

  begin(accept: Accept, read: Uint8Array | undefined): void {
    this.#events = accept(this);
    if (read !== undefined && read.length > 0) this.#events.onBytes(read);
  }

  /** Addresses cost system calls, so they are looked up with the first request. */
  get info(): ConnectionInfo {
    this.#info ??= Object.freeze({
      remoteAddress: this.#local.port === "" ? "" : (this.#socket.remoteAddress ?? "").replace(/^::ffff:(?=\d+\.)/, ""),
      remotePort: this.#local.port === "" ? "" : String(this.#socket.remotePort ?? ""),
      localAddress: this.#local.host,
      localPort: this.#local.port,
      scheme: "http",
    });
    return this.#info;
  }

  write(pieces: readonly Piece[]): boolean {
    const socket = this.#socket;
    if (pieces.length === 1) return writePiece(socket, pieces[0]!);
    socket.cork();
    for (const piece of pieces) writePiece(socket, piece);
    socket.uncork();
    return !socket.writableNeedDrain;
  }

  get unsent(): number {
    const handle = (this.#socket as unknown as { readonly _handle: { readonly writeQueueSize: number } | null })
      ._handle;
    return (handle?.writeQueueSize ?? 0) + this.#socket.writableLength;
  }

  look(): void {
    const { fd } = (this.#socket as unknown as { readonly _handle: { readonly fd: number } | null })._handle ?? {
      fd: -1,
    };
    if (fd < 0) return;
    let size = 0;
    try {
      size = readSync(fd, READ_BUFFER);
    } catch {
      // Nothing is there.
    }
    if (size > 0) this.#events?.onBytes(viewOf(size));
  }

  wantBytes(count: number): void {
    this.#wanted = count;
  }

  take(bytes: Uint8Array): Buffer | undefined {
    const memory = this.#memory;
    if (memory === READ_BUFFER || bytes.buffer !== memory.buffer || bytes.length < memory.length * WORTH_TAKING)
      return undefined;
    this.#taken = true;
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  pause(): void {
    if (!this.#surrendered) this.#socket.pause();
  }

  resume(): void {
    // Whoever reads now may have paused it.
    if (!this.#surrendered) this.#socket.resume();
  }

  end(sent: () => void): void {
    this.#socket.end(sent);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  reset(): void {
    // resetAndDestroy() would end the connection properly first, and the peer would believe that.
    if (this.#local.port !== "") (this.#socket as unknown as { resetAndClosing: boolean }).resetAndClosing = true;
    this.#socket.destroy();
  }

  surrender(): net.Socket {
    const socket = this.#socket;
    this.#surrendered = true;
    // As Node gives a socket to its "upgrade" listeners: neither flowing nor paused, so that whoever listens sets it going.
    (socket as unknown as { readableFlowing: boolean | null }).readableFlowing = null;
    return socket;
  }

  detach(): ClientHandle | undefined {
    const owner = this.#socket as unknown as { _handle: (ClientHandle & Pick<ListenHandle, "readStop">) | null };
    const handle = owner._handle;
    if (handle === null || this.#socket.destroyed || this.#socket.writableEnded || this.unsent > 0) return undefined;
    this.#events = undefined;
    handle.readStop();
    // A socket without a handle is destroyed without closing anything.
    owner._handle = null;
    this.#socket.destroy();
    return handle;
  }

  whenSent(sent: () => void): void {
    // Writes keep their order.
    this.#socket.write("", (error) => error ?? sent());
  }

  #onRead(size: number): boolean {
    if (this.#surrendered) return this.#socket.push(Buffer.from(this.#memory.subarray(0, size)));
    this.#large = size >= LARGE_BYTES;
    this.#full = size === this.#memory.length;
    this.#wanted -= size;
    if (this.#memory === READ_BUFFER) this.#events?.onBytes(viewOf(size));
    else {
      // The watchdog thread would take what was read before for the last.
      READ_BUFFER[0] = 0;
      this.#events?.onBytes(this.#memory.subarray(0, size));
    }
    return true;
  }

  /** Asked by Node at first, and after each read; undefined for what it has already. */
  #nextMemory(): Buffer | undefined {
    const before = this.#asked ? this.#memory : undefined;
    this.#asked = true;
    if (this.#surrendered) this.#memory = READ_BUFFER;
    else if (this.#wanted < LARGE_BYTES || !this.#large) this.#memory = READ_BUFFER;
    else if (this.#taken || this.#memory === READ_BUFFER) {
      const much = this.#full && this.#wanted >= FULL_BYTES;
      this.#memory = Buffer.allocUnsafeSlow(much ? FULL_BYTES : READ_BUFFER.length);
    }
    this.#taken = false;
    return this.#memory === before ? undefined : this.#memory;
  }
}

function writePiece(socket: net.Socket, piece: Piece): boolean {
  return typeof piece === "string" ? socket.write(piece, "latin1") : socket.write(piece);
}
