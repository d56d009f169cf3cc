// What has come in and is not used up yet: a window on the caller's own bytes for as long as that is safe, a copy afterwards.
// Knows nothing of messages. Every byte is copied a constant number of times, however small the pieces are.

import { Buffer } from "node:buffer";

const EMPTY = Buffer.alloc(0);
const CR = 0x0d;
const LF = 0x0a;
/** A usual head fits, so that one that comes in pieces rarely moves. */
const MIN_STORE = 1_024;

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** One code unit for each byte, so that the length of the text is its size on the wire. */
export const latin1 = (bytes: Uint8Array): string => asBuffer(bytes).toString("latin1");

/** A copy of latin-1 text that is no tree of pieces, which each reader would walk, and no window on text that it would keep alive. */
export const flat = (text: string): string => Buffer.from(text, "latin1").toString("latin1");

export class ReceiveBuffer {
  /** Everything that is held. What is not taken yet begins at `start` and goes on to the end. */
  bytes: Buffer = EMPTY;
  start = 0;
  /** Latin-1 text that was decoded from `bytes`, and where in them it begins; `""` when there is none. */
  text = "";
  textAt = 0;
  /** Our own storage, of which `bytes` is the beginning; undefined while `bytes` belongs to the caller. */
  #store: Buffer | undefined;
  /** Where the search for a line end goes on, so that no byte is searched twice. */
  #searched = 0;

  /** Bytes not taken yet. */
  get length(): number {
    return this.bytes.length - this.start;
  }

  /** Adds bytes; no copy when everything before them was taken, which is the rule between requests. */
  append(bytes: Uint8Array): void {
    this.text = "";
    if (this.start === this.bytes.length) {
      this.bytes = asBuffer(bytes);
      this.start = 0;
      this.#store = undefined;
      this.#searched = 0;
      return;
    }
    let store = this.#store;
    if (store === undefined || this.bytes.length + bytes.length > store.length) {
      store = this.#move(this.length + bytes.length);
    }
    const end = this.bytes.length;
    store.set(bytes, end);
    this.bytes = store.subarray(0, end + bytes.length);
  }

  /** Copies what is held, so that the caller may overwrite the bytes it gave. */
  retain(): void {
    if (this.#store !== undefined) return;
    if (this.start === this.bytes.length) this.clear();
    else this.#move(this.length);
  }

  /** Forgets everything. */
  clear(): void {
    this.bytes = EMPTY;
    this.start = 0;
    this.text = "";
    this.#store = undefined;
    this.#searched = 0;
  }

  /** A view of the next `most` bytes, or of all there are, which are then taken. */
  takeUpTo(most: number): Uint8Array {
    const { bytes, start } = this;
    const end = bytes.length - start > most ? start + most : bytes.length;
    this.start = end;
    return start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end);
  }

  /** The next line with its LF as latin-1, taken; undefined when no LF has come yet. */
  takeLine(): string | undefined {
    const { start } = this;
    const lf = this.lineEnd();
    if (lf < 0) return undefined;
    this.start = lf + 1;
    return this.bytes.toString("latin1", start, lf + 1);
  }

  /** How much of a line without its LF is here; a CR at its end is not counted, because it may belong to the line end. */
  get partialLine(): number {
    const { length } = this;
    return length > 0 && this.bytes[this.bytes.length - 1] === CR ? length - 1 : length;
  }

  /** Where in `bytes` the next LF is, or -1. */
  lineEnd(): number {
    const lf = this.bytes.indexOf(LF, Math.max(this.#searched, this.start));
    this.#searched = lf < 0 ? this.bytes.length : lf;
    return lf;
  }

  /** Brings what is held to the front of storage that takes `size` bytes, and half of it free: the next move is then paid for. */
  #move(size: number): Buffer {
    const { bytes, start } = this;
    const held = bytes.length - start;
    let store = this.#store;
    if (store === undefined || size * 2 > store.length) store = Buffer.allocUnsafe(Math.max(MIN_STORE, size * 2));
    bytes.copy(store, 0, start);
    this.#store = store;
    this.bytes = store.subarray(0, held);
    this.start = 0;
    this.text = "";
    this.#searched = Math.max(0, this.#searched - start);
    return store;
  }
}
