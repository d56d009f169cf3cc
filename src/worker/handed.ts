// The connections that the master accepts and hands over: taken one by one, acknowledged before a byte of them is read.
// Knows how many more the worker has room for. Knows no connection, and not how the words get to the master.

import { Buffer } from "node:buffer";
import type { GivenBack } from "./returning.ts";
import { type Arrival, adopt, type ClientHandle } from "./transport.ts";

/** How long a leaving worker waits for the master to say that it hands over no more. */
const LAST_MS = 3_000;

/** What the master is told. */
export interface Handing {
  /** Fulfilled when it has been said: from then on the connection is this worker's. */
  acknowledge(ticket: number): Promise<void>;
  /** Whether this worker takes more. */
  room(more: boolean): void;
  /** This worker takes what was handed over before the master knows this, and then no more. */
  leaving(): void;
}

/** For workers to which nothing is handed over. */
export const NOBODY: Handing = { acknowledge: async () => {}, room: () => {}, leaving: () => {} };

/** A connection as it arrives. */
export interface Parcel {
  readonly listener: number;
  readonly ticket: number;
  /** The native handle; undefined where it got lost on its way. */
  readonly client: unknown;
  /** What another worker has read of it, in base64. */
  readonly read?: string | undefined;
}

/** What becomes of one that arrives when it is too late. */
export type PassOn = (given: GivenBack) => void;

export class Handed {
  readonly #handing: Handing;
  /** How many connections the worker may have beyond those that it has. */
  readonly #room: () => number;
  readonly #listeners = new Map<number, Arrival>();
  /** Those whose connections come from here and nowhere else. */
  readonly #only = new Set<number>();
  /** Those that are not acknowledged yet. */
  #arriving = 0;
  #hasRoom = true;
  /** Whether the master has said that it hands over no more. */
  #isLast = false;
  #done: (() => void) | undefined;
  #passOn: PassOn | undefined;
  #isOver = false;

  constructor(handing: Handing, room: () => number) {
    this.#handing = handing;
    this.#room = room;
  }

  /** Those that are not acknowledged yet. */
  get arriving(): number {
    return this.#arriving;
  }

  /** All connections of this listener come from the master. */
  expect(listener: number, arrival: Arrival): void {
    this.allow(listener, arrival);
    this.#only.add(listener);
  }

  /** Connections of this listener may come that another worker has given back. */
  allow(listener: number, arrival: Arrival): void {
    this.#listeners.set(listener, arrival);
  }

  async take({ listener, ticket, client, read }: Parcel): Promise<void> {
    if (this.#isOver) {
      (client as ClientHandle | undefined)?.close();
      return;
    }
    this.#arriving += 1;
    // Before the acknowledgement, which asks for the next one.
    this.sayRoom();
    // The master may give the connection to somebody else until it hears this: nothing is read before it is said.
    await this.#handing.acknowledge(ticket);
    this.#arriving -= 1;
    const known = this.#listeners.get(listener);
    if (client !== undefined) {
      const bytes = Buffer.from(read ?? "", "base64");
      if (this.#passOn !== undefined) this.#passOn({ listener, handle: client as ClientHandle, read: bytes });
      else if (known !== undefined) adopt(client, known, bytes);
      else (client as ClientHandle).close();
    }
    this.sayRoom();
    this.#checkDone();
  }

  /** Whether there is room has changed. */
  sayRoom(): void {
    const hasRoom = this.#room() > this.#arriving;
    if (hasRoom === this.#hasRoom || this.#only.size === 0) return;
    this.#hasRoom = hasRoom;
    this.#handing.room(hasRoom);
  }

  /** Calls back when everything that was handed over has been taken. */
  whenNoMoreCome(done: () => void): void {
    this.#done = done;
    if (this.#only.size === 0 || this.#isLast) {
      this.noMore();
      return;
    }
    setTimeout(() => this.noMore(), LAST_MS).unref();
    this.#handing.leaving();
  }

  /** The master hands over no more. */
  noMore(): void {
    this.#isLast = true;
    this.#checkDone();
  }

  /** What comes after this is dropped. */
  close(): void {
    this.#listeners.clear();
  }

  /** What comes after this is somebody else's. */
  giveBack(passOn: PassOn): void {
    this.#passOn = passOn;
  }

  /** The process is about to end: what comes after this is not acknowledged, so that the master gives it to somebody else. */
  over(): void {
    this.#isOver = true;
  }

  #checkDone(): void {
    if (!this.#isLast || this.#arriving > 0) return;
    const done = this.#done;
    this.#done = undefined;
    done?.();
  }
}
