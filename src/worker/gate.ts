// Where the first bytes of a request wait until the master has said that the code is what is on disk: so nobody who saves and then asks is
// answered by what was there before. Only where a change restarts the workers. Knows no connection, and not how the words get to the master.

import { Buffer } from "node:buffer";
import { inOwnContext } from "./own-context.ts";

/** A connection at the gate. */
export interface Visitor {
  /** Goes in with what came of it. */
  pass(bytes: Uint8Array): void;
  /** The code is old: it goes back to the master, if it has nothing left to do here. */
  giveBack(): void;
}

export class Gate {
  readonly #ask: (ticket: number) => void;
  /** `open` lets everybody in and `shut` nobody, for good. */
  #state: "asks" | "open" | "shut" = "asks";
  #ticket = 0;
  #isOut = false;
  /** Those who had come when the question was asked that is out, and those who came after it. */
  #asked = new Map<Visitor, Buffer>();
  #waiting = new Map<Visitor, Buffer>();

  /** @param ask Asks the master whether the code is fresh; `fresh` is called with the answer. One question at a time. */
  constructor(ask: (ticket: number) => void) {
    this.#ask = ask;
  }

  /** Bytes came of somebody, who stops reading. They are copied. */
  came(visitor: Visitor, bytes: Uint8Array): void {
    const before = this.take(visitor);
    this.#waiting.set(visitor, Buffer.concat([before, bytes]));
    if (this.#state === "open") this.#letIn(this.#waiting);
    else if (this.#state === "shut") this.between(visitor);
    else if (!this.#isOut) this.#question();
  }

  /** Somebody has had an answer, and nothing of the next request is here. */
  between(visitor: Visitor): void {
    // The answer is still to be written.
    if (this.#state === "shut") setImmediate(() => visitor.giveBack());
  }

  /** What was asked with this ticket is true. An answer says nothing of those who came after the question. */
  fresh(ticket: number): void {
    if (ticket !== this.#ticket || this.#state !== "asks") return;
    const asked = this.#asked;
    this.#asked = new Map();
    this.#isOut = false;
    if (this.#waiting.size > 0) this.#question();
    this.#letIn(asked);
  }

  /** What came of somebody, who is no longer here. */
  take(visitor: Visitor): Buffer {
    const bytes = this.#asked.get(visitor) ?? this.#waiting.get(visitor) ?? Buffer.alloc(0);
    this.#asked.delete(visitor);
    this.#waiting.delete(visitor);
    return bytes;
  }

  /** Nobody is there to ask, or it does not matter any more. */
  open(): void {
    this.#state = "open";
    this.#letIn(this.#asked);
    this.#letIn(this.#waiting);
  }

  /** The code is old. */
  shut(): void {
    this.#state = "shut";
  }

  #question(): void {
    this.#asked = this.#waiting;
    this.#waiting = new Map();
    this.#ticket += 1;
    this.#isOut = true;
    this.#ask(this.#ticket);
  }

  #letIn(visitors: Map<Visitor, Buffer>): void {
    for (const [visitor, bytes] of visitors) {
      visitors.delete(visitor);
      // Their requests begin one after the other, and none in the context of another.
      inOwnContext(() => visitor.pass(bytes));
    }
  }
}
