// What the server log says of requests that were refused: the first of a kind at once, then their number. A client can break a
// rule a million times a second and must not be able to write as many lines. Knows no connection.

import type { Logger } from "../observe/log.ts";
import type { ConnectionInfo } from "../protocol/events.ts";
import { FAULTS, type Fault, type FaultCode } from "../protocol/faults.ts";

/** How long refusals of one kind are summed. */
const WINDOW_MS = 10_000;

export class RefusalLog {
  readonly #logger: Logger;
  readonly #windowMs: number;
  /** How many more of a kind there were since its line was written. */
  readonly #counts = new Map<FaultCode, number>();
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(logger: Logger, windowMs: number = WINDOW_MS) {
    this.#logger = logger;
    this.#windowMs = windowMs;
  }

  note(what: Fault, info: ConnectionInfo): void {
    const { code } = what;
    const count = this.#counts.get(code);
    if (count !== undefined) {
      this.#counts.set(code, count + 1);
      return;
    }
    const from = info.remoteAddress || "a Unix socket";
    const fields = { status: what.status, fault: code, at: what.at };
    this.#logger[levelOf(code)](`refused a request from ${from}: ${FAULTS[code].why}`, fields);
    this.#open(code);
  }

  /** Says what is counted and not said yet, because the process ends. */
  flush(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    for (const [code, count] of this.#counts) this.#sum(code, count);
    this.#counts.clear();
  }

  #open(code: FaultCode): void {
    this.#counts.set(code, 0);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      const count = this.#counts.get(code)!;
      this.#counts.delete(code);
      this.#sum(code, count);
      // The next one is the first of a kind again only after a window in which there was none.
      if (count > 0) this.#open(code);
    }, this.#windowMs).unref();
    this.#timers.add(timer);
  }

  #sum(code: FaultCode, count: number): void {
    if (count === 0) return;
    const requests = count === 1 ? "1 request" : `${count} requests`;
    this.#logger[levelOf(code)](`refused ${requests} more for the same reason: ${FAULTS[code].why}`, {
      fault: code,
      count,
      seconds: this.#windowMs / 1_000,
    });
  }
}

/** A client that speaks another protocol, or a worker that is full, is the operator's business; the rest is the client's. */
const levelOf = (code: FaultCode): "info" | "warn" => (FOR_THE_OPERATOR.has(code) ? "warn" : "info");

const FOR_THE_OPERATOR: ReadonlySet<string> = new Set([
  "edge.overloaded",
  "edge.too-many-connections",
  "edge.tls-hello",
  "edge.http2-preface",
  "edge.uwsgi-packet",
  "edge.proxy-line",
]);
