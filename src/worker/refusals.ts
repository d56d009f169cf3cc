// What the server log says of requests that were refused or had their time, and of connections that were worn out: the first of a kind
// at once, then their number. A client can break a rule a million times a second and must not be able to write as many lines.

import type { Logger } from "../observe/log.ts";
import type { ConnectionInfo, RequestHead } from "../protocol/events.ts";
import { FAULTS, type Fault, type FaultCode } from "../protocol/faults.ts";

/** How long refusals of one kind are summed. */
const WINDOW_MS = 10_000;

/** One kind of news, and what is said of those that are summed. */
interface Kind {
  readonly level: "debug" | "info" | "warn";
  readonly key: string;
  readonly more: (count: number) => string;
}

/** The limit after which a request is given up. */
const OVERDUE = "--request-timeout";

/** A limit after which a connection is closed in good order. */
export type WornOut = "--limit-connection-requests" | "--limit-pipelined";

export class RefusalLog {
  readonly #logger: Logger;
  readonly #windowMs: number;
  /** How many more of a kind there were since its line was written. */
  readonly #counts = new Map<string, { readonly kind: Kind; count: number }>();
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(logger: Logger, windowMs: number = WINDOW_MS) {
    this.#logger = logger;
    this.#windowMs = windowMs;
  }

  /** @param requestId Where the request got so far as to have one. */
  note(fault: Fault, info: ConnectionInfo, requestId?: string): void {
    const { code, status, at } = fault;
    if (this.#isSummed(code)) return;
    const { why } = FAULTS[code];
    const peer = peerOf(info);
    // In the middle of a response nothing is refused any more.
    const [verb, what, to] =
      code === "edge.response-too-slow" ? ["gave up", "response", "to"] : ["refused", "request", "from"];
    const more = (count: number) => `${verb} ${some(count, what)} more for the same reason: ${why}`;
    const fields = { status, fault: code, at, ...(requestId === undefined ? {} : { requestId }) };
    this.#say({ level: levelOf(code), key: code, more }, `${verb} a ${what} ${to} ${peer}: ${why}`, fields);
  }

  /** A connection has had its share of requests; the last response says that it closes. */
  wornOut(limit: WornOut): void {
    if (this.#isSummed(limit)) return;
    const more = (count: number) =>
      `closed ${some(count, "connection")} more after as many requests as ${limit} allows`;
    // The share of a connection is a matter of routine; a client that never waits for an answer is not.
    const level = limit === "--limit-pipelined" ? "info" : "debug";
    this.#say({ level, key: limit, more }, `closed a connection after as many requests as ${limit} allows`, {});
  }

  /** The application had its time for a request (--request-timeout). `answer` is what the client got. */
  overdue(head: RequestHead, info: ConnectionInfo, requestId: string, answer: number | "cut"): void {
    if (this.#isSummed(OVERDUE)) return;
    const request = `${head.method} ${head.target}`;
    const what = `gave up ${request} from ${peerOf(info)}: it was not over within ${OVERDUE}`;
    const more = (count: number) =>
      `gave up ${some(count, "request")} more that ${count === 1 ? "was" : "were"} not over within ${OVERDUE}`;
    this.#say({ level: "warn", key: OVERDUE, more }, what, { requestId, request, answer });
  }

  /** Says what is counted and not said yet, because the process ends. */
  flush(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    for (const { kind, count } of this.#counts.values()) this.#sum(kind, count);
    this.#counts.clear();
  }

  #isSummed(key: string): boolean {
    const open = this.#counts.get(key);
    if (open !== undefined) open.count += 1;
    return open !== undefined;
  }

  #say(kind: Kind, message: string, fields: Record<string, unknown>): void {
    this.#logger[kind.level](message, fields);
    this.#open(kind);
  }

  #open(kind: Kind): void {
    this.#counts.set(kind.key, { kind, count: 0 });
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      const { count } = this.#counts.get(kind.key)!;
      this.#counts.delete(kind.key);
      this.#sum(kind, count);
      // The next one is the first of a kind again only after a window in which there was none.
      if (count > 0) this.#open(kind);
    }, this.#windowMs).unref();
    this.#timers.add(timer);
  }

  #sum({ level, key, more }: Kind, count: number): void {
    if (count === 0) return;
    const what = key in FAULTS ? { fault: key } : { limit: key };
    this.#logger[level](more(count), { ...what, count, seconds: this.#windowMs / 1_000 });
  }
}

const peerOf = (info: ConnectionInfo): string => info.remoteAddress || "a Unix socket";

const some = (count: number, what: string): string => (count === 1 ? `1 ${what}` : `${count} ${what}s`);

/**
 * A client that speaks another protocol, a worker that is full and a trusted proxy that says what cannot be are the operator's
 * business; the rest is the client's.
 */
const levelOf = (code: FaultCode): "info" | "warn" =>
  code.startsWith("edge.") && !OF_THE_CLIENT.has(code) ? "warn" : "info";

const OF_THE_CLIENT: ReadonlySet<FaultCode> = new Set([
  "edge.head-too-slow",
  "edge.body-too-silent",
  "edge.body-too-slow",
  "edge.response-too-slow",
  "edge.underscore-field",
] as const);
