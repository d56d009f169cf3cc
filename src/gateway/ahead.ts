// What an application puts out itself, ahead of what it returns: chunks by `write`, and early hints. Kept in order; each promise of
// a `write` is settled once, when its chunk was handed over or never will be. Made only for a request that needs it.

import type { InformationEvent, Piece } from "../protocol/events.ts";

type Settle = (why: unknown) => void;
type Queued = InformationEvent | { readonly type: "chunk"; readonly piece: Piece; readonly settle: Settle };

export class Ahead {
  /** Whether a chunk was ever written, so that the body has more than the one chunk that was returned. */
  wrote = false;
  readonly #queue: Queued[] = [];
  #taken: Settle | undefined;
  #lost: unknown;

  get waiting(): boolean {
    return this.#queue.length > 0;
  }

  hint(event: InformationEvent): void {
    this.#queue.push(event);
  }

  /** Fulfilled once the chunk is handed over, rejected with the reason when it will not be. */
  write(piece: Piece): Promise<void> {
    this.wrote = true;
    const promise = new Promise<void>((resolve, reject) => {
      const settle = (why: unknown) => (why === undefined ? resolve() : reject(why));
      this.#queue.push({ type: "chunk", piece, settle });
    });
    // A rejected write that nobody awaits must not end the process.
    promise.catch(nothing);
    return promise;
  }

  /** A chunk that a generator yielded after it had written or hinted. */
  follow(piece: Piece): void {
    this.#queue.push({ type: "chunk", piece, settle: nothing });
  }

  /** The next hint, or the next chunk, which counts as handed over when `delivered` is called. */
  take(): InformationEvent | Piece {
    const queued = this.#queue.shift()!;
    if (queued.type === "information") return queued;
    this.#taken = queued.settle;
    return queued.piece;
  }

  delivered(): void {
    this.#taken?.(this.#lost);
    this.#taken = undefined;
  }

  /** The chunk that was taken, and all that come after it, will not be sent whole. */
  lose(why: unknown): void {
    this.#lost ??= why;
  }

  /** Nothing will be taken any more. Without a loss, what is left was never to be sent: a body under HEAD. */
  close(): void {
    this.delivered();
    for (const queued of this.#queue.splice(0)) if (queued.type === "chunk") queued.settle(this.#lost);
  }
}

const nothing = () => {};
