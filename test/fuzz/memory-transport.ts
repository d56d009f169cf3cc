// A connection's transport without a socket: bytes are handed over when the connection reads, what it writes is kept, and a peer that reads
// slowly is one whose turn has not come. Keeps every promise of `Transport`, whose real one is held by test/worker/transport.test.ts.

import { Buffer } from "node:buffer";
import type { ConnectionInfo, Piece } from "../../src/protocol/events.ts";
import type { Transport, TransportEvents } from "../../src/worker/transport.ts";
import type { Random } from "../support/random.ts";

export const INFO: ConnectionInfo = Object.freeze({
  remoteAddress: "192.0.2.7",
  remotePort: "50123",
  localAddress: "127.0.0.1",
  localPort: "8000",
  scheme: "http",
});

/** One read buffer for all of them, overwritten after each read, as the worker's is. */
const READ_BUFFER = Buffer.alloc(65_536);

export class MemoryTransport implements Transport {
  readonly info = INFO;
  /** Pieces as they were at the moment of their writing. */
  readonly written: Buffer[] = [];
  /** How it ended: by an `end` of ours, or without one. */
  outcome: "open" | "ended" | "destroyed" | "reset" = "open";
  /** Gone, and the connection was told. */
  closed = false;
  readonly #random: Random;
  readonly #pieces: Uint8Array[];
  #events: TransportEvents | undefined;
  #paused = false;
  #told = false;
  #needsDrain = false;
  #sent: (() => void) | undefined;
  #wanted = 0;
  /** What was read into memory of its own, while it is told; whether somebody keeps it. */
  #own: Buffer | undefined;
  #taken = false;

  /** @param pieces What the peer sends before it ends its side. */
  constructor(pieces: readonly Uint8Array[], random: Random) {
    this.#pieces = [...pieces];
    this.#random = random;
  }

  /** Everything that was put on the wire. */
  get wire(): string {
    return Buffer.concat(this.written).toString("latin1");
  }

  /** Bytes that the peer has not taken. */
  get unsent(): number {
    return this.#needsDrain ? (this.written.at(-1)?.length ?? 0) : 0;
  }

  /** Nobody upgrades here. */
  surrender(): never {
    throw new Error("a memory transport has no socket to surrender");
  }

  /** Nor is any given to another process. */
  detach(): undefined {
    return undefined;
  }

  whenSent(): never {
    throw new Error("nobody gives a memory transport away");
  }

  /** Whether nothing more will happen by itself. */
  get quiet(): boolean {
    if (this.#events === undefined) return true;
    return (this.#paused || this.#told) && !this.#needsDrain && this.#sent === undefined;
  }

  open(events: TransportEvents): void {
    this.#events = events;
  }

  /** One thing that a loop would do for a socket: a read, or the peer took what waited. */
  turn(): void {
    const events = this.#events;
    if (events === undefined) return;
    if (this.#needsDrain && this.#random.chance(0.5)) {
      this.#needsDrain = false;
      events.onDrain();
    } else if (this.#sent !== undefined && !this.#needsDrain) {
      const sent = this.#sent;
      this.#sent = undefined;
      sent();
    } else if (!this.#paused && !this.#told) this.#read(events);
    // Both sides have ended: the socket closes by itself.
    if (this.#told && this.outcome === "ended" && this.#sent === undefined) this.#close();
  }

  write(pieces: readonly Piece[]): boolean {
    if (this.outcome === "ended") throw new Error("written after the end");
    for (const piece of pieces) {
      this.written.push(typeof piece === "string" ? latin1(piece) : Buffer.from(piece));
    }
    this.#needsDrain ||= this.#random.chance(0.3);
    return !this.#needsDrain;
  }

  look(): void {
    if (this.#events !== undefined && !this.#told && this.#pieces.length > 0) this.#read(this.#events);
  }

  wantBytes(count: number): void {
    this.#wanted = count;
  }

  take(bytes: Uint8Array): Buffer | undefined {
    if (this.#own === undefined || bytes.buffer !== this.#own.buffer) return undefined;
    this.#taken = true;
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
  }

  end(sent: () => void): void {
    if (this.outcome !== "open") return;
    this.outcome = "ended";
    this.#sent = sent;
  }

  destroy(): void {
    if (this.outcome === "open") this.outcome = "destroyed";
    this.#close();
  }

  reset(): void {
    if (this.outcome === "open") this.outcome = "reset";
    this.#close();
  }

  #read(events: TransportEvents): void {
    const piece = this.#pieces.shift();
    if (piece === undefined) {
      this.#told = true;
      events.onEnd();
      return;
    }
    // The real one does it for large reads; here any may be one.
    const own = this.#wanted > 0 && this.#random.chance(0.5) ? Buffer.alloc(piece.length) : undefined;
    const memory = own ?? READ_BUFFER;
    memory.set(piece);
    this.#own = own;
    this.#taken = false;
    events.onBytes(memory.subarray(0, piece.length));
    this.#own = undefined;
    if (!this.#taken) memory.fill(0xee, 0, piece.length);
  }

  /** A socket tells later, never from within the call that closed it. */
  #close(): void {
    const events = this.#events;
    this.#events = undefined;
    if (events === undefined) return;
    setImmediate(() => {
      events.onClose();
      this.closed = true;
    });
  }
}

/** A code unit beyond a byte would become another byte on the wire. */
function latin1(piece: string): Buffer {
  if (/[^\0-\xff]/.test(piece)) throw new Error("a string that is not latin-1 was written");
  return Buffer.from(piece, "latin1");
}
