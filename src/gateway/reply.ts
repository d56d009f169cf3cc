// What an application has said of its response so far: status, headers, trailers, and whether the head is out. Judges what is said, and
// makes the event that begins a response. Does not know the body, nor when anything is sent.

import { NO_FIELDS, type Piece, type RequestHead, type ResponseEvent } from "../protocol/events.ts";
import { ContractError } from "./body.ts";
import { hasNoBody } from "./chunk.ts";
import { isEventStream } from "./failure.ts";
import { type CheckedHeaders, type CheckedStatus, checkHeaders, checkStatus, UNSAID } from "./said.ts";
import { checkTrailers, NO_TRAILERS, trailerNames } from "./trailers.ts";
import type { HeaderList, TrailerList } from "./types.ts";

export class Reply {
  /** The head is with the connection. */
  begun = false;
  /** Body bytes given to the connection. */
  sent = 0;
  trailers = NO_TRAILERS;
  #status: CheckedStatus | undefined;
  #headers: CheckedHeaders | undefined;
  readonly #request: Pick<RequestHead, "method">;

  constructor(request: Pick<RequestHead, "method">) {
    this.#request = request;
  }

  /** The arguments of startResponse. */
  say(status: string, headers: HeaderList, error: unknown): void {
    if (error !== undefined && error !== null) {
      if (this.begun) throw error;
    } else if (this.#status !== undefined) {
      throw new ContractError("startResponse was called twice: a second call needs the error that made it necessary");
    }
    // The first call counts even if it throws, so that whoever handles the throw must say why it calls again.
    this.#status = UNSAID;
    this.#headers = undefined;
    const checkedStatus = checkStatus(status);
    this.#headers = checkHeaders(headers);
    this.#status = checkedStatus;
  }

  add(trailers: TrailerList): void {
    const checked = checkTrailers(trailers);
    if (checked.length > 0) this.trailers = [...this.trailers, ...checked];
  }

  /** The code, once startResponse was called. */
  get status(): number | undefined {
    return this.#status?.status;
  }

  /** What Content-Length said. Throws where startResponse was not called as it should be. */
  get length(): number | undefined {
    return this.#said().length;
  }

  /** HEAD, or a status that has no body. */
  get bodyless(): boolean {
    return this.#request.method === "HEAD" || hasNoBody(this.#status?.status);
  }

  get isEventStream(): boolean {
    return isEventStream(this.#headers?.fields ?? NO_FIELDS);
  }

  /** Whether it can be ended at any time, and be whole. */
  get isEndless(): boolean {
    return this.isEventStream && this.#headers?.length === undefined;
  }

  /** The event that begins it. */
  begin(length: number | undefined, body: Piece | undefined, more: boolean): ResponseEvent {
    const { fields } = this.#said();
    const { status, reason } = this.#status!;
    this.begun = true;
    const { announces } = this;
    return { type: "response", status, reason, fields, length, date: "", close: false, body, more, announces };
  }

  /** The names of the trailers that were said so far. */
  get announces(): readonly string[] | undefined {
    return this.trailers === NO_TRAILERS ? undefined : trailerNames(this.trailers);
  }

  #said(): CheckedHeaders {
    if (this.#headers === undefined) {
      throw new ContractError("the application did not call startResponse before its first chunk");
    }
    return this.#headers;
  }
}
