// The way out: events become pieces by the codec, pieces are gathered until they are flushed, and written in one go. Says stop while
// the peer takes them more slowly than they come. Does not know what an event means for the connection.

import type { Codec } from "../protocol/codec.ts";
import type { Piece, RequestHead, ResponseEvent, SendEvent } from "../protocol/events.ts";
import type { Patience } from "./patience.ts";
import type { Transport } from "./transport.ts";

export class Outlet {
  /** Nothing more should be put out before `drained`. */
  blocked = false;
  /** What was answered to the request in progress. */
  response: ResponseEvent | undefined;
  /** Something went out. Whoever wants to know since when takes it back. */
  wrote = false;
  readonly #pieces: Piece[] = [];
  readonly #codec: Codec;
  readonly #transport: Transport;
  readonly #patience: Patience;

  constructor(codec: Codec, transport: Transport, patience: Patience) {
    this.#codec = codec;
    this.#transport = transport;
    this.#patience = patience;
  }

  put(event: SendEvent): void {
    if (event.type === "response") this.response = event;
    this.#codec.send(event, this.#pieces);
  }

  flush(): void {
    const pieces = this.#pieces;
    if (pieces.length === 0) return;
    this.blocked = !this.#transport.write(pieces);
    if (this.blocked) this.#patience.sending(this.#transport.unsent);
    this.wrote = true;
    pieces.length = 0;
  }

  /** Whether the end of the connection would pass for that of the response in progress. */
  endsByClosing(head: RequestHead | undefined): boolean {
    return head?.version === "1.0" && this.response !== undefined && this.response.length === undefined;
  }

  /** Nothing more will be put out: what was is sent, then the peer is told; `sent` is called when that is done. */
  end(sent: () => void): void {
    this.flush();
    this.#patience.rest();
    this.#patience.sending(this.#transport.unsent);
    this.#transport.end(() => {
      this.#patience.sent();
      sent();
    });
  }

  /** The request is over. What was answered is not kept: a connection between two requests has no body of the last one. */
  forget(): ResponseEvent | undefined {
    const { response } = this;
    this.response = undefined;
    return response;
  }

  /** The operating system has everything. */
  drained(): void {
    this.blocked = false;
    this.#patience.sent();
    this.wrote = true;
  }
}
