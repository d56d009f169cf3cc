// Bytes on their way in: from the transport into the codec, with a bound on what is read ahead of whoever asks for events.
// Does not know what the events mean, nor what state the connection is in.

import type { Codec } from "../protocol/codec.ts";
import type { ProtocolEvent } from "../protocol/events.ts";
import type { Transport } from "./transport.ts";

/** How much is read ahead of an application that does not ask. */
const READ_AHEAD_BYTES = 65_536;
/**
 * How many events one connection may bring in a turn of the loop. A read of tiny chunks holds 10,000 of them, and libuv reads a
 * full socket 32 times before it looks at another: one upload would stop everybody else for a third of a second.
 */
const EVENTS_A_TURN = 512;
/** How much a closing connection reads before the rest waits in the kernel. */
const LINGER_BYTES = 1_048_576;

export class Intake {
  readonly #codec: Codec;
  readonly #transport: Transport;
  #paused = false;
  #dropped = 0;
  /** Whether the codec can give nothing of what it holds, all of which it has seen, until there is more. */
  #starving = false;
  /** Events since the last turn that was given to others. */
  #events = 0;
  #yielded = false;
  /** We are within the arrival of bytes, and no request has begun with them. */
  #fresh = false;

  constructor(codec: Codec, transport: Transport) {
    this.#codec = codec;
    this.#transport = transport;
  }

  receive(bytes: Uint8Array): void {
    this.#codec.receive(bytes);
    this.#starving = false;
    this.#fresh = true;
  }

  /** The codec's next event; reads on when there is room again. */
  next(): ProtocolEvent {
    const event = this.#codec.nextEvent();
    this.#events += 1;
    this.#starving = event.type === "need-data";
    this.#fresh &&= event.type === "request";
    if (this.#paused && (this.#starving || this.#codec.buffered < READ_AHEAD_BYTES)) this.resume();
    return event;
  }

  /** Bytes were received and whoever wanted events has had them: keeps the rest, and reads no further when it is much. */
  keep(): void {
    this.#codec.retain();
    this.#fresh = false;
    if (this.#events > EVENTS_A_TURN) this.#yield();
    // What is held of a message that can be understood only whole is bounded by the codec's limits. To stop here would be for good.
    if (this.#codec.buffered < READ_AHEAD_BYTES || this.#starving) return;
    this.hold();
  }

  /** Reads no further until `resume`. */
  hold(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#transport.pause();
  }

  /** Whether a request that begins now is the first thing that happens since its bytes came. Once for each arrival. */
  takeFresh(): boolean {
    const fresh = this.#fresh;
    this.#fresh = false;
    return fresh;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (!this.#yielded) this.#transport.resume();
  }

  /** Reads on in the next turn of the loop, after whoever else has something. */
  #yield(): void {
    this.#events = 0;
    if (this.#yielded) return;
    this.#yielded = true;
    if (!this.#paused) this.#transport.pause();
    setImmediate(() => {
      this.#yielded = false;
      if (!this.#paused) this.#transport.resume();
    });
  }

  /** Bytes that nobody will look at. */
  drop(size: number): void {
    this.#dropped += size;
    // A client cut off in the middle of a large body would meet the reset before it reads our answer. It is held instead
    // until its moment is over: with nowhere to write, it reads.
    if (this.#dropped > LINGER_BYTES) this.#transport.pause();
  }
}
