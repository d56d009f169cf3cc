// The stream of a Response, asked for the next chunk only when the connection has room, and cancelled when nobody wants the rest.

import { Buffer } from "node:buffer";
import { ContractError, DONE, WAITING } from "../gateway/body.ts";
import { show } from "../gateway/said.ts";

export class ResponseStream {
  readonly #reader: ReadableStreamDefaultReader<unknown>;
  readonly #wake: () => void;
  #arrived: Uint8Array | undefined;
  #failure: { readonly error: unknown } | undefined;
  #isPulling = false;
  #isOver = false;

  /**
   * @param wake Called when `next` answered WAITING and has something now.
   * @throws TypeError when somebody reads the stream already.
   */
  constructor(stream: ReadableStream<unknown>, wake: () => void) {
    this.#reader = stream.getReader();
    this.#wake = wake;
  }

  /** The next bytes; WAITING; or DONE. Throws what the stream failed with, and a ContractError for a chunk that is not bytes. */
  next(): Uint8Array | typeof WAITING | typeof DONE {
    if (this.#failure !== undefined) throw this.#failure.error;
    const arrived = this.#arrived;
    if (arrived !== undefined) {
      this.#arrived = undefined;
      return arrived;
    }
    if (this.#isOver) return DONE;
    if (!this.#isPulling) this.#pull();
    return WAITING;
  }

  /** Nobody wants the rest. What `cancel` of the source fails with is reported. */
  cancel(reason: unknown, report: (error: unknown) => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#reader.cancel(reason).catch((error: unknown) => {
      if (error !== reason) report(error);
    });
  }

  #pull(): void {
    this.#isPulling = true;
    this.#reader.read().then(
      ({ done, value }) => {
        this.#isPulling = false;
        if (done) this.#isOver = true;
        else if (value instanceof Uint8Array) this.#arrived = value;
        // The platform's own readers refuse text; servers of Node send it, and frameworks (Elysia's generators) count on that.
        else if (typeof value === "string") this.#arrived = Buffer.from(value);
        else this.#fail(notBytes(value));
        this.#wake();
      },
      (error: unknown) => {
        this.#isPulling = false;
        this.#fail(error);
        this.#wake();
      },
    );
  }

  #fail(error: unknown): void {
    this.#failure = { error };
  }
}

const notBytes = (value: unknown): ContractError =>
  new ContractError(`the stream of the Response gave ${show(value)} as a chunk: expected a Uint8Array or a string`);
