// Bytes on their way in: from the transport into the codec, with a bound on what is read ahead of whoever asks for events.
// Does not know what the events mean, nor what state the connection is in.

import type { Codec } from "../protocol/codec.ts";
import type { ProtocolEvent } from "../protocol/events.ts";
import type { Transport } from "./transport.ts";

/** How much is read ahead of an application that does not ask. */
const READ_AHEAD_BYTES = 65_536;
/** How much a closing connection reads before the rest waits in the kernel. */
const LINGER_BYTES = 1_048_576;

export class Intake {
  readonly #codec: Codec;
  readonly #transport: Transport;
  #paused = false;
  #dropped = 0;

  constructor(codec: Codec, transport: Transport) {
    this.#codec = codec;
    this.#transport = transport;
  }

  /** The codec's next event; reads on when there is room again. */
  next(): ProtocolEvent {
    const event = this.#codec.nextEvent();
    if (this.#paused && this.#codec.buffered < READ_AHEAD_BYTES) this.resume();
    return event;
  }

  /** Bytes were received and whoever wanted events has had them: keeps the rest, and reads no further when it is much. */
  keep(): void {
    this.#codec.retain();
    if (this.#codec.buffered < READ_AHEAD_BYTES || this.#paused) return;
    this.#paused = true;
    this.#transport.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#transport.resume();
  }

  /** Bytes that nobody will look at. */
  drop(size: number): void {
    this.#dropped += size;
    // A client cut off in the middle of a large body would meet the reset before it reads our answer. It is held instead
    // until its moment is over: with nowhere to write, it reads.
    if (this.#dropped > LINGER_BYTES) this.#transport.pause();
  }
}
