// Drives one request through the gateway loop with plain values: what a connection does, without a connection.

import { type BodySource, CUT, type Exchange, type ExchangeEvent, WAIT } from "../../src/gateway/exchange.ts";
import { type Forwarders, NOBODY } from "../../src/gateway/forwarders.ts";
import type { Trouble } from "../../src/gateway/host.ts";
import { gatewayFor } from "../../src/gateway/run.ts";
import type { Application } from "../../src/gateway/types.ts";
import type { ConnectionInfo, FlatFields, RequestHead } from "../../src/protocol/events.ts";
import type { FaultCode } from "../../src/protocol/faults.ts";

export const INFO: ConnectionInfo = {
  remoteAddress: "192.0.2.7",
  remotePort: "50123",
  localAddress: "127.0.0.1",
  localPort: "8000",
  scheme: "http",
};

export interface RequestLike {
  readonly method?: string;
  readonly target?: string;
  readonly version?: "1.0" | "1.1";
  readonly fields?: FlatFields;
  /** Chunks of the body as they arrive; an error ends it early. */
  readonly body?: readonly (string | Error)[];
  readonly info?: ConnectionInfo;
}

/** What went out and what was reported. */
export interface Outcome {
  readonly events: ExchangeEvent[];
  readonly troubles: Trouble[];
  /** Faults for which the request never reached the application. */
  readonly refused: FaultCode[];
  readonly errorLines: string[];
  readonly exchange: Exchange;
  /** Status of the response, 0 if there was none. */
  readonly status: number;
  /** The body's bytes as latin-1. */
  readonly body: string;
  readonly fields: FlatFields;
  readonly length: number | undefined;
  /** How it ended. */
  readonly end: "whole" | "cut" | "waiting";
}

export const headOf = (request: RequestLike): RequestHead => ({
  method: request.method ?? "GET",
  target: request.target ?? "/",
  version: request.version ?? "1.1",
  fields: request.fields ?? ["host", "example.com"],
  length: request.body === undefined ? 0 : "chunked",
  expectContinue: false,
  keepAlive: true,
});

/** A body source over values: sync where it has something, as a connection's is. */
export function sourceOf(chunks: readonly (string | Error)[]): BodySource {
  const rest = [...chunks];
  return {
    read() {
      const next = rest.shift();
      if (next instanceof Error) return Promise.reject(next);
      return next === undefined ? null : Buffer.from(next, "latin1");
    },
  };
}

export interface Driven {
  readonly outcome: Outcome;
  /** Asks for what there is; returns when the exchange waits or is over. */
  pump(): void;
  /** Resolves when the response is over. */
  readonly done: Promise<Outcome>;
}

/** Starts a request; the caller may abort or look between steps. */
export function start(application: Application, request: RequestLike = {}, forwarders: Forwarders = NOBODY): Driven {
  const outcome: Mutable<Outcome> = {
    events: [],
    troubles: [],
    refused: [],
    errorLines: [],
    exchange: undefined as unknown as Exchange,
    status: 0,
    body: "",
    fields: [],
    length: undefined,
    end: "waiting",
  };
  let finish: (outcome: Outcome) => void;
  const done = new Promise<Outcome>((resolve) => {
    finish = resolve;
  });
  let pumping = false;
  const pump = () => {
    if (pumping || outcome.end !== "waiting") return;
    pumping = true;
    for (;;) {
      const event = outcome.exchange.next();
      if (event === WAIT) break;
      outcome.events.push(event);
      if (note(outcome, event)) {
        finish(outcome);
        break;
      }
    }
    pumping = false;
  };
  const serve = gatewayFor(application, {
    facts: { software: "tsgi/test", multiprocess: false, forwarders },
    nextRequestId: () => "id-1",
    writeError: (line) => outcome.errorLines.push(line),
    report: (trouble) => outcome.troubles.push(trouble),
    refused: (what) => outcome.refused.push(what.code),
  });
  outcome.exchange = serve({
    head: headOf(request),
    info: request.info ?? INFO,
    body: sourceOf(request.body ?? []),
    wake: pump,
  });
  pump();
  return { outcome, pump, done };
}

/** The whole way of one request. */
export const drive = (application: Application, request: RequestLike = {}): Promise<Outcome> =>
  start(application, request).done;

/** Takes an event into the outcome; true when it was the last. */
function note(outcome: Mutable<Outcome>, event: ExchangeEvent): boolean {
  switch (event.type) {
    case "response":
      outcome.status = event.status;
      outcome.fields = event.fields;
      outcome.length = event.length;
      outcome.body += latin1(event.body ?? "");
      if (!event.more) outcome.end = "whole";
      return !event.more;
    case "data":
      outcome.body += latin1(event.bytes);
      return false;
    case "end":
      outcome.end = "whole";
      return true;
    default:
      if (event === CUT) outcome.end = "cut";
      return event === CUT;
  }
}

const latin1 = (piece: string | Uint8Array): string =>
  typeof piece === "string" ? piece : Buffer.from(piece).toString("latin1");

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
