// What the requests of a worker that leaves are told, and the next ones will be: that it leaves, and that they will be cut soon. Knows
// the words and who hears them; not when the worker leaves, nor what a request makes of it.

import { type Exchange, type LeaveCode, RequestError } from "../gateway/exchange.ts";
import type { OpenConnection } from "./connection-host.ts";

/** Service Unavailable: what is asked again is answered by another worker, or by the next server. */
const STATUS = 503;

export class Parting {
  readonly #connections: Iterable<Pick<OpenConnection, "tell" | "leaveUpgraded">>;
  #code: LeaveCode = 1001;
  #leaves: RequestError | undefined;
  #cutsSoon: RequestError | undefined;

  /** @param connections Those that are open, whenever it is looked at. */
  constructor(connections: Iterable<Pick<OpenConnection, "tell" | "leaveUpgraded">>) {
    this.#connections = connections;
  }

  /** The worker begins to leave. `why` is for the application, the code for what was upgraded. */
  begin(why: string, code: LeaveCode): void {
    if (this.#leaves === undefined) this.#code = code;
    this.#leaves ??= new RequestError(STATUS, `the worker leaves: ${why}`);
    for (const connection of this.#connections) {
      connection.tell("drain", this.#leaves);
      connection.leaveUpgraded(this.#code);
    }
  }

  /** What is open will be cut in `seconds`. */
  hurry(seconds: number): void {
    this.#cutsSoon = new RequestError(STATUS, `the worker leaves, and cuts in ${seconds} s what is still open`);
    for (const connection of this.#connections) connection.tell("warn", this.#cutsSoon);
  }

  /** Everything is cut now: the reason for it. What a request says to that may still reach its client. */
  cut(why: string, code: LeaveCode): RequestError {
    this.begin(why, code);
    const reason = new RequestError(STATUS, `the worker leaves: ${why}`);
    for (const connection of this.#connections) connection.tell("warn", reason);
    return reason;
  }

  /** A connection was upgraded in a worker that leaves. */
  briefUpgraded(connection: Pick<OpenConnection, "leaveUpgraded">): void {
    if (this.#leaves !== undefined) connection.leaveUpgraded(this.#code);
  }

  /** A request begins in a worker that leaves. */
  brief(exchange: Exchange): void {
    if (this.#leaves !== undefined) exchange.drain(this.#leaves);
    if (this.#cutsSoon !== undefined) exchange.warn(this.#cutsSoon);
  }
}
